"""The drawings of pages."""

from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from editorial.contours import FORMS, contour
from tests.factories import make_article, make_condition, make_person, make_standing

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", FORMS)
def test_a_page_has_a_drawing_of_every_form(client: Client, form: str) -> None:
    make_condition(slug="ptsd")
    make_article(slug="x")
    response = client.get(f"/contours/{form}/ptsd/x.svg")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert "immutable" in response.headers["Cache-Control"]
    picture = ET.fromstring(response.content)
    assert (picture.get("width"), picture.get("height")) == (str(FORMS[form].width), str(FORMS[form].height))


def test_people_standing_pages_and_the_sites_own_places_have_one(client: Client) -> None:
    make_person(slug="maya")
    make_standing(slug="about")
    for slug in ("maya", "about", "home", "steps", "break"):
        assert client.get(f"/contours/sigil/plain/{slug}.svg").status_code == 200


@pytest.mark.parametrize("path", ["sigil/plain/never-was", "sigil/never-was/x", "huge/plain/x", "sigil/plain/x/../x"])
def test_nothing_else_is_drawn(client: Client, path: str) -> None:
    make_article(slug="x")
    assert client.get(f"/contours/{path}.svg").status_code == 404


def test_a_drawing_is_the_same_every_time_and_another_for_another_page() -> None:
    contour.cache_clear()
    first = contour("x", "plain", "sigil")
    contour.cache_clear()
    assert contour("x", "plain", "sigil") == first
    assert contour("y", "plain", "sigil") != first
    assert contour("x", "ptsd", "sigil") != first


def test_a_drawing_holds_nothing_that_could_run(client: Client) -> None:
    make_article(slug="x")
    response = client.get("/contours/sigil/plain/x.svg")
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(response.content).iter()}
    assert tags == {"svg", "path"}
    assert b"style=" not in response.content
    assert not response.cookies


def test_only_reading_is_possible(client: Client) -> None:
    assert client.post("/contours/sigil/plain/home.svg").status_code == 405


@pytest.mark.parametrize("state", ["draft", "taken down"])
def test_the_drawing_does_not_tell_of_a_page_that_readers_may_not_see_yet(client: Client, state: str) -> None:
    make_article(slug="secret-plan", state=state)
    assert client.get("/contours/fan/plain/secret-plan.svg").status_code == 404
