"""The outbox: a mail server that is down, refuses or hangs costs nobody a message, and nobody gets one twice."""

import logging
import smtplib
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from newsletter import sending, signup
from newsletter.models import CLAIM_HELD, Correspondence, OutboxMessage, Subscriber

from .conftest import Clock, PostOffice, Visitor, work
from .factories import make_message, make_subscriber

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_server_that_is_down_and_up_again_delays_the_message(
    visitor: Visitor, post_office: PostOffice, clock: Clock
) -> None:
    post_office.close()
    visitor.sign_up("sam@example.org")
    work()
    waiting = OutboxMessage.objects.get()
    assert (waiting.attempts, waiting.claimed_at) == (1, None)
    assert waiting.last_error.startswith("ConnectionRefusedError")
    assert "sam" not in waiting.last_error
    post_office.open()
    work()
    assert not post_office.letters, "it waits for its turn"
    clock.forward(seconds=61)
    work()
    assert post_office.only().to == ["sam@example.org"]
    assert not OutboxMessage.objects.exists()


def test_time_spent_waiting_does_not_shorten_the_life_of_the_link(
    visitor: Visitor, post_office: PostOffice, clock: Clock
) -> None:
    visitor.sign_up("sam@example.org")
    signup.settle()
    clock.forward(hours=20)
    sending.send_due()
    clock.forward(hours=71)
    assert visitor.get(post_office.only().link("confirm")).status_code == 200


def test_with_the_server_away_only_one_message_is_tried(post_office: PostOffice) -> None:
    post_office.close()
    for number in range(3):
        make_message(subscriber=make_subscriber(email=f"sam{number}@example.org"))
    assert sending.send_due() == 0
    assert sorted(OutboxMessage.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    assert not OutboxMessage.objects.filter(due_at__lte=timezone.now()).exists(), "all wait a minute"


def test_a_refused_message_does_not_hold_up_the_next(post_office: PostOffice) -> None:
    post_office.refuse_recipient["bad@example.org"] = "450 try later"
    make_message(subscriber=make_subscriber(email="bad@example.org"))
    make_message(subscriber=make_subscriber(email="good@example.org"))
    assert sending.send_due() == 1
    assert post_office.only().to == ["good@example.org"]
    left = OutboxMessage.objects.get()
    assert left.last_error.startswith("SMTPRecipientsRefused 450")
    assert left.gave_up_at is None


def test_an_address_that_does_not_exist_is_not_tried_again(post_office: PostOffice, clock: Clock) -> None:
    post_office.refuse_recipient["bad@example.org"] = "550 no such user bad@example.org"
    make_message(subscriber=make_subscriber(email="bad@example.org"))
    sending.send_due()
    left = OutboxMessage.objects.get()
    assert left.gave_up_at is not None
    assert left.last_error.startswith("SMTPRecipientsRefused 550")
    assert "bad@" not in left.last_error
    clock.forward(days=2)
    sending.send_due()
    assert OutboxMessage.objects.get().attempts == 1


def test_waits_grow_from_a_minute_to_six_hours() -> None:
    waits = [sending.wait_after(attempts) for attempts in range(1, 40)]
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)


def test_after_a_day_of_failures_it_is_given_up_and_may_be_asked_for_again(
    visitor: Visitor, post_office: PostOffice, clock: Clock
) -> None:
    post_office.refuse_content = "451 later"
    visitor.sign_up("sam@example.org")
    for _hour in range(30):
        work()
        clock.forward(hours=1)
    left = OutboxMessage.objects.get()
    assert left.gave_up_at is not None
    assert 5 < left.attempts < 15
    assert Correspondence.objects.get().unanswered == 0, "it never went out, so nobody failed to answer"
    post_office.refuse_content = ""
    visitor.sign_up("sam@example.org")
    work()
    assert post_office.only().to == ["sam@example.org"]
    assert not OutboxMessage.objects.exists(), "the one given up has made room"


def test_who_leaves_meanwhile_gets_nothing(visitor: Visitor, post_office: PostOffice) -> None:
    subscriber = make_subscriber(status=Subscriber.Status.UNCONFIRMED)
    make_message(subscriber=subscriber, kind=OutboxMessage.Kind.CONFIRM)
    subscriber.unsubscribe()
    assert sending.send_due() == 0
    assert not OutboxMessage.objects.exists()


def test_a_claim_of_a_worker_that_died_is_free_after_ten_minutes(post_office: PostOffice, clock: Clock) -> None:
    make_message(subscriber=make_subscriber())
    assert sending.claim() is not None
    clock.forward(minutes=9)
    assert sending.send_due() == 0
    clock.forward(minutes=1, seconds=1)
    assert sending.send_due() == 1
    assert timedelta(minutes=10) == CLAIM_HELD


class Watching(BaseEmailBackend):
    """Notes whether a transaction is open while a message is sent, and whether the claim can be seen from outside."""

    seen: list[bool] = []

    def send_messages(self, messages: object) -> int:
        self.seen.append(connection.in_atomic_block)
        return 1


def test_nothing_is_sent_inside_a_transaction(settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Watching"
    Watching.seen.clear()
    make_message(subscriber=make_subscriber())
    assert sending.send_due() == 1
    assert Watching.seen == [False]


def test_the_request_sends_nothing(visitor: Visitor, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    django_mail.outbox = []
    visitor.sign_up("sam@example.org")
    assert not django_mail.outbox
    work()
    assert len(django_mail.outbox) == 1


def test_a_message_that_cannot_be_built_does_not_hold_up_the_next(
    post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsletter import mail

    first = make_message(subscriber=make_subscriber(email="first@example.org"))
    make_message(subscriber=make_subscriber(email="second@example.org"))
    build = mail.build

    def broken(message: OutboxMessage):
        if message.pk == first.pk:
            raise ValueError(f"can't write to {message.subscriber.email}")
        return build(message)

    monkeypatch.setattr(mail, "build", broken)
    assert sending.send_due() == 1
    left = OutboxMessage.objects.get()
    assert left.last_error.startswith("ValueError")
    assert "first@" not in left.last_error


@pytest.mark.parametrize("trouble", ["down", "recipient", "content", "none"])
def test_no_address_and_no_token_is_logged(
    visitor: Visitor, post_office: PostOffice, clock: Clock, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    caplog.set_level(logging.INFO)  # what production logs
    caplog.set_level(logging.INFO, logger="django")
    visitor.sign_up("unmistakable@")
    visitor.sign_up("unmistakable@example.org")
    if trouble == "down":
        post_office.close()
    if trouble == "recipient":
        post_office.refuse_recipient["unmistakable@example.org"] = "550 unmistakable@example.org is unknown"
    if trouble == "content":
        post_office.refuse_content = "554 unmistakable@example.org"
    work()
    if trouble == "none":
        letter = post_office.only()
        for name in ("confirm", "not-me"):
            visitor.get(letter.link(name))
            visitor.get(f"/newsletter/{name}/", {"token": letter.token(name) + "x"})
        visitor.press(letter.link("confirm"))
        assert letter.token("confirm") not in caplog.text
        assert letter.token("not-me") not in caplog.text
    else:
        assert "was not sent" in caplog.text, "staff must be able to see it"
    ours = [record for record in caplog.records if not record.name.startswith("mail")]  # the test's own mail server
    assert not [record.getMessage() for record in ours if "unmistakable" in record.getMessage()]
    assert not [record for record in ours if record.exc_info], "tracebacks repeat what the library said"


def test_a_failure_is_described_without_what_the_library_said() -> None:
    from newsletter.discreet import described

    error = smtplib.SMTPRecipientsRefused({"sam@example.org": (550, b"no sam@example.org")})
    assert described(error) == "SMTPRecipientsRefused 550"
    with pytest.raises(TypeError) as found:
        sending.wait_after("sam@example.org")  # type: ignore[arg-type]
    assert described(found.value).startswith("TypeError (newsletter/sending.py:")
