"""Two people, or two workers, at the same moment. Real threads, each with its own connection to the database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from pytest_django import Settings

from newsletter import sending, signup
from newsletter.addresses import digest_of
from newsletter.models import (
    Consent,
    Correspondence,
    NetworkLimit,
    OutboxMessage,
    PendingSignup,
    Subscriber,
    Suppression,
)

from .conftest import PostOffice, Visitor
from .factories import make_consent, make_message, make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Runs all acts together, each in its own thread; returns what they gave, or raises what one of them raised."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)
    failures: list[BaseException] = []

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            gate.wait(timeout=10)
            results[number] = act()
        except BaseException as error:  # noqa: BLE001 - raised again in the test
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive(), "they wait for each other"
    if failures:
        raise failures[0]
    return results


def pending(email: str) -> None:
    PendingSignup.objects.create(email=email, form="home", wording_version=1)


@pytest.mark.parametrize("_round", range(5))
def test_one_address_in_different_case_becomes_one_subscriber_and_one_message(
    post_office: PostOffice, _round: int
) -> None:
    for email in ("sam@example.org", "SAM@example.org", "Sam@example.org", "sAm@example.org"):
        pending(email)
    at_once(*[signup.settle] * 4)
    assert Subscriber.objects.count() == 1
    assert OutboxMessage.objects.count() == 1
    assert Correspondence.objects.get().unanswered == 1
    assert not PendingSignup.objects.exists()


def test_the_database_itself_refuses_the_same_address_in_another_case() -> None:
    make_subscriber(email="sam@example.org")
    twin = Subscriber(email="SAM@example.org", digest="of another key")
    with pytest.raises(IntegrityError, match="subscriber_address_once"), transaction.atomic():
        Subscriber.objects.bulk_create([twin])


@pytest.mark.parametrize(
    "times",
    [
        {"status": "confirmed"},
        {"status": "unsubscribed"},
        {"status": "unknown"},
        {"status": "unconfirmed", "confirmed_at": timezone.now()},
        {"status": "confirmed", "confirmed_at": timezone.now(), "unsubscribed_at": timezone.now()},
    ],
)
def test_the_database_itself_refuses_a_status_that_does_not_fit(times: dict[str, object]) -> None:
    subscriber = make_subscriber(status=Subscriber.Status.UNCONFIRMED)
    with pytest.raises(IntegrityError, match="subscriber_status_fits_times"), transaction.atomic():
        Subscriber.objects.filter(pk=subscriber.pk).update(**times)


@pytest.mark.parametrize("_round", range(3))
def test_two_workers_send_each_message_once(post_office: PostOffice, _round: int) -> None:
    for number in range(8):
        make_message(subscriber=make_subscriber(email=f"sam{number}@example.org"))
    at_once(*[sending.send_due] * 3)
    assert sorted(letter.to[0] for letter in post_office.letters) == [f"sam{number}@example.org" for number in range(8)]
    assert not OutboxMessage.objects.exists()


def test_a_claim_is_seen_by_others_before_anything_is_sent() -> None:
    make_message(subscriber=make_subscriber())
    first, second = at_once(sending.claim, sending.claim)
    assert (first is None) != (second is None)


@contextmanager
def held(subscriber: Subscriber) -> Iterator[None]:
    """Somebody else's open transaction that has the subscriber's row locked."""
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Subscriber.objects.select_for_update().get(pk=subscriber.pk)
                locked.set()
                release.wait(timeout=10)
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(timeout=10)
    try:
        yield
    finally:
        release.set()
        thread.join(timeout=10)


def test_the_purge_does_not_wait_for_and_does_not_delete_who_is_confirming() -> None:
    from datetime import timedelta

    busy = make_subscriber(email="busy@example.org", status=Subscriber.Status.UNCONFIRMED)
    make_subscriber(email="idle@example.org", status=Subscriber.Status.UNCONFIRMED, age=timedelta(days=9))
    with held(busy):
        assert Subscriber.objects.purge() == 1
    assert Subscriber.objects.get() == busy


@pytest.mark.parametrize("_round", range(5))
def test_acts_on_one_address_never_wait_for_each_other_for_ever(post_office: PostOffice, _round: int) -> None:
    subscriber = make_subscriber(email="sam@example.org", status=Subscriber.Status.UNCONFIRMED)
    consent = make_consent(subscriber=subscriber)
    make_message(subscriber=subscriber, kind=OutboxMessage.Kind.CONFIRM)
    pending("SAM@example.org")
    at_once(
        consent.confirm,
        subscriber.unsubscribe,
        signup.settle,
        signup.clean,
        lambda: Suppression.suppress(digest_of("sam@example.org"), Suppression.Reason.NOT_ME),
        sending.send_due,
    )
    assert Suppression.objects.count() == 1
    assert not Subscriber.objects.exists(), "whatever came first, the suppression holds"
    assert not Consent.objects.exists()


@pytest.mark.parametrize("_round", range(3))
def test_the_last_place_of_a_network_is_given_once(visitor: Visitor, settings: Settings, _round: int) -> None:
    settings.SIGNUPS_PER_NETWORK_AND_HOUR = 3

    def sign_up() -> object:
        return Visitor().sign_up("sam@example.org").status_code

    assert sorted(map(str, at_once(*[sign_up] * 6))) == ["303"] * 3 + ["429"] * 3
    assert PendingSignup.objects.count() == 3
    assert NetworkLimit.objects.get().count == 3


def test_confirming_twice_at_once_is_confirming_once() -> None:
    subscriber = make_subscriber(status=Subscriber.Status.UNCONFIRMED)
    consent = make_consent(subscriber=subscriber)
    assert at_once(consent.confirm, consent.confirm) == [True, True]
    subscriber.refresh_from_db()
    assert subscriber.status == Subscriber.Status.CONFIRMED


def test_a_sign_up_that_cannot_be_settled_does_not_hold_up_the_next(
    post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending("first@example.org")
    pending("second@example.org")
    settle_one = signup.request_subscription

    def broken(waiting: PendingSignup) -> None:
        settle_one(waiting)
        if waiting.email.startswith("first"):
            raise ValueError(waiting.email)

    monkeypatch.setattr(signup, "request_subscription", broken)
    assert signup.settle() == 1
    assert [message.subscriber.email for message in OutboxMessage.objects.all()] == ["second@example.org"]
    assert PendingSignup.objects.get().email == "first@example.org", "it is kept, and tried again later"
