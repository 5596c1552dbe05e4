"""What the site has mailed, on a page: for development (SHOW_MAILBOX), where sign-up is tried without a mail server."""

import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

NEWEST = 50
END_OF_MESSAGE = b"\n" + b"-" * 79 + b"\n"  # what django.core.mail.backends.filebased writes after each
# A message may hold whatever its template does, inline styles too; it gets no script, no form and no request.
MESSAGE_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-top-navigation-by-user-activation"
)


@dataclass(frozen=True)
class Mail:
    key: str  # file and place in it
    subject: str
    sender: str
    to: str
    date: str
    text: str
    html: str


def mails() -> list[Mail]:
    """The newest messages of the folder that Django's file backend writes, newest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)[:NEWEST]
    found = []
    for file in files:
        parts = [part for part in file.read_bytes().split(END_OF_MESSAGE) if part.strip()]
        found += [_mail(f"{file.stem}-{number}", part) for number, part in reversed(list(enumerate(parts)))]
    return found[:NEWEST]


def _mail(key: str, source: bytes) -> Mail:
    message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(source)
    return Mail(
        key=key,
        subject=str(message["Subject"] or ""),
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        date=str(message["Date"] or ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


@xframe_options_sameorigin
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The list; with ?html=<key> the HTML part of one message by itself, for a frame on the list."""
    if not settings.SHOW_MAILBOX:
        raise Http404
    found = mails()
    key = request.GET.get("html")
    if key is None:
        response = render(request, "mailbox.html", {"mails": found})
    else:
        html = next((mail.html for mail in found if mail.key == key), None)
        if html is None:
            raise Http404
        response = HttpResponse(html)
        response.headers["Content-Security-Policy"] = MESSAGE_CSP
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
