"""Links in mail: what they carry, what opening them does (nothing), and what becomes of old, broken and stolen ones."""

import base64
import json
import re

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from newsletter import tokens
from newsletter.models import Consent, Correspondence, Subscriber, Suppression
from newsletter.tokens import Purpose

from .conftest import Clock, Visitor
from .factories import make_consent, make_subscriber

pytestmark = pytest.mark.django_db

PATHS = {Purpose.CONFIRM: "confirm", Purpose.UNSUBSCRIBE: "unsubscribe", Purpose.NOT_ME: "not-me"}


def question() -> Consent:
    subscriber = make_subscriber(status=Subscriber.Status.UNCONFIRMED)
    return make_consent(subscriber=subscriber)


def links() -> dict[Purpose, str]:
    consent = question()
    rows = {
        Purpose.CONFIRM: consent.pk,
        Purpose.UNSUBSCRIBE: consent.subscriber_id,
        Purpose.NOT_ME: Correspondence.objects.get().pk,
    }
    return {purpose: tokens.link(purpose, row_id) for purpose, row_id in rows.items()}


def state() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in (Subscriber, Consent, Correspondence, Suppression)]


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_opening_a_link_changes_nothing(visitor: Visitor, purpose: Purpose, method: str) -> None:
    link = links()[purpose]
    before = state()
    with CaptureQueriesContext(connection) as queries:
        answer = getattr(visitor, method)(link)
    assert answer.status_code == 200
    assert state() == before
    written = [query["sql"] for query in queries if re.match(r"\s*(INSERT|UPDATE|DELETE)", query["sql"])]
    assert not written


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_page_keeps_its_address_to_itself(visitor: Visitor, purpose: Purpose) -> None:
    link = links()[purpose]
    for answer in (visitor.get(link), visitor.press(link), visitor.get(f"/newsletter/{PATHS[purpose]}/?token=x")):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Robots-Tag"] == "noindex"
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_page_holds_the_token_in_one_hidden_field_only(visitor: Visitor, purpose: Purpose) -> None:
    link = links()[purpose]
    token = link.partition("token=")[2].replace("%3A", ":")
    page = visitor.get(link).content.decode()
    assert page.count(token) == 1
    assert re.search(rf'<input type="hidden" name="token" value="{re.escape(token)}">', page)
    assert page.count('<form action="/newsletter/') == 1, "one button, and no sign-up form"
    assert "noindex" in page
    assert "canonical" not in page


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_begins_with_the_site_and_never_with_what_a_visitor_says(settings, purpose: Purpose) -> None:
    settings.SITE_URL = "https://clinic.example"
    assert tokens.link(purpose, 1).startswith(f"https://clinic.example/newsletter/{PATHS[purpose]}/?token=")


def test_a_token_carries_a_number_and_no_address() -> None:
    token = tokens.make(Purpose.CONFIRM, 4711)
    payload = token.split(":")[0]
    assert json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) == 4711


# --- Old ones -------------------------------------------------------------------------------------------------------


def test_a_confirmation_is_valid_for_72_hours_and_no_longer(visitor: Visitor, clock: Clock) -> None:
    link = tokens.link(Purpose.CONFIRM, question().pk)
    clock.forward(hours=72, seconds=-5)
    assert visitor.get(link).status_code == 200
    clock.forward(seconds=10)
    for answer in (visitor.get(link), visitor.press(link)):
        assert answer.status_code == 410
        assert b"This link has expired" in answer.content
        assert b"72 hours" in answer.content
        assert b'href="/newsletter/"' in answer.content, "what to do is one link away"
    assert Subscriber.objects.get().status == Subscriber.Status.UNCONFIRMED


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.NOT_ME])
def test_links_that_end_something_never_expire(visitor: Visitor, clock: Clock, purpose: Purpose) -> None:
    link = links()[purpose]
    clock.forward(days=3650)
    assert visitor.press(link).status_code == 303


def test_links_survive_a_new_secret_key_that_names_the_old(visitor: Visitor, settings) -> None:
    link = links()[Purpose.UNSUBSCRIBE]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "new"
    assert visitor.press(link).status_code == 303


# --- Broken and stolen ones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS.values())
@pytest.mark.parametrize("token", ["", "x", "1:2:3", "%00", "é", "MQ:1:" + "a" * 43, "." * 5000])
def test_a_garbled_token_gets_a_kind_page(visitor: Visitor, path: str, token: str) -> None:
    for answer in (
        visitor.get(f"/newsletter/{path}/", {"token": token}),
        visitor.post(f"/newsletter/{path}/", {"token": token}),
    ):
        assert answer.status_code == 400
        assert b"This link is not complete" in answer.content
    assert visitor.get(f"/newsletter/{path}/").status_code == 400


@given(place=st.integers(min_value=0), letter=st.sampled_from("abcXYZ019-_:"))
def test_changing_any_letter_of_a_token_breaks_it(place: int, letter: str) -> None:
    token = tokens.make(Purpose.CONFIRM, 12)
    place %= len(token) - 1  # the very last letter of base64 may carry bits that mean nothing
    changed = token[:place] + letter + token[place + 1 :]
    if changed == token:
        return
    with pytest.raises(tokens.InvalidToken):
        tokens.read(Purpose.CONFIRM, changed)


@pytest.mark.parametrize("given_for", list(Purpose))
@pytest.mark.parametrize("used_for", list(Purpose))
def test_a_token_serves_its_own_purpose_only(given_for: Purpose, used_for: Purpose) -> None:
    token = tokens.make(given_for, 1)
    if given_for == used_for:
        assert tokens.read(used_for, token) == 1
        return
    with pytest.raises(tokens.InvalidToken):
        tokens.read(used_for, token)


def test_signed_things_that_are_no_number_are_no_tokens() -> None:
    with pytest.raises(tokens.InvalidToken):
        tokens.read(Purpose.CONFIRM, signing.dumps("1", salt="newsletter.confirm"))


@pytest.mark.parametrize(
    ("purpose", "told"),
    [
        (Purpose.CONFIRM, "This link is used up"),
        (Purpose.UNSUBSCRIBE, "We hold nothing about you"),
        (Purpose.NOT_ME, "We hold nothing about you"),
    ],
)
def test_a_link_whose_row_is_gone_says_so(visitor: Visitor, purpose: Purpose, told: str) -> None:
    link = tokens.link(purpose, 999_999)
    for answer in (visitor.get(link), visitor.press(link)):
        assert answer.status_code == 410
        assert told in answer.content.decode()


@pytest.mark.parametrize("purpose", list(Purpose))
def test_pages_reached_by_token_need_no_script_and_no_cookie(purpose: Purpose) -> None:
    client = Client(enforce_csrf_checks=True)
    link = links()[purpose]
    page = client.get(link).content.decode()
    assert "onclick" not in page
    assert 'method="post"' in page
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    assert client.post(f"/newsletter/{PATHS[purpose]}/", {"token": token[1]}).status_code == 303
