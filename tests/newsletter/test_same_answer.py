"""Nobody learns from the site whether an address is known: not from the answer, not from the work it takes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.addresses import digest_of
from newsletter.models import Correspondence, Subscriber, Suppression
from newsletter.signup import UNANSWERED_MAX

from .conftest import Visitor
from .factories import make_subscriber

pytestmark = pytest.mark.django_db

ADDRESS = "sam@example.org"


def nobody() -> None:
    pass


def confirmed() -> None:
    make_subscriber(email=ADDRESS)


def unconfirmed() -> None:
    make_subscriber(email=ADDRESS, status=Subscriber.Status.UNCONFIRMED)


def unsubscribed() -> None:
    make_subscriber(email=ADDRESS, status=Subscriber.Status.UNSUBSCRIBED)


def suppressed() -> None:
    Suppression.suppress(digest_of(ADDRESS), Suppression.Reason.NOT_ME)


def asked_in_vain() -> None:
    Correspondence.objects.create(digest=digest_of(ADDRESS), unanswered=UNANSWERED_MAX)


def answer(visitor: Visitor, address: str) -> tuple[Any, ...]:
    """Everything of the answer, and every statement it took, without the values in it."""
    with CaptureQueriesContext(connection) as queries:
        first = visitor.sign_up(address)
    second = visitor.get(first.get("Location", "/newsletter/"))
    statements = tuple(query["sql"].split("VALUES")[0].split("WHERE")[0] for query in queries)
    return (
        first.status_code, dict(first.headers), first.content, dict(first.cookies),
        second.status_code, dict(second.headers), second.content, statements,
    )  # fmt: skip


@pytest.mark.parametrize("past", [confirmed, unconfirmed, unsubscribed, suppressed, asked_in_vain])
def test_every_address_gets_the_same_answer_for_the_same_work(visitor: Visitor, past: Callable[[], None]) -> None:
    past()
    assert answer(visitor, ADDRESS) == answer(visitor, "never.seen@example.net")


def test_that_comparison_sees_a_difference(visitor: Visitor) -> None:
    assert answer(visitor, ADDRESS) != answer(visitor, "not an address")
