"""From the form to the letter-box and back, with a real mail server."""

import pytest

from newsletter.models import Consent, Correspondence, Form, OutboxMessage, PendingSignup, Subscriber, Suppression

from .conftest import Clock, PostOffice, Visitor, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_visitor_signs_up_and_confirms(visitor: Visitor, post_office: PostOffice) -> None:
    answer = visitor.sign_up(" Sam@Example.ORG ", form="home")
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

    answer = visitor.press(letter.link("confirm"))
    assert (answer.status_code, answer["Location"]) == (303, "/newsletter/confirm/done/")
    assert visitor.get(answer["Location"]).status_code == 200
    subscriber.refresh_from_db()
    assert subscriber.status == Subscriber.Status.CONFIRMED
    consent = Consent.objects.get()
    assert consent.form == Form.HOME
    assert consent.confirmed_at is not None
    assert Correspondence.objects.get().unanswered == 0


def test_a_subscriber_leaves_by_a_link_without_signing_in(
    visitor: Visitor, post_office: PostOffice, clock: Clock
) -> None:
    visitor.sign_up("sam@example.org")
    work()
    visitor.press(post_office.only().link("confirm"))
    clock.forward(days=2)
    visitor.sign_up("SAM@example.org")
    work()
    already = post_office.letters[-1]
    assert already.subject == "You are already on our list"
    clock.forward(days=4000)  # unsubscribing never expires
    answer = visitor.press(already.link("unsubscribe"))
    assert (answer.status_code, answer["Location"]) == (303, "/newsletter/unsubscribe/done/")
    subscriber = Subscriber.objects.get()
    assert subscriber.status == Subscriber.Status.UNSUBSCRIBED
    left_at = subscriber.unsubscribed_at
    visitor.press(already.link("unsubscribe"))
    subscriber.refresh_from_db()
    assert subscriber.unsubscribed_at == left_at, "a second press changes nothing"


def test_who_left_may_come_back_by_confirming_anew(visitor: Visitor, post_office: PostOffice, clock: Clock) -> None:
    visitor.sign_up("sam@example.org")
    work()
    first = post_office.only()
    visitor.press(first.link("confirm"))
    Subscriber.objects.get().unsubscribe()

    answer = visitor.press(first.link("confirm"))
    assert answer.status_code == 410, "the old question is answered; it does not bring anybody back"
    assert Subscriber.objects.get().status == Subscriber.Status.UNSUBSCRIBED

    clock.forward(days=2)
    visitor.sign_up("Sam@Example.org")
    work()
    assert Subscriber.objects.get().status == Subscriber.Status.UNSUBSCRIBED, "not before they confirm"
    visitor.press(post_office.letters[-1].link("confirm"))
    subscriber = Subscriber.objects.get()
    assert subscriber.status == Subscriber.Status.CONFIRMED
    assert subscriber.unsubscribed_at is None
    assert Consent.objects.filter(confirmed_at__isnull=False).count() == 2, "each consent keeps its own record"


def test_leaving_closes_the_questions_still_open(visitor: Visitor, post_office: PostOffice, clock: Clock) -> None:
    visitor.sign_up("sam@example.org")
    work()
    clock.forward(hours=25)
    visitor.sign_up("sam@example.org")
    work()
    older, newer = post_office.letters
    visitor.press(newer.link("confirm"))
    assert visitor.press(older.link("confirm")).status_code == 303, "confirmed twice is confirmed"
    Subscriber.objects.get().unsubscribe()
    assert visitor.press(older.link("confirm")).status_code == 410
    assert Subscriber.objects.get().status == Subscriber.Status.UNSUBSCRIBED


def test_this_was_not_me_forgets_the_address_and_keeps_it_from_ever_being_written_to(
    visitor: Visitor, post_office: PostOffice, clock: Clock
) -> None:
    visitor.sign_up("Sam@example.org")
    work()
    letter = post_office.only()
    answer = visitor.press(letter.link("not-me"))
    assert (answer.status_code, answer["Location"]) == (303, "/newsletter/not-me/done/")
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()
    assert Suppression.objects.get().reason == Suppression.Reason.NOT_ME
    assert visitor.press(letter.link("confirm")).status_code == 410
    for days in range(5):
        clock.forward(days=2 + days)
        assert visitor.sign_up("sAM@EXAMPLE.org").status_code == 303
        work()
    assert len(post_office.letters) == 1
    assert not Subscriber.objects.exists()
    assert visitor.press(letter.link("not-me")).status_code == 303, "again does no harm"


def test_this_was_not_me_works_after_the_address_was_purged(
    visitor: Visitor, post_office: PostOffice, clock: Clock
) -> None:
    visitor.sign_up("sam@example.org")
    work()
    clock.forward(days=8)
    Subscriber.objects.purge()
    assert not Subscriber.objects.exists()
    assert visitor.press(post_office.only().link("not-me")).status_code == 303
    visitor.sign_up("sam@example.org")
    work()
    assert len(post_office.letters) == 1


def test_nothing_of_a_suppressed_address_stays_but_its_hash(visitor: Visitor, post_office: PostOffice) -> None:
    from django.apps import apps

    visitor.sign_up("unmistakable@example.org")
    work()
    visitor.press(post_office.only().link("not-me"))
    for model in apps.get_app_config("newsletter").get_models():
        for row in model._default_manager.values():
            assert "unmistakable" not in repr(row)
