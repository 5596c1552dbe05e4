"""A real mail server on loopback, and the ways by which people reach the newsletter."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import Client
from pytest_django import Settings

from newsletter import sending, signup, wording
from tests.programs import free_port


@dataclass
class Letter:
    """One message as the mail server got it."""

    to: list[str]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        assert body is not None, f"no {kind} part"
        return str(body.get_content())

    @property
    def text(self) -> str:
        return self.part("plain")

    def link(self, name: str) -> str:
        """The path and query of the link to /newsletter/<name>/."""
        found = re.findall(rf"https?://[^/\s]+(/newsletter/{name}/\?token=\S+)", self.text)
        assert len(found) == 1, self.text
        return str(found[0])

    def token(self, name: str) -> str:
        return parse_qs(urlsplit(self.link(name)).query)["token"][0]


@dataclass
class PostOffice:
    """The mail server: what it got, and what it answers to recipients and contents instead of taking them."""

    port: int
    letters: list[Letter] = field(default_factory=list)
    refuse_recipient: dict[str, str] = field(default_factory=dict)
    refuse_content: str = ""
    controller: Controller | None = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse_recipient:
            return self.refuse_recipient[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - same
        if self.refuse_content:
            return self.refuse_content
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, EmailMessage, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(Letter(to=list(envelope.rcpt_tos), message=message))
        return "250 OK"

    def open(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def close(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    def only(self) -> Letter:
        assert len(self.letters) == 1, [letter.subject for letter in self.letters]
        return self.letters[0]


@pytest.fixture
def post_office(settings: Settings) -> Iterator[PostOffice]:
    office = PostOffice(port=free_port())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    office.open()
    yield office
    office.close()


class Visitor(Client):
    """A browser on one of our pages: it says where its forms stand."""

    def sign_up(self, email: str, *, form: str = "article", **more: str):
        data = {"email": email, "form": form, "wording": str(wording.NEWEST), "website": ""} | more
        return self.post("/newsletter/", data, headers={"Origin": "http://testserver"})

    def press(self, link: str):
        """What the button on a token page does: sends the token, from a page whose browser says `Origin: null`."""
        parts = urlsplit(link)
        return self.post(parts.path, {"token": parse_qs(parts.query)["token"][0]}, headers={"Origin": "null"})


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(enforce_csrf_checks=True)


class Clock:
    """Moves the time that Django, and the signatures of links, are told."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def forward(self, **time: float) -> None:
        self.ahead += timedelta(**time)

    def now(self) -> datetime:
        return datetime.now(tz=UTC) + self.ahead

    def time(self) -> float:
        return self.now().timestamp()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", clock.now)
    monkeypatch.setattr("django.core.signing.time", clock)
    return clock


def work() -> None:
    """What the worker does every two seconds."""
    signup.settle()
    sending.send_due()
