"""A visitor and the newsletter: from the form under an article over a real mail server to the list, and off it."""

import re

import pytest
from playwright.sync_api import Page, expect

from newsletter import signup
from newsletter.models import Consent, Form, Subscriber, Suppression
from tests.newsletter.conftest import PostOffice

from .mail import a_day_passes, link, next_letter, tick
from .people import People

ARTICLE = "/articles/ketamine-and-ect/"
ADDRESS = "Sam.Reader@example.org"


def sign_up(page: Page, address: str = ADDRESS, path: str = ARTICLE) -> None:
    page.goto(path)
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Send me the letter").click()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def status() -> str:
    return Subscriber.objects.get().status


def test_a_visitor_signs_up_confirms_and_leaves(people: People, post_office: PostOffice) -> None:
    visitor = people.visitor()
    sign_up(visitor)
    heading(visitor, "Now look into your mail")
    assert ADDRESS.lower() not in (visitor.url + visitor.title()).lower()
    asked = next_letter(post_office)
    assert asked.to == [ADDRESS]
    assert asked.subject == "Please confirm your address"

    mail = people.visitor()  # the letter may be opened on another device
    mail.goto(link(asked, "confirm", people.site))
    heading(mail, "One press of a button, and you are on the list")
    assert status() == "unconfirmed", "opening the link does nothing yet"
    mail.get_by_role("button", name="Yes, send me the letter").click()
    heading(mail, "You are on the list")
    assert "token" not in mail.url
    assert status() == "confirmed"
    consent = Consent.objects.get()
    assert consent.form == Form.ARTICLE

    a_day_passes()
    sign_up(visitor, ADDRESS.lower())
    heading(visitor, "Now look into your mail")
    told = next_letter(post_office)
    assert "It is on our list already" in " ".join(told.text.split())

    mail.goto(link(told, "unsubscribe", people.site))
    heading(mail, "Stop the letter?")
    assert status() == "confirmed", "opening the link does nothing yet"
    mail.get_by_role("button", name="Stop the letter").click()
    mail.wait_for_url("**/unsubscribe/done/")
    assert "token" not in mail.url
    assert status() == "unsubscribed"

    mail.goto(link(asked, "confirm", people.site))
    people.expect(410, "/newsletter/confirm/")
    mail.get_by_role("button", name="Yes, send me the letter").click()
    heading(mail, "This link is used up")
    assert status() == "unsubscribed", "an old link does not bring anybody back"


def test_an_address_is_answered_the_same_whether_or_not_it_is_known(people: People, post_office: PostOffice) -> None:
    known, unknown = people.visitor(), people.visitor()
    sign_up(known)
    next_letter(post_office)
    sign_up(known)
    sign_up(unknown, "somebody.else@example.org")
    assert known.url == unknown.url
    assert known.content() == unknown.content()
    letter = next_letter(post_office)
    assert letter.to == ["somebody.else@example.org"], "one message a day to an address"


def test_this_was_not_me_ends_all_mail_to_an_address(people: People, post_office: PostOffice) -> None:
    stranger, owner = people.visitor(), people.visitor()
    sign_up(stranger)
    letter = next_letter(post_office)
    owner.goto(link(letter, "not-me", people.site))
    heading(owner, "Somebody else typed your address?")
    assert not Suppression.objects.exists(), "opening the link does nothing yet"
    owner.get_by_role("button", name="Never write to me again").click()
    heading(owner, "We will not write to you again")
    assert not Subscriber.objects.exists()

    a_day_passes()
    sign_up(stranger)
    heading(stranger, "Now look into your mail")
    tick()
    assert len(post_office.letters) == 1


@pytest.mark.parametrize(("path", "form"), [(ARTICLE, "article"), ("/", "home"), ("/newsletter/", "page")])
def test_a_wrong_address_is_kept_and_named_beside_the_field(people: People, path: str, form: str) -> None:
    people.expect(422, "/newsletter/")
    visitor = people.visitor()
    sign_up(visitor, "sam@example", path)
    typed = visitor.get_by_label("Your e-mail address")
    expect(typed).to_have_value("sam@example")
    expect(typed).to_be_focused()
    expect(typed).to_have_accessible_description(re.compile("^This address looks incomplete"))
    expect(visitor.get_by_role("alert")).to_contain_text("This address looks incomplete.")
    above, below = visitor.get_by_role("alert").bounding_box(), typed.bounding_box()
    assert above is not None
    assert below is not None
    assert 0 <= below["y"] - (above["y"] + above["height"]) < 40
    typed.fill(ADDRESS)
    typed.press("Enter")
    heading(visitor, "Now look into your mail")
    signup.settle()
    assert Consent.objects.get().form == form, "the consent names the form that was used first"
