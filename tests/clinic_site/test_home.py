"""The first page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from clinic_site.views import NEWEST_ARTICLES
from tests.counting import queries_of
from tests.factories import SEEN, STATES, UNSEEN, make_article, make_clinic, make_condition
from tests.reading import links, texts, tree, words

pytestmark = pytest.mark.django_db


def test_it_says_what_the_clinic_promises_and_how_it_works(client: Client) -> None:
    make_clinic(
        name="Example clinic",
        tagline="Plain facts",
        promise_title="Start with what is known",
        promise_text="What can go <wrong>, too.",
        statements=2,
        steps=4,
    )
    response = client.get("/")
    page = words(tree(response).xpath("//main")[0])
    assert texts(response, "//h1") == ["Start with what is known"]
    assert texts(response, "//title") == ["Example clinic: Plain facts"]
    for piece in ("What can go <wrong>, too.", "Statement 0", "Statement 1", "Step 0", "Step 3"):
        assert piece in page
    assert len(tree(response).xpath("//ol[@class='steps']/li")) == 4


def test_it_lists_the_newest_articles_that_readers_may_see(client: Client) -> None:
    articles = [make_article(published_at=timezone.now() - timedelta(hours=n + 1)) for n in range(NEWEST_ARTICLES + 2)]
    hidden = [make_article(state=state) for state in UNSEEN]
    response = client.get("/")
    shown = [address for address in links(response) if address.startswith("/articles/") and address != "/articles/"]
    assert shown == [article.get_absolute_url() for article in articles[:NEWEST_ARTICLES]]
    assert not {page.get_absolute_url() for page in hidden} & set(links(response))
    assert f"All {NEWEST_ARTICLES + 2} articles" in words(tree(response).xpath("//main")[0])


def test_it_lists_the_conditions_of_the_menus_that_readers_may_see(client: Client) -> None:
    conditions = {state: make_condition(state=state, order=9 - n) for n, state in enumerate(STATES)}
    outside = make_condition(in_menu=False)
    shown = links(client.get("/"), "//main//section[.//*[@id='conditions']]")
    assert shown == [conditions[state].get_absolute_url() for state in reversed(SEEN)]
    assert outside.get_absolute_url() not in links(client.get("/"), "")


def test_an_empty_site_has_a_first_page(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert texts(response, "//h1") == ["The clinic"]


def test_it_offers_the_newsletter_and_the_feed(client: Client) -> None:
    page = tree(client.get("/"))
    assert page.xpath("//form[@method='post'][@action='/newsletter/']//input[@name='form']/@value") == ["home"]
    assert page.xpath("//link[@type='application/atom+xml']/@href") == ["/articles/feed/"]


def test_more_of_everything_takes_no_more_queries(client: Client) -> None:
    make_clinic(statements=1, steps=1)
    make_article(conditions=[make_condition()])
    few = queries_of(client, "/")
    for _number in range(4):
        make_article(conditions=[make_condition(), make_condition()])
    assert queries_of(client, "/") == few
