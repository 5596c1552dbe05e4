"""The Atom feeds."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree

from tests.counting import queries_of
from tests.factories import SEEN, STATES, UNSEEN, make_article, make_clinic, make_condition, make_person

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}
FEEDS = ("/articles/feed/", "/conditions/ptsd/feed/")


def feed(client: Client, address: str = "/articles/feed/", **headers: str) -> Any:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/atom+xml")
    return etree.fromstring(response.content)


def found(root: Any, path: str) -> list[str]:
    return [str(item) for item in root.xpath(path, namespaces=ATOM)]


def test_it_holds_what_readers_may_see_and_nothing_else(client: Client) -> None:
    condition = make_condition(slug="ptsd")
    articles = {state: make_article(state=state, conditions=[condition]) for state in STATES}
    for address in FEEDS:
        titles = found(feed(client, address), "//a:entry/a:title/text()")
        assert sorted(titles) == sorted(articles[state].title for state in SEEN)


def test_a_conditions_feed_holds_its_own_articles_only(client: Client) -> None:
    own = make_article(conditions=[make_condition(slug="ptsd", name="PTSD")])
    make_article()
    root = feed(client, "/conditions/ptsd/feed/")
    assert found(root, "//a:entry/a:title/text()") == [own.title]
    assert found(root, "/a:feed/a:title/text()") == ["PTSD: articles · The clinic"]


@pytest.mark.parametrize("state", UNSEEN)
def test_the_feed_of_a_condition_that_readers_may_not_see_is_not_found(client: Client, state: str) -> None:
    make_condition(slug="hidden", state=state)
    assert client.get("/conditions/hidden/feed/").status_code == 404


def test_it_does_not_name_a_condition_that_readers_may_not_see(client: Client) -> None:
    make_article(
        conditions=[make_condition(name="Seen", order=2), make_condition(name="Hidden", state="draft", order=1)]
    )
    assert found(feed(client), "//a:entry/a:category/@term") == ["Seen"]


def test_the_newest_come_first_and_the_oldest_are_left_out(client: Client) -> None:
    articles = [make_article(published_at=timezone.now() - timedelta(hours=n + 1)) for n in range(22)]
    assert found(feed(client), "//a:entry/a:title/text()") == [article.title for article in articles[:20]]


def test_every_address_is_the_sites_own_whatever_host_was_asked(client: Client) -> None:
    make_clinic()
    make_article(slug="x", conditions=[make_condition(slug="ptsd")])
    for address in FEEDS:
        root = feed(client, address, host="localhost")
        addresses = found(root, "//a:link/@href") + found(root, "//a:id/text()")
        assert len(addresses) == 5
        assert all(found.startswith("http://127.0.0.1:8000/") for found in addresses)
        assert "http://127.0.0.1:8000" + address in addresses


def test_an_entry_says_what_who_and_when(client: Client) -> None:
    at = timezone.now().replace(microsecond=0) - timedelta(days=2)
    article = make_article(summary="A summary.", author=make_person(name="Maya Lindqvist"), published_at=at)
    type(article).objects.update(changed_at=at + timedelta(days=1))
    root = feed(client)
    assert found(root, "//a:entry/a:summary/text()") == ["A summary."]
    assert found(root, "//a:entry/a:author/a:name/text()") == ["Maya Lindqvist"]
    assert datetime.fromisoformat(found(root, "//a:entry/a:published/text()")[0]) == at
    assert datetime.fromisoformat(found(root, "//a:entry/a:updated/text()")[0]) == at + timedelta(days=1)


def test_what_is_written_plainly_arrives_as_it_was_written(client: Client) -> None:
    make_article(title="5 < 6 & <b>x</b>", summary="Fewer than <5 & no <script>alert(1)</script>")
    root = feed(client)
    assert found(root, "//a:entry/a:title/text()") == ["5 < 6 & <b>x</b>"]
    (kind,) = found(root, "//a:entry/a:summary/@type")
    assert kind == "html"  # a reader unfolds it once more
    assert found(root, "//a:entry/a:summary/text()") == [
        "Fewer than &lt;5 &amp; no &lt;script&gt;alert(1)&lt;/script&gt;"
    ]


def test_an_empty_feed_is_a_feed(client: Client) -> None:
    assert found(feed(client), "//a:entry") == []


def test_more_articles_take_no_more_queries(client: Client) -> None:
    condition = make_condition(slug="ptsd")
    make_article(conditions=[condition])
    few = [queries_of(client, address) for address in FEEDS]
    for _number in range(4):
        make_article(conditions=[condition, make_condition()])
    assert [queries_of(client, address) for address in FEEDS] == few
