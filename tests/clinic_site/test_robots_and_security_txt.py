"""The small files that machines ask for."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_clinic
from tests.reading import is_redirect_to

pytestmark = pytest.mark.django_db


def test_robots_are_led_to_the_sitemap_and_kept_from_searches_and_tokens(client: Client) -> None:
    response = client.get("/robots.txt", headers={"host": "localhost"})
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert "Disallow: /search/" in lines
    assert "Disallow: /newsletter/*token=" in lines
    assert lines[-1] == "Sitemap: http://127.0.0.1:8000/sitemap.xml"
    assert "admin" not in response.content.decode()  # where it is, is nobody's business


def test_security_txt_names_a_contact_and_does_not_expire_soon(client: Client) -> None:
    make_clinic(email="hello@example.org")
    response = client.get("/.well-known/security.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert fields["Contact"] == "mailto:hello@example.org"
    assert fields["Canonical"] == "http://127.0.0.1:8000/.well-known/security.txt"
    ahead = datetime.fromisoformat(fields["Expires"]) - timezone.now()
    assert timedelta(days=140) < ahead < timedelta(days=365)


def test_without_a_contact_there_is_no_security_txt(client: Client) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404


def test_browsers_that_ask_for_a_favicon_get_it(client: Client) -> None:
    assert is_redirect_to(client.get("/favicon.ico"), "/static/img/favicon.ico")
