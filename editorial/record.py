"""The record of what readers were given: for each publication the HTML itself, with its hash.

The HTML is made by the page's own public view, so that what is kept is what is served.
"""

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import resolve
from django.utils import timezone

from .models import Change, Publication
from .models.history import ChangeKind
from .publishing import Publishable
from .signoff import clinical_content, digest_of, holding

LEDGER_SHOWN = 20  # entries


def as_served(path: str) -> str:
    """The HTML that a reader gets at an address of this site now. Raises Http404 where there is nothing."""
    site = urlsplit(settings.SITE_URL)
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.META |= {
        "HTTP_HOST": site.netloc,
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "wsgi.url_scheme": site.scheme,
    }
    match = resolve(path)
    response = match.func(request, *match.args, **match.kwargs)
    return str(response.content.decode())


def keep(
    page: Publishable,
    *,
    cause: Publication.Cause,
    by: Any = None,
    change: Change | None = None,
    at: datetime | None = None,
) -> Publication:
    """Keeps what readers are given from now on. The page's row must be saved and public."""
    path = page.get_absolute_url()
    html = as_served(path)
    return Publication.objects.create(
        **Publication.key(page),
        revision=page.live,
        sign_off=holding(page),
        cause=cause,
        at=at or timezone.now(),
        by=by,
        path=path,
        title=page.title,
        html=html,
        html_sha256=hashlib.sha256(html.encode()).hexdigest(),
        digest=digest_of(clinical_content(page)),
        change=change,
    )


def close(page: Publishable, *, cause: Publication.Cause, by: Any = None) -> Publication:
    """From now on readers are given nothing here."""
    return Publication.objects.create(
        **Publication.key(page),
        revision=page.live,
        sign_off=None,
        cause=cause,
        by=by,
        path=page.get_absolute_url(),
        title=page.title,
        html="",
        html_sha256=hashlib.sha256(b"").hexdigest(),
        digest="",
    )


def ledger(page: Publishable) -> list[Change]:
    """What readers are told of changes, newest first: all but the first publication and minor ones."""
    told = (ChangeKind.SUBSTANTIVE, ChangeKind.CORRECTION)
    return list(Change.objects.of(page).filter(kind__in=told)[:LEDGER_SHOWN])
