"""What the messages say, and what they keep quiet."""

import re

import pytest

from newsletter import mail
from newsletter.models import OutboxMessage, Subscriber
from pages.models import Clinic

from .factories import make_message, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> Clinic:
    return Clinic.objects.create(
        pk=1, name="Ketamine & Sons", postal_address="1 Pine St <2nd floor>\nSeattle, WA 98101"
    )


def build(kind: str):
    status = (
        Subscriber.Status.CONFIRMED if kind == OutboxMessage.Kind.ALREADY_SUBSCRIBED else Subscriber.Status.UNCONFIRMED
    )
    return mail.build(make_message(subscriber=make_subscriber(status=status), kind=kind))


@pytest.mark.parametrize("kind", OutboxMessage.Kind.values)
def test_sender_subject_and_first_words_do_not_name_what_it_is_about(clinic: Clinic, kind: str) -> None:
    built = build(kind)
    html = re.sub(r"<[^>]+>", " ", str(built.alternatives[0].content).split("<body")[1])
    for seen in (built.from_email, built.subject, built.body[:150], html[:300]):
        assert not re.search("ketamine|clinic|depress|pain|anxi|medicine|therap", seen, re.IGNORECASE), seen


@pytest.mark.parametrize("kind", OutboxMessage.Kind.values)
def test_every_message_has_text_html_address_and_crisis_line(clinic: Clinic, kind: str) -> None:
    built = build(kind)
    html, mimetype = built.alternatives[0]
    assert mimetype == "text/html"
    for part in (built.body, str(html)):
        assert "988" in part
        assert "Seattle, WA 98101" in part
    assert "1 Pine St <2nd floor>" in built.body
    assert "1 Pine St &lt;2nd floor&gt;" in str(html)
    assert "Ketamine & Sons" in built.body, "text is text: nothing is escaped in it"
    assert "<" not in built.body.replace("<2nd floor>", "")
    assert built.message()["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("kind", OutboxMessage.Kind.values)
def test_both_parts_have_the_same_links_and_nothing_is_fetched(clinic: Clinic, kind: str) -> None:
    built = build(kind)
    html = str(built.alternatives[0].content)
    # Made one after the other, so that the links of both parts are the very same.
    assert set(re.findall(r"https?://\S+", built.body)) == set(re.findall(r'href="([^"]+)"', html))
    assert not re.search(r"<img|<link|@import|url\(|<script|src=", html)


def test_a_name_that_opens_the_postal_address_is_not_said_twice() -> None:
    Clinic.objects.create(pk=1, name="Pine House", postal_address="Pine House\n1 Pine St")
    built = build(OutboxMessage.Kind.CONFIRM)
    assert built.body.count("Pine House") == 1
    assert str(built.alternatives[0].content).count("Pine House") == 1


def test_no_link_holds_the_address(clinic: Clinic) -> None:
    for kind in OutboxMessage.Kind.values:
        Subscriber.objects.all().delete()
        from newsletter.models import Correspondence

        Correspondence.objects.all().delete()
        built = build(kind)
        for part in (built.body, str(built.alternatives[0].content)):
            assert "sam@example.org" not in part
            assert "sam%40" not in part
