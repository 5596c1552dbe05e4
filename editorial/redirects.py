"""Old addresses keep working: a page that was public and moves leaves a redirect behind (django.contrib.redirects)."""

import re
from collections.abc import Callable

from django.conf import settings
from django.contrib.redirects.models import Redirect
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils.translation import gettext

View = Callable[[HttpRequest], HttpResponse]
LOCAL_PATH = re.compile(r"/(?![/\\])[^\s\\]*")


def leave(old_path: str, new_path: str) -> None:
    """Sends `old_path` to `new_path` and straightens chains that ended at the old one."""
    here = Redirect.objects.filter(site_id=settings.SITE_ID)
    here.filter(old_path=new_path, new_path=old_path).delete()  # the page has moved back
    here.filter(new_path=old_path).update(new_path=new_path)
    here.update_or_create(site_id=settings.SITE_ID, old_path=old_path, defaults={"new_path": new_path})


def problem_with(target: str, own_paths: list[str]) -> str:
    """Why readers of some addresses can't be led to a target, as a sentence; empty where they can."""
    if not LOCAL_PATH.fullmatch(target):
        return gettext("Give an address of this site, beginning with “/”.")
    seen: set[str] = set()
    path = target.partition("#")[0]
    while path not in seen:
        if path in own_paths:
            return gettext("That leads back to the page itself, so readers would go around in circles.")
        seen.add(path)
        path = (
            Redirect.objects.filter(site_id=settings.SITE_ID, old_path=path).values_list("new_path", flat=True).first()
            or path
        )
    return ""


def leads_on(path: str) -> bool:
    """Whether a redirect stands at the path."""
    return Redirect.objects.filter(site_id=settings.SITE_ID, old_path=path).exists()


def free(*paths: str) -> None:
    """Pages stand at these paths now: should they be taken down, nobody is led to another page."""
    Redirect.objects.filter(site_id=settings.SITE_ID, old_path__in=paths).delete()


def moved_pages(get_response: View) -> View:
    """Middleware: where nothing is found, looks whether a page has moved away from there.

    Django's own compares with the query string, so that a link with anything after the “?” is lost, and turns a
    missing page into a server error while the database is away.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != 404:
            return response
        here = Redirect.objects.filter(site_id=settings.SITE_ID, old_path=request.path)
        try:
            new_path = here.values_list("new_path", flat=True).first()
        except (DatabaseError, ValueError):  # away; or an address with a character that no text there may hold
            return response
        return HttpResponsePermanentRedirect(new_path) if new_path else response

    return middleware
