"""Whether a form was sent from a page of this site, told without a cookie."""

from urllib.parse import urlsplit

from django.http import HttpRequest


def is_ours(request: HttpRequest) -> bool:
    """Asks what the browser says about where the form stood. Scripts of other sites can't change these headers.

    Not for pages reached by token: those answer with `Referrer-Policy: no-referrer`, whose forms say `Origin: null`,
    and there the token itself is the proof.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")  # none: the visitor's own doing, such as sending the form again
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        parts = urlsplit(source)
    except ValueError:
        return False
    if request.is_secure() and parts.scheme != "https":
        return False
    return bool(parts.netloc) and parts.netloc == request.get_host()
