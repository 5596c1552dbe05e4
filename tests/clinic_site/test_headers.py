"""What every answer carries, what log lines leave out, and the notice while the site is closed."""

import logging
from contextlib import closing
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from lxml import html as lxml_html

from clinic_site.headers import WithoutQueries
from tests.factories import make_article
from tests.staff import admin_url, signed_in

PUBLIC_POLICY = {
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
}


def policy(response: Any) -> set[str]:
    return {rule.strip() for rule in response.headers["Content-Security-Policy"].split(";")}


# --- Policies -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/articles/", "/never-was/", "/search/", "/robots.txt", "/admin/login/"])
def test_readers_pages_run_no_script_and_no_style_of_their_own(client: Client, address: str) -> None:
    assert policy(client.get(address)) == PUBLIC_POLICY


@pytest.mark.django_db
def test_only_pages_with_the_editor_carry_the_policy_that_it_needs() -> None:
    editor, article = signed_in("superuser"), make_article()
    for address in (admin_url(article, "change"), admin_url(type(article), "add")):
        rules = policy(editor.get(address))
        assert "script-src 'self' 'unsafe-inline'" in rules
        assert not any("unsafe-eval" in rule or "http" in rule or "*" in rule for rule in rules)
    for address in ("/admin/", admin_url(type(article), "changelist"), admin_url(article, "preview")):
        assert policy(editor.get(address)) == PUBLIC_POLICY


@pytest.mark.django_db
def test_pages_of_the_admin_are_kept_nowhere_and_found_by_nobody(client: Client) -> None:
    for response in (client.get("/admin/login/"), signed_in("superuser").get("/admin/")):
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.django_db
def test_an_answer_to_a_form_is_not_called_public(client: Client) -> None:
    response = client.post("/articles/")
    assert "public" not in response.headers.get("Cache-Control", "")


# --- Logs -----------------------------------------------------------------------------------------------------------


def logged(message: str, *args: Any) -> str:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, message, args, None)
    assert WithoutQueries().filter(record)
    return record.getMessage()


@pytest.mark.parametrize(
    ("message", "args", "line"),
    [
        ("GET %s", ("/newsletter/confirm/?token=abc%3Adef",), "GET /newsletter/confirm/?…"),
        ("Not Found: /search/?q=bladder&page=2", (), "Not Found: /search/?…"),
        ('"%s" %s %s', ("GET /search/?q=a%20b HTTP/1.1", "200", "12"), '"GET /search/?… HTTP/1.1" 200 12'),
        ("100 % done", (), "100 % done"),
        ("Nothing to cut: %s", ("/articles/",), "Nothing to cut: /articles/"),
    ],
)
def test_a_log_line_holds_no_query_string(message: str, args: tuple[str, ...], line: str) -> None:
    assert logged(message, *args) == line


@pytest.mark.django_db
def test_what_a_missing_page_was_asked_with_is_not_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    handler = next(h for h in logging.getLogger().handlers if any(isinstance(f, WithoutQueries) for f in h.filters))
    lines: list[str] = []
    listener = logging.Handler()
    listener.addFilter(handler.filters[0])
    listener.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("django.request")
    logger.addHandler(listener)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        client.get("/never-was/?token=secret-token")
        client.get("/articles/?page=secret-page")
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
    assert len(lines) == 2
    assert "secret" not in " ".join(lines)


def test_every_handler_of_the_log_cuts_query_strings(settings: Any) -> None:
    config: dict[str, Any] = settings.LOGGING
    assert all("without_queries" in handler["filters"] for handler in config["handlers"].values())
    assert all(not logger.get("handlers") for logger in config["loggers"].values())


# --- Closed for a while ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/articles/x/", "/admin/", "/newsletter/", "/anything?at=all"])
@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_while_the_site_is_closed_every_page_says_so_without_a_database(
    client: Client, settings: Any, address: str, method: str
) -> None:
    """No mark lets this test use the database: a query would be an error."""
    settings.MAINTENANCE = True
    response = getattr(client, method)(address)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "600"
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert policy(response) == PUBLIC_POLICY
    if method == "get":
        assert "988" in response.content.decode()


@pytest.mark.django_db  # closing an answer looks after the connections
def test_while_the_site_is_closed_the_notice_has_its_style_sheets(client: Client, settings: Any) -> None:
    settings.MAINTENANCE = True
    page: Any = lxml_html.document_fromstring(client.get("/").content.decode())
    for address in page.xpath("//link/@href | //img/@src"):
        assert finders.find(address.removeprefix("/static/")), address
        with closing(client.get(address)) as response:
            assert response.status_code == 200, address
