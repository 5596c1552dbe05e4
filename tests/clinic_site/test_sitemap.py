"""The sitemap."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree

from tests.counting import queries_of
from tests.factories import MAKERS, SEEN, STATES, make_article, make_person

pytestmark = pytest.mark.django_db
OWN = "http://127.0.0.1:8000"


def entries(client: Client, **headers: str) -> dict[str, str | None]:
    """When the text of each address changed last."""
    response = client.get("/sitemap.xml", headers=headers)
    assert response.status_code == 200
    root: Any = etree.fromstring(response.content)
    ns = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    return {
        url.findtext("s:loc", namespaces=ns): url.findtext("s:lastmod", namespaces=ns)
        for url in root.xpath("//s:url", namespaces=ns)
    }


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_it_lists_what_readers_may_see_and_nothing_else(client: Client, make: object) -> None:
    assert callable(make)
    pages = {state: make(state=state) for state in STATES}
    listed = entries(client)
    for state, page in pages.items():
        assert (OWN + page.get_absolute_url() in listed) is (state in SEEN)


def test_it_lists_the_first_page_the_lists_and_people_with_a_public_page(client: Client) -> None:
    listed_person, hidden = make_person(), make_person(is_listed=False)
    listed = entries(client)
    for path in ("/", "/articles/", "/conditions/", "/newsletter/", listed_person.get_absolute_url()):
        assert OWN + path in listed
    assert OWN + hidden.get_absolute_url() not in listed


def test_every_address_is_the_sites_own_and_is_there(client: Client) -> None:
    for make in MAKERS.values():
        make()
    for address in entries(client, host="localhost"):
        assert address.startswith(OWN)
        assert client.get(address.removeprefix(OWN)).status_code == 200


def test_it_says_when_the_text_changed_and_not_when_a_row_was_saved(client: Client) -> None:
    at = timezone.now().replace(microsecond=0)
    article = make_article(published_at=at - timedelta(days=20))
    changed = at - timedelta(days=10)
    type(article).objects.filter(pk=article.pk).update(substantially_changed_at=changed)
    article.refresh_from_db()
    article.search_description = "Not what readers read."
    article.save()
    said = entries(client)[OWN + article.get_absolute_url()]
    assert said is not None
    assert said == changed.astimezone(timezone.get_default_timezone()).date().isoformat() or (
        datetime.fromisoformat(said) == changed
    )


def test_more_pages_take_no_more_queries(client: Client) -> None:
    for make in MAKERS.values():
        make()
    few = queries_of(client, "/sitemap.xml")
    for make in MAKERS.values():
        for _number in range(3):
            make()
    assert queries_of(client, "/sitemap.xml") == few
