"""Lists that are read page by page."""

from typing import Any

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest


def asked_page(request: HttpRequest, rows: QuerySet[Any, Any], per_page: int) -> Page[Any]:
    """The page that `?page=` asks for, the first where it asks for none. One that isn't there is a 404."""
    number = request.GET.get("page", "1")
    if not number.isdecimal():  # what follows would take “ 1 ” and “1_0”, too
        raise Http404
    try:
        return Paginator(rows, per_page).page(number)
    except InvalidPage:
        raise Http404
