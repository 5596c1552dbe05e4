"""Pages that always stand: privacy, contact, about …"""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from pages.models import StandingPage
from tests.counting import queries_of
from tests.factories import (
    SEEN,
    STATES,
    UNSEEN,
    make_clinic,
    make_clinician,
    make_person,
    make_safety_text,
    make_standing,
)
from tests.reading import links, texts, tree, words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", STATES)
def test_readers_see_a_standing_page_only_once_it_is_public(client: Client, state: str) -> None:
    page = make_standing(state=state)
    assert client.get(page.get_absolute_url()).status_code == (200 if state in SEEN else 404)


@pytest.mark.parametrize("slug", ["articles", "conditions", "search", "newsletter", "admin"])
def test_an_address_that_another_part_of_the_site_uses_is_refused(slug: str) -> None:
    with pytest.raises(ValidationError) as caught:
        StandingPage(title="T", slug=slug).full_clean()
    assert f"“/{slug}/” is taken" in caught.value.message_dict["slug"][0]


@pytest.mark.parametrize("slug", ["privacy", "article", "how-it-works"])
def test_any_other_address_is_free(slug: str) -> None:
    StandingPage(title="T", slug=slug).full_clean()


def test_the_menus_hold_what_readers_may_see_in_the_order_that_staff_gave(client: Client) -> None:
    for place, region in (("header", "//header//nav"), ("clinic", "//footer"), ("publishing", "//footer")):
        pages = {state: make_standing(state=state, menu_place=place, order=9 - n) for n, state in enumerate(STATES)}
        menu = links(client.get("/"), region)
        shown = [pages[state].get_absolute_url() for state in reversed(SEEN)]
        assert [address for address in menu if address in shown] == shown
        assert not {pages[state].get_absolute_url() for state in UNSEEN} & set(menu)
    nowhere = make_standing(menu_place="")
    assert nowhere.get_absolute_url() not in links(client.get("/"), "")


def test_a_menu_shows_the_short_title_where_there_is_one(client: Client) -> None:
    make_standing(title="About this clinic & more", menu_title="About us", menu_place="clinic")
    make_standing(title="Terms <of> use", menu_place="clinic")
    footer = words(tree(client.get("/")).xpath("//footer")[0])
    assert "About us" in footer
    assert "About this clinic" not in footer
    assert "Terms <of> use" in footer


def test_the_page_about_the_clinic_lists_its_people(client: Client) -> None:
    listed = make_clinician(name="Dr. Listed")
    make_person(name="Not Listed", is_listed=False)
    about, other = make_standing(slug="about"), make_standing(slug="privacy")
    response = client.get(about.get_absolute_url())
    assert listed.get_absolute_url() in links(response)
    assert "Not Listed" not in words(tree(response).xpath("//main//ul[@class='staff']")[0])
    assert listed.get_absolute_url() not in links(client.get(other.get_absolute_url()))


def test_the_contact_page_shows_the_clinics_facts_and_help_in_a_crisis(client: Client) -> None:
    make_clinic(
        phone="555-0100",
        email="hello@example.org",
        postal_address="1 Example St\nCity",
        hours="Monday",
        states_served="WA",
    )
    make_safety_text(kind="crisis-help", title="Help now", body="<p>Call or text 988.</p>")
    response = client.get(make_standing(slug="contact").get_absolute_url())
    page = words(tree(response).xpath("//main")[0])
    for piece in ("555-0100", "hello@example.org", "1 Example St", "Monday", "WA", "Call or text 988."):
        assert piece in page
    assert "mailto:hello@example.org" in links(response)
    other = client.get(make_standing(slug="privacy").get_absolute_url())
    assert "555-0100" not in words(tree(other).xpath("//main")[0])


def test_its_title_is_shown_as_text(client: Client) -> None:
    page = make_standing(title="<script>alert(1)</script> & more")
    response = client.get(page.get_absolute_url())
    assert b"<script>alert" not in response.content
    assert texts(response, "//h1") == ["<script>alert(1)</script> & more"]


def test_more_people_and_pages_take_no_more_queries(client: Client) -> None:
    make_clinic()
    about = make_standing(slug="about", menu_place="clinic")
    make_person()
    few = queries_of(client, about.get_absolute_url())
    for _number in range(4):
        make_person()
        make_standing(menu_place="clinic")
    assert queries_of(client, about.get_absolute_url()) == few
