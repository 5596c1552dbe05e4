"""Empties the outbox: claim a message, commit, send it, delete it. Any number of workers may do so at once.

A worker that is killed after the mail server took a message and before its row is deleted leaves a claim that ends
after ten minutes; that message goes out twice, which harms nobody. The other order would lose it.
"""

import logging
import smtplib
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from . import mail
from .discreet import described, smtp_codes
from .models import Correspondence, OutboxMessage

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
GIVES_UP_AFTER = timedelta(hours=24)
SERVER_AWAY = (
    smtplib.SMTPServerDisconnected,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
)


def send_due(limit: int = 50) -> int:
    """Sends what is due, at most `limit`; returns how many. One that fails waits longer; the others go on."""
    sent = 0
    for _turn in range(limit):
        message = claim()
        if message is None:
            break
        try:
            mail.build(message).send()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next message goes on
            _record_failure(message, error)
            if _server_is_away(error):
                _let_all_wait()
                break
        else:
            OutboxMessage.objects.filter(pk=message.pk, claimed_at=message.claimed_at).delete()
            sent += 1
    return sent


def claim() -> OutboxMessage | None:
    """Takes the next due message for this worker alone, and commits that before anything is sent."""
    now = timezone.now()
    with transaction.atomic():
        due = OutboxMessage.objects.due(now).select_related("subscriber")
        message = due.select_for_update(skip_locked=True, of=["self"]).first()
        if message is None:
            return None
        message.claimed_at = now
        message.attempts += 1
        message.save(update_fields=["claimed_at", "attempts"])
    return message


def wait_after(attempts: int) -> timedelta:
    """How long a message rests after so many tries: a minute, then twice as long each time, up to six hours."""
    doublings = min(attempts - 1, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def _record_failure(message: OutboxMessage, error: Exception) -> None:
    now = timezone.now()
    what = described(error)
    refused = _is_refused_for_good(error)
    gives_up = refused or now - message.created_at >= GIVES_UP_AFTER
    OutboxMessage.objects.filter(pk=message.pk, claimed_at=message.claimed_at).update(
        claimed_at=None,
        due_at=now + wait_after(message.attempts),
        last_error=what[:120],
        gave_up_at=now if gives_up else None,
    )
    if gives_up and not refused and message.kind == OutboxMessage.Kind.CONFIRM:
        # The fault was ours: a question that never went out is no unanswered one, and may be asked again at once.
        Correspondence.objects.filter(digest=message.subscriber.digest).update(
            unanswered=Greatest(F("unanswered") - 1, 0), last_mail_at=None
        )
    outcome = "given up" if gives_up else "to be tried again"
    log.warning("Message %s was not sent at try %s, %s: %s", message.pk, message.attempts, outcome, what)


def _is_refused_for_good(error: Exception) -> bool:
    """The server knows no such address (5xx); asking it again would only cost us its trust."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and min(smtp_codes(error)) >= 500


def _server_is_away(error: Exception) -> bool:
    if 421 in smtp_codes(error):
        return True
    if isinstance(error, smtplib.SMTPException):  # which is an OSError too
        return isinstance(error, SERVER_AWAY)
    return isinstance(error, OSError)


def _let_all_wait() -> None:
    """With the server away each further message would only fail too, after up to EMAIL_TIMEOUT seconds."""
    now = timezone.now()
    OutboxMessage.objects.due(now).filter(claimed_at__isnull=True).update(due_at=now + FIRST_WAIT)
