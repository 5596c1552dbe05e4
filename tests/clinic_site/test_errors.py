"""The pages shown when something is wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from lxml import html as lxml_html

from clinic_site import views
from tests.factories import make_clinic, make_condition
from tests.reading import links, texts, tree, words
from tests.staff import signed_in


@pytest.fixture
def patient() -> Client:
    """A browser that is shown the page for errors, as readers are."""
    return Client(raise_request_exception=False)


@pytest.fixture
def database_away(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The driver itself fails: there is no server where it looks."""
    connection.close()
    with monkeypatch.context() as patch:
        patch.setattr(connection, "get_connection_params", lambda: {"host": "/nowhere", "dbname": "x", "user": "x"})
        yield
    connection.close()


# --- Not found ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_page_that_is_not_there_is_missed_kindly_and_leads_on(client: Client) -> None:
    make_clinic(name="Example clinic")
    make_condition(slug="depression")
    response = client.get("/never-was/at-all/")
    assert response.status_code == 404
    assert texts(response, "//title") == ["Page not found · Example clinic"]
    assert {"/", "/conditions/depression/"} <= set(links(response))
    assert tree(response).xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert not tree(response).xpath("//link[@rel='canonical']")
    assert tree(response).xpath("//form[@role='search'][@action='/search/']")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/%00/", "/articles/%F0%9F%98%80/", "/%E0%80%80/", "/a" * 900 + "/"])
def test_an_odd_address_is_just_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.usefixtures("database_away")
def test_a_page_that_is_not_there_is_missed_without_a_database_too(patient: Client) -> None:
    response = patient.get("/never/was/")
    assert response.status_code == 404
    assert "There is no page here" in words(tree(response))
    assert {"tel:988", "sms:988"} <= set(links(response, "//body"))


# --- Broken ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("database_away")
@pytest.mark.parametrize("address", ["/", "/articles/", "/articles/x/", "/about/", "/sitemap.xml", "/search/?q=x"])
def test_with_the_database_away_a_page_says_that_something_broke(patient: Client, address: str) -> None:
    response = patient.get(address)
    assert response.status_code == 500
    assert "Something broke on our side" in words(tree(response))
    assert {"tel:988", "sms:988"} <= set(links(response, "//body"))
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert not response.cookies


@pytest.mark.parametrize("template", ["500.html", "503.html"])
def test_these_pages_need_neither_database_nor_context(template: str) -> None:
    page = render_to_string(template)
    assert "{{" not in page
    assert "{%" not in page
    assert "988" in page
    assert "http" not in page.replace("https://www.weather.gov/", "")


@pytest.mark.parametrize("template", ["500.html", "503.html"])
def test_what_these_pages_ask_for_is_there(template: str) -> None:
    page: Any = lxml_html.document_fromstring(render_to_string(template))
    for address in page.xpath("//link/@href | //img/@src"):
        assert finders.find(address.removeprefix("/static/")), address


@pytest.mark.parametrize("template", ["400.html", "403.html", "404.html"])
def test_the_other_pages_need_no_context_either(template: str) -> None:
    page = render_to_string(template)
    assert "988" in page


# --- Refused --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_somebody_may_not_do_is_refused_with_a_page(rf: RequestFactory) -> None:
    response = views.permission_denied(rf.get("/x/"), PermissionDenied("secret detail"))
    assert response.status_code == 403
    assert texts(response, "//h1")
    assert b"secret detail" not in response.content


@pytest.mark.django_db
def test_what_makes_no_sense_is_refused_with_a_page(rf: RequestFactory) -> None:
    response = views.bad_request(rf.get("/x/"), SuspiciousOperation("secret detail"))
    assert response.status_code == 400
    assert texts(response, "//h1")
    assert b"secret detail" not in response.content


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_refused(patient: Client) -> None:
    response = patient.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert b"evil.example" not in response.content


@pytest.mark.django_db
def test_staff_are_refused_with_a_page_that_leads_back() -> None:
    response = signed_in("staff without a group").get("/admin/blog/article/")
    assert response.status_code == 403
    assert texts(response, "//h1")


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_and_says_what_to_do() -> None:
    browser: Any = Client(enforce_csrf_checks=True)
    response = browser.post("/admin/login/", {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert texts(response, "//h1")


@pytest.mark.django_db
def test_a_form_without_its_token_says_how_to_keep_what_was_typed() -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(reverse("admin:login"), {"username": "x", "password": "y"})
    assert answer.status_code == 403
    assert "What you typed is not lost" in answer.content.decode()
