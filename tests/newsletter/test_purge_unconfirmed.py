"""Who never confirmed is forgotten after a week."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from newsletter.models import Consent, Correspondence, OutboxMessage, PendingSignup, Subscriber
from newsletter.signup import clean

from .factories import make_consent, make_message, make_subscriber

pytestmark = pytest.mark.django_db

UNCONFIRMED = Subscriber.Status.UNCONFIRMED


def purge() -> str:
    said = StringIO()
    call_command("purge_unconfirmed", stdout=said)
    return said.getvalue()


def test_only_unconfirmed_rows_of_more_than_a_week_go() -> None:
    make_subscriber(email="old@example.org", status=UNCONFIRMED, age=timedelta(days=7, minutes=1))
    make_subscriber(email="young@example.org", status=UNCONFIRMED, age=timedelta(days=7, minutes=-1))
    make_subscriber(email="confirmed@example.org")
    make_subscriber(email="left@example.org", status=Subscriber.Status.UNSUBSCRIBED)
    assert purge() == "1 unconfirmed address deleted.\n"
    kept = set(Subscriber.objects.values_list("email", flat=True))
    assert kept == {"young@example.org", "confirmed@example.org", "left@example.org"}
    assert purge() == "0 unconfirmed addresses deleted.\n"


def test_its_consents_and_messages_go_with_it() -> None:
    subscriber = make_subscriber(status=UNCONFIRMED)
    make_message(subscriber=subscriber, kind=OutboxMessage.Kind.CONFIRM)
    Consent.objects.update(given_at=timezone.now() - timedelta(days=8))
    purge()
    assert not Consent.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_who_was_asked_again_has_a_week_from_then() -> None:
    subscriber = make_subscriber(status=UNCONFIRMED)
    make_consent(subscriber=subscriber, given_at=timezone.now() - timedelta(days=6))
    purge()
    assert Subscriber.objects.exists()


def test_the_worker_forgets_stale_sign_ups_and_idle_hashes_too() -> None:
    old = timezone.now() - timedelta(days=8)
    PendingSignup.objects.create(email="stuck@example.org", form="home", wording_version=1, asked_at=old)
    make_subscriber(email="here@example.org")
    Correspondence.objects.create(digest="erased by staff", unanswered=0, last_mail_at=old)
    Correspondence.objects.create(digest="never answered", unanswered=2, last_mail_at=old)
    Correspondence.objects.create(digest="just now", unanswered=0, last_mail_at=timezone.now())
    stale, fresh = (
        make_message(subscriber=make_subscriber(email=f"{name}@example.org")) for name in ("stale", "fresh")
    )
    OutboxMessage.objects.filter(pk=stale.pk).update(gave_up_at=timezone.now() - timedelta(days=31))
    OutboxMessage.objects.filter(pk=fresh.pk).update(gave_up_at=timezone.now() - timedelta(days=29))
    clean()
    assert OutboxMessage.objects.get() == fresh
    assert not PendingSignup.objects.exists()
    left = set(Correspondence.objects.values_list("digest", flat=True))
    assert "erased by staff" not in left
    assert {"never answered", "just now", *Subscriber.objects.values_list("digest", flat=True)} == left
