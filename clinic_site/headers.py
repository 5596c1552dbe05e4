"""What every answer carries for discretion, and what a log line must not."""

import logging
import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

View = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid",
        "magnetometer", "microphone", "midi", "payment", "serial", "usb",
    )
)  # fmt: skip


def privacy_headers(get_response: View) -> View:
    """Closes what a page never needs. Public pages may be kept but are asked about again: corrections show at once.

    No cookie reaches a public page, so that none can make it differ, whatever another program left on this host.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        is_admin = request.path.startswith(f"/{settings.ADMIN_PATH}")
        if not is_admin:
            request.META.pop("HTTP_COOKIE", None)
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if is_admin:
            response.headers.setdefault("Cache-Control", "no-store, private")
            response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        elif request.method in ("GET", "HEAD"):
            response.headers.setdefault("Cache-Control", "public, no-cache")
        return response

    return middleware


def maintenance(get_response: View) -> View:
    """Answers every page with a plain notice while MAINTENANCE is set; needs neither database nor session."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not settings.MAINTENANCE or request.path.startswith(settings.STATIC_URL):  # the notice's own style sheets
            return get_response(request)
        response = render(None, "503.html", status=503)
        response.headers["Retry-After"] = "600"
        response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


class WithoutQueries(logging.Filter):
    """Cuts query strings out of log lines: they may hold a token or what somebody searched for."""

    QUERY = re.compile(r"\?\S*")

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self.QUERY.sub("?…", record.getMessage())
        record.args = None
        return True
