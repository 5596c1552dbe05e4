"""What stands around every public page: the clinic's name and facts, the menus, the safety texts.

Views of public pages get it through the context processor; the admin has its own frame and asks for none of it.
"""

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest

from editorial.safety import safety_texts
from newsletter.forms import SignupForm
from pages.models import Clinic, ConditionPage, StandingPage


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Four queries. With the database away it gives only what needs none, so that error pages still render."""
    if request.path.startswith(f"/{settings.ADMIN_PATH}") and not getattr(request, "is_preview", False):
        return {}
    plain = {"site_url": settings.SITE_URL, "canonical_url": settings.SITE_URL + request.path}
    try:
        standing = list(StandingPage.objects.published().exclude(menu_place="").without_texts())
        conditions = list(ConditionPage.objects.published().filter(in_menu=True).without_texts())
        facts = {"clinic": Clinic.current(), "safety": safety_texts()}
    except DatabaseError:
        return plain
    return (
        plain
        | facts
        | {
            "menu_conditions": conditions,
            "menu_header": [page for page in standing if page.menu_place == "header"],
            "menu_clinic": [page for page in standing if page.menu_place == "clinic"],
            "menu_publishing": [page for page in standing if page.menu_place == "publishing"],
            "signup_form": SignupForm(),
        }
    )
