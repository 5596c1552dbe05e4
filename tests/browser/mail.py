"""The way of a letter in these tests: the worker's tick, a real mail server on loopback, the link in the text."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.db.models import F

from clinic_site.worker import Worker, jobs
from newsletter.models import Correspondence
from tests.newsletter.conftest import Letter, PostOffice


def tick() -> None:
    """What the worker does every few seconds."""
    assert Worker(jobs()).run_once(), "a job of the worker failed"


def next_letter(office: PostOffice) -> Letter:
    """The one letter that the worker sends now."""
    before = len(office.letters)
    tick()
    new = office.letters[before:]
    assert len(new) == 1, [letter.subject for letter in new]
    return new[0]


def link(letter: Letter, name: str, site: str) -> str:
    """The whole link to /newsletter/<name>/; it leads to this site and to no other."""
    address = letter.link(name)
    assert f"{site}{address}" in letter.text
    assert not urlsplit(address).fragment
    return f"{site}{address}"


def a_day_passes() -> None:
    """For the limit of one message a day to an address."""
    Correspondence.objects.update(last_mail_at=F("last_mail_at") - timedelta(days=1, minutes=1))
