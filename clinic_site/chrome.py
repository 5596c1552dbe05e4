"""What stands around every public page: the clinic's name and facts, the menus, the safety texts."""
from typing import Any
from django.http import HttpRequest

def chrome(request: HttpRequest) -> dict[str, Any]:
    return {}
