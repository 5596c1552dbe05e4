"""From the form to the letter-box and back, with a real mail server."""

import pytest

from newsletter import sending, signup
from newsletter.models import Consent, Form, OutboxMessage, PendingSignup, Subscriber

from .conftest import PostOffice, Visitor

pytestmark = pytest.mark.django_db(transaction=True)


def work() -> None:
    """What the worker does every two seconds."""
    signup.settle()
    sending.send_due()


def test_a_visitor_signs_up_confirms_and_leaves(visitor: Visitor, post_office: PostOffice) -> None:
    answer = visitor.sign_up("Sam@Example.ORG", form="home")
    assert (answer.status_code, answer["Location"]) == (303, "/newsletter/check-your-mail/")
    assert b"Now look into your mail" in visitor.get(answer["Location"]).content
    assert not Subscriber.objects.exists(), "nothing is decided before the worker runs"
    work()
    letter = post_office.only()
    assert letter.to == ["Sam@example.org"]
    subscriber = Subscriber.objects.get()
    assert subscriber.status == Subscriber.Status.UNCONFIRMED
    assert not PendingSignup.objects.exists()
    assert not OutboxMessage.objects.exists(), "sent messages are not kept"

    page = visitor.get(letter.link("confirm"))
    assert page.status_code == 200
    assert letter.token("confirm").encode() in page.content
    subscriber.refresh_from_db()
    assert subscriber.status == Subscriber.Status.UNCONFIRMED, "opening the link must not confirm"

    answer = visitor.press(letter.link("confirm"))
    assert (answer.status_code, answer["Location"]) == (303, "/newsletter/confirm/done/")
    assert visitor.get(answer["Location"]).status_code == 200
    subscriber.refresh_from_db()
    assert subscriber.status == Subscriber.Status.CONFIRMED
    consent = Consent.objects.get()
    assert consent.form == Form.HOME
    assert consent.confirmed_at is not None
