"""The page of somebody who writes or reviews."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.counting import queries_of
from tests.factories import (
    MAKERS,
    SEEN,
    STATES,
    make_article,
    make_clinic,
    make_clinician,
    make_condition,
    make_credential,
    make_person,
    make_reference,
    make_user,
)
from tests.reading import links, texts, tree, words

pytestmark = pytest.mark.django_db


def test_it_says_who_somebody_is_and_what_lets_them_review(client: Client) -> None:
    person = make_clinician(name="Dr. Amara <Okafor>", role="Psychiatrist", degrees="MD", biography="<p>Her work.</p>")
    make_credential(person=person, number="EXAMPLE-0003")
    response = client.get(person.get_absolute_url())
    page = words(tree(response).xpath("//main")[0])
    assert texts(response, "//h1") == ["Dr. Amara <Okafor>"]
    for piece in ("Psychiatrist", "MD", "Her work.", "Medical license, EXAMPLE-0003", "Washington", "January 1, 2030"):
        assert piece in page


def test_somebody_without_a_public_page_is_not_found(client: Client) -> None:
    assert client.get(make_person(is_listed=False).get_absolute_url()).status_code == 404
    assert client.get("/people/nobody/").status_code == 404


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_it_lists_what_they_wrote_and_reviewed_as_far_as_readers_may_see_it(client: Client, make: object) -> None:
    assert callable(make)
    person = make_clinician()
    written = {state: make(state=state, author=person) for state in STATES}
    reviewed = {state: make(state=state, reviewer=person, reviewed_on=timezone.localdate()) for state in STATES}
    response = client.get(person.get_absolute_url())
    for pages, section in ((written, "written"), (reviewed, "reviewed")):
        found = links(response, f"//section[.//*[@id='{section}']]")
        assert sorted(found) == sorted(pages[state].get_absolute_url() for state in SEEN)


def test_the_account_is_nobodys_business(client: Client) -> None:
    user = make_user(name="secret-account")
    user.email = "private@example.org"
    user.save()
    person = make_person(user=user)
    html = client.get(person.get_absolute_url()).content
    assert b"secret-account" not in html
    assert b"private@example.org" not in html


def test_what_a_biography_cites_is_listed(client: Client) -> None:
    make_reference(key="a", title="A study")
    page = tree(client.get(make_person(biography="<p>Known for [@a].</p>").get_absolute_url()))
    (target,) = page.xpath("//a[@class='ref']/@href")
    assert "A study" in words(page.xpath(f"//*[@id='{target.removeprefix('#')}']")[0])


def test_more_pages_take_no_more_queries(client: Client) -> None:
    make_clinic()
    person = make_clinician()
    make_article(author=person, conditions=[make_condition()])
    make_article(reviewer=person, reviewed_on=timezone.localdate(), conditions=[make_condition()])
    few = queries_of(client, person.get_absolute_url())
    for _number in range(3):
        make_article(author=person, conditions=[make_condition()])
        make_article(reviewer=make_clinician(), author=person, reviewed_on=timezone.localdate())
        make_condition(reviewer=person, reviewed_on=timezone.localdate())
    assert queries_of(client, person.get_absolute_url()) == few


def test_a_person_who_is_renamed_is_found_where_links_lead(client: Client) -> None:
    person = make_person(slug="maya-lindqvist")
    person.slug = "maya-berg"
    person.save()
    answer = client.get("/people/maya-lindqvist/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/people/maya-berg/")
    person.slug = "maya-lindqvist"
    person.save()
    assert client.get("/people/maya-lindqvist/").status_code == 200
    assert client.get("/people/maya-berg/").headers["Location"] == "/people/maya-lindqvist/"
