"""How a visitor becomes a subscriber: what a sign-up is allowed to cause, and for whom.

`receive` runs in the request and does the same whatever the address is; `settle` runs in the worker and decides.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from .addresses import digest_of
from .discreet import described
from .models import Consent, Correspondence, NetworkLimit, OutboxMessage, PendingSignup, Subscriber, Suppression
from .network import is_internal, network_digest

log = logging.getLogger(__name__)

MAIL_EVERY = timedelta(days=1)  # at most one message that a sign-up causes, for each address
UNANSWERED_MAX = 3  # then an address is asked no more, unless it confirms
NETWORK_WINDOW = timedelta(hours=1)
FAILURES_SHOWN = timedelta(days=30)  # how long staff see a message that was given up
TRY_AGAIN_AFTER = timedelta(minutes=5)


class TooMany(Exception):
    """This network has used up its sign-ups of the hour."""


def receive(*, email: str, form: str, wording_version: int, network: str) -> None:
    """Takes a sign-up in, `email` being normalised. Raises TooMany, which says nothing about the address."""
    _count(network, timezone.now())
    PendingSignup.objects.create(email=email, form=form, wording_version=wording_version)


def _count(network: str, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    digest = network_digest(network, hour)
    forget_networks(now)
    NetworkLimit.objects.bulk_create([NetworkLimit(digest=digest, hour=hour)], ignore_conflicts=True)
    # The comparison is part of the update: of two requests at once only one can take the last place.
    free = NetworkLimit.objects.filter(digest=digest, count__lt=settings.SIGNUPS_PER_NETWORK_AND_HOUR)
    if not free.update(count=F("count") + 1):
        if is_internal(network):
            log.warning(
                "Many sign-ups come from our own network. Is TRUSTED_PROXY_COUNT right? Visitors share one limit."
            )
        raise TooMany


def forget_networks(now: datetime | None = None) -> None:
    """Deletes the counts of hours that are over: nothing of a visitor's network is kept longer."""
    NetworkLimit.objects.filter(hour__lte=(now or timezone.now()) - NETWORK_WINDOW).delete()


def settle(limit: int = 100) -> int:
    """Decides about waiting sign-ups, oldest first, each by itself. Returns how many. Any number may run at once."""
    done = 0
    for _turn in range(limit):
        pending = _next()
        if pending is None:
            break
        try:
            with transaction.atomic():
                if PendingSignup.objects.filter(pk=pending.pk).delete()[0]:  # locks it; gone: somebody else was faster
                    request_subscription(pending)
                    done += 1
        except Exception as error:  # noqa: BLE001 - one that can't be settled must not hold up the next
            log.error("A sign-up could not be settled and will be tried again: %s", described(error))
    return done


def _next() -> PendingSignup | None:
    now = timezone.now()
    with transaction.atomic():
        waiting = PendingSignup.objects.filter(Q(tried_at__isnull=True) | Q(tried_at__lt=now - TRY_AGAIN_AFTER))
        pending = waiting.select_for_update(skip_locked=True).order_by("asked_at").first()
        if pending is not None:
            PendingSignup.objects.filter(pk=pending.pk).update(tried_at=now)
    return pending


def request_subscription(signup: PendingSignup) -> None:
    """Queues the message that this sign-up may cause, if any. Runs inside a transaction."""
    digest = digest_of(signup.email)
    correspondence = Correspondence.hold(digest)
    if Suppression.covers(digest):
        return
    now = timezone.now()
    if correspondence.last_mail_at and correspondence.last_mail_at > now - MAIL_EVERY:
        return
    subscriber = Subscriber.objects.select_for_update().filter(digest=digest).first()
    if subscriber is not None and subscriber.status == Subscriber.Status.CONFIRMED:
        _queue(subscriber, OutboxMessage.Kind.ALREADY_SUBSCRIBED)
    elif correspondence.unanswered >= UNANSWERED_MAX:
        return
    else:
        subscriber = subscriber or Subscriber.objects.create(email=signup.email)
        consent = Consent.objects.create(
            subscriber=subscriber, given_at=signup.asked_at, wording_version=signup.wording_version, form=signup.form
        )
        _queue(subscriber, OutboxMessage.Kind.CONFIRM, consent)
        correspondence.unanswered += 1
    correspondence.last_mail_at = now
    correspondence.save(update_fields=["unanswered", "last_mail_at"])


def _queue(subscriber: Subscriber, kind: OutboxMessage.Kind, consent: Consent | None = None) -> None:
    """Puts a message into the outbox in place of an older one of its kind that never got out."""
    OutboxMessage.objects.filter(subscriber=subscriber, kind=kind).delete()
    OutboxMessage.objects.create(subscriber=subscriber, kind=kind, consent=consent)


def clean() -> None:
    """What may be forgotten is forgotten: run by the worker every few minutes, and by `purge_unconfirmed`."""
    forget_networks()
    Subscriber.objects.purge()
    now = timezone.now()
    OutboxMessage.objects.filter(gave_up_at__lt=now - FAILURES_SHOWN).delete()
    PendingSignup.objects.filter(asked_at__lt=now - timedelta(days=7)).delete()
    # Hashes of addresses that owe no answer and whose owner was erased have nothing left to limit.
    known = Subscriber.objects.values("digest")
    past = Q(last_mail_at__isnull=True) | Q(last_mail_at__lt=now - MAIL_EVERY)
    Correspondence.objects.filter(past, unanswered=0).exclude(digest__in=known).delete()
