"""The sign-up form: what is taken, what is refused and how it is said."""

import re
from html import unescape

import pytest
from django.test import Client

from newsletter import wording
from newsletter.models import Consent, Form, NetworkLimit, PendingSignup
from tests.newsletter.factories import make_subscriber

from .conftest import PostOffice, Visitor, work

pytestmark = pytest.mark.django_db


def test_the_page_has_a_form_that_needs_no_cookie(visitor: Visitor) -> None:
    answer = visitor.get("/newsletter/")
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert b"csrf" not in answer.content
    assert b'action="/newsletter/"' in answer.content
    assert b"<script>" not in answer.content
    assert b"style=" not in answer.content


def test_the_page_is_the_same_for_everybody() -> None:
    def seen(**headers: str) -> bytes:
        return Client(headers=headers).get("/newsletter/").content

    assert seen() == seen(cookie="a=b", user_agent="x", referer="http://testserver/articles/")


def test_the_text_shown_is_the_text_recorded(visitor: Visitor) -> None:
    page = visitor.get("/newsletter/").content.decode()
    shown = re.search(r'id="signup-terms">(.*?)<a ', page, re.DOTALL)
    number = re.search(r'name="wording" value="(\d+)"', page)
    assert shown is not None
    assert number is not None
    assert unescape(shown[1]).strip() == wording.TEXTS[int(number[1])]
    visitor.sign_up("sam@example.org", wording=number[1])
    assert PendingSignup.objects.get().wording_version == int(number[1])


def test_a_consent_to_an_older_text_is_recorded_as_such(
    visitor: Visitor, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who opened the page before the text changed has agreed to the old one."""
    from newsletter.forms import SignupForm

    field = SignupForm.base_fields["wording"]
    monkeypatch.setattr(field, "choices", [(1, ""), (2, "")])
    monkeypatch.setattr(wording, "NEWEST", 2)
    visitor.sign_up("sam@example.org", wording="1")
    work()
    assert Consent.objects.get().wording_version == 1


@pytest.mark.parametrize("kind", Form.values)
def test_each_form_is_recorded(visitor: Visitor, kind: str) -> None:
    visitor.sign_up("sam@example.org", form=kind)
    assert PendingSignup.objects.get().form == kind


@pytest.mark.parametrize("typed", ["sam", "sam@example", "", "sam@exam ple.org", "<b>@</b>"])
def test_a_bad_address_gets_a_message_beside_the_field_and_is_kept(visitor: Visitor, typed: str) -> None:
    answer = visitor.sign_up(typed, form="article")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This address looks incomplete. It needs a name, an @ and a domain, such as sam@example.org." in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="signup-problem signup-terms"' in page
    kept = re.search(r'name="email".*?value="(.*?)"', page)
    assert kept is not None
    assert unescape(kept[1]) == typed
    assert 'name="form" value="article"' in page, "the form it came from is remembered"
    assert answer["Cache-Control"] == "no-store"
    assert not PendingSignup.objects.exists()
    assert not answer.cookies


def test_a_very_long_address_is_refused_in_words(visitor: Visitor) -> None:
    answer = visitor.sign_up("a" * 100 + "@example.org")
    assert answer.status_code == 422
    assert "too long" in answer.content.decode()
    assert visitor.sign_up("a" * 100_000 + "@example.org").status_code == 422


@pytest.mark.parametrize("broken", [{"wording": "999"}, {"wording": ""}, {"wording": "x"}, {"form": "elsewhere"}])
def test_without_a_known_text_nothing_is_taken(visitor: Visitor, broken: dict[str, str]) -> None:
    answer = visitor.sign_up("sam@example.org", **broken)
    assert answer.status_code == 422
    assert "The form has changed since you opened the page" in answer.content.decode()
    assert "sam@example.org" in answer.content.decode()
    assert not PendingSignup.objects.exists()


@pytest.mark.parametrize("address", ["sam@example.org", "no address at all"])
def test_a_robot_gets_the_answer_of_everybody_and_causes_nothing(visitor: Visitor, address: str) -> None:
    honest = visitor.sign_up("sam@example.org")
    PendingSignup.objects.all().delete()
    counted = list(NetworkLimit.objects.values_list("count", flat=True))
    robot = visitor.sign_up(address, website="https://spam.example/")
    assert (robot.status_code, robot.headers, robot.content) == (honest.status_code, honest.headers, honest.content)
    assert not PendingSignup.objects.exists()
    assert list(NetworkLimit.objects.values_list("count", flat=True)) == counted


def test_the_trap_is_hidden_from_people_who_see_and_from_those_who_listen(visitor: Visitor) -> None:
    page = visitor.get("/newsletter/").content.decode()
    assert re.search(r'<div class="trap" aria-hidden="true">.*?tabindex="-1".*?</div>', page, re.DOTALL)


# --- Where the form stood ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.elsewhere.example"},
        {"Origin": "http://elsewhere.example/testserver"},
        {"Origin": "http://[broken"},
        {"Referer": "https://elsewhere.example/testserver/"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {},
    ],
)
def test_a_form_on_another_site_does_nothing_and_is_told_what_to_do(headers: dict[str, str]) -> None:
    answer = Client().post(
        "/newsletter/", {"email": "sam@example.org", "form": "home", "wording": wording.NEWEST}, headers=headers
    )
    assert answer.status_code == 403
    assert b"press the button once more" in answer.content
    assert b"sam@example.org" in answer.content, "what was typed is not lost"
    assert not PendingSignup.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://testserver"},
        {"Referer": "http://testserver/articles/pain/"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_of_ours_is_taken(headers: dict[str, str]) -> None:
    data = {"email": "sam@example.org", "form": "home", "wording": wording.NEWEST}
    assert Client(enforce_csrf_checks=True).post("/newsletter/", data, headers=headers).status_code == 303
    assert PendingSignup.objects.count() == 1


def test_a_secure_site_takes_no_form_of_its_insecure_double() -> None:
    data = {"email": "sam@example.org", "form": "home", "wording": wording.NEWEST}
    answer = Client().post("/newsletter/", data, headers={"Origin": "http://testserver"}, secure=True)
    assert answer.status_code == 403
    answer = Client().post("/newsletter/", data, headers={"Origin": "https://testserver"}, secure=True)
    assert answer.status_code == 303


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(method: str) -> None:
    assert getattr(Client(), method)("/newsletter/").status_code == 405


def test_opening_pages_stores_nothing(visitor: Visitor) -> None:
    make_subscriber()
    for path in ("", "check-your-mail/", "confirm/done/", "unsubscribe/done/", "not-me/done/"):
        answer = visitor.get(f"/newsletter/{path}")
        assert answer.status_code == 200
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")
    assert not PendingSignup.objects.exists()
    assert not NetworkLimit.objects.exists()
