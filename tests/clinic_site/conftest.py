"""The demonstration site, read from end to end: once as a visitor, once more with the cookies of staff."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings
from django.urls import get_resolver, reverse
from django.urls.exceptions import NoReverseMatch
from lxml import html as lxml_html
from lxml.html import HtmlElement

from clinic_site.demo.load import load
from tests.factories import make_user

DRAWINGS, FILES = "/contours/", ("/static/", "/media/")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes

    @property
    def is_html(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("text/html")

    def tree(self) -> HtmlElement:
        return lxml_html.document_fromstring(self.body.decode())


@dataclass
class Crawl:
    """Every public address of the demonstration site that was found, with what it answered."""

    pages: dict[str, Answer] = field(default_factory=dict)
    for_staff: dict[str, Answer] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)  # address: what its page leads to, asks for or sends to

    def html(self) -> dict[str, Answer]:
        return {address: answer for address, answer in self.pages.items() if answer.is_html}


def ask(client: Client, address: str) -> Answer:
    response: Any = client.get(address)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return Answer(response.status_code, dict(response.headers), list(response.cookies), body)


def addresses_without_arguments() -> Iterator[str]:
    """Those of all patterns, apart from the admin's."""

    def names(resolver: Any, prefix: str) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            inner = f"{prefix}{pattern.namespace}:" if getattr(pattern, "namespace", None) else prefix
            if hasattr(pattern, "url_patterns"):
                yield from names(pattern, inner)
            elif pattern.name:
                yield prefix + pattern.name

    for name in names(get_resolver(), ""):
        if not name.startswith("admin:"):
            try:
                yield reverse(name)
            except NoReverseMatch:
                continue  # it wants a slug: pages lead to it


def crawl() -> Crawl:
    found, reader, staff = Crawl(), Client(), Client()
    staff.force_login(make_user(is_superuser=True))
    waiting = [*addresses_without_arguments(), "/search/?q=bladder", "/articles/?page=2", "/never-was/"]
    while waiting:
        address = urldefrag(waiting.pop()).url
        if address in found.pages or urlsplit(address).netloc or not address.startswith("/"):
            continue
        if address.startswith((DRAWINGS, FILES[0], f"/{settings.ADMIN_PATH}")):
            continue  # drawings take long, static files are not ours to serve here
        found.pages[address], found.for_staff[address] = ask(reader, address), ask(staff, address)
        if found.pages[address].is_html:
            document = found.pages[address].tree()
            found.links[address] = [str(link) for link in document.xpath("//@href | //@src | //@srcset | //@action")]
            waiting += found.links[address]
    return found


@pytest.fixture(scope="session")
def site(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    media: Path = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media), transaction.atomic():
        load()
        found = crawl()
        transaction.set_rollback(True)
    return found
