"""Rows to start from."""

from datetime import datetime, timedelta

from django.utils import timezone

from newsletter import wording
from newsletter.addresses import digest_of
from newsletter.models import Consent, Correspondence, Form, OutboxMessage, Subscriber


def make_subscriber(
    *,
    email: str = "sam@example.org",
    status: str = Subscriber.Status.CONFIRMED,
    age: timedelta = timedelta(days=30),
    asked: timedelta | None = None,
) -> Subscriber:
    """A subscriber who first asked `age` ago, and last asked `asked` ago."""
    since = timezone.now() - age
    is_confirmed = status == Subscriber.Status.CONFIRMED
    subscriber = Subscriber.objects.create(
        email=email,
        status=status,
        created_at=since,
        confirmed_at=since if is_confirmed else None,
        unsubscribed_at=since if status == Subscriber.Status.UNSUBSCRIBED else None,
    )
    Correspondence.objects.create(digest=digest_of(email), last_mail_at=since, unanswered=0 if is_confirmed else 1)
    given_at = since if asked is None else timezone.now() - asked
    make_consent(subscriber=subscriber, given_at=given_at, confirmed_at=since if is_confirmed else None)
    return subscriber


def make_consent(
    *, subscriber: Subscriber, given_at: datetime | None = None, confirmed_at: datetime | None = None
) -> Consent:
    return Consent.objects.create(
        subscriber=subscriber,
        given_at=given_at or timezone.now(),
        wording_version=wording.NEWEST,
        form=Form.PAGE,
        confirmed_at=confirmed_at,
    )


def make_message(*, subscriber: Subscriber, kind: str = OutboxMessage.Kind.ALREADY_SUBSCRIBED) -> OutboxMessage:
    consent = make_consent(subscriber=subscriber) if kind == OutboxMessage.Kind.CONFIRM else None
    return OutboxMessage.objects.create(subscriber=subscriber, kind=kind, consent=consent)
