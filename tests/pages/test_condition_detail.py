"""The page of a condition."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pages.views import LATEST_ARTICLES
from tests.counting import queries_of
from tests.factories import (
    SEEN,
    STATES,
    UNSEEN,
    make_article,
    make_clinic,
    make_condition,
    make_reference,
    make_safety_text,
)
from tests.reading import links, texts, tree, words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", STATES)
def test_readers_see_a_condition_only_once_it_is_public(client: Client, state: str) -> None:
    condition = make_condition(state=state)
    assert client.get(condition.get_absolute_url()).status_code == (200 if state in SEEN else 404)


def test_it_shows_its_text_its_questions_and_help_in_a_crisis(client: Client) -> None:
    make_safety_text(kind="crisis-help", title="If you need help now", body="<p>Call or text 988.</p>")
    make_safety_text(kind="risks", title="The risks")
    condition = make_condition(
        title="PTSD: what helps",
        summary="It can be treated.",
        body="<h2>What it is</h2><p>Words.</p>",
        questions=[("Is it <approved>?", "<p>No, in <strong>no form</strong>.</p>"), ("And now?", "<p>Ask.</p>")],
    )
    response = client.get(condition.get_absolute_url())
    assert texts(response, "//h1") == ["PTSD: what helps"]
    page = words(tree(response).xpath("//main")[0])
    for piece in (
        "It can be treated.",
        "Words.",
        "Is it <approved>?",
        "No, in no form.",
        "Call or text 988.",
        "The risks",
    ):
        assert piece in page
    assert texts(response, "//section[@aria-labelledby='questions']/h3") == ["Is it <approved>?", "And now?"]
    assert tree(response).xpath("//strong[text()='no form']")


def test_references_of_answers_are_listed_with_those_of_the_text(client: Client) -> None:
    make_reference(key="a", title="First study")
    make_reference(key="b", title="Second study")
    condition = make_condition(body="<p>[@a]</p>", questions=[("Why?", "<p>[@b] and [@a]</p>")])
    page = tree(client.get(condition.get_absolute_url()))
    assert [entry.get("id") for entry in page.xpath("//ol[@class='refs']/li")] == ["r1", "r2"]
    assert "Second study" in words(page.xpath("//li[@id='r2']")[0])
    for target in page.xpath("//a[@class='ref']/@href | //a[@class='back']/@href"):
        assert page.xpath(f"//*[@id='{target.removeprefix('#')}']")


def test_it_lists_its_newest_articles_that_readers_may_see(client: Client) -> None:
    condition = make_condition()
    articles = [
        make_article(conditions=[condition], published_at=timezone.now() - timedelta(hours=n + 1))
        for n in range(LATEST_ARTICLES + 1)
    ]
    for state in UNSEEN:
        make_article(conditions=[condition], state=state)
    make_article(title="About something else")
    listed = links(client.get(condition.get_absolute_url()), "//main//section[.//*[@id='articles']]//ol")
    assert listed == [article.get_absolute_url() for article in articles[:LATEST_ARTICLES]]


def test_it_leads_to_the_list_and_the_feed_of_all_its_articles(client: Client) -> None:
    condition = make_condition(slug="ptsd")
    make_article(conditions=[condition])
    response = client.get("/conditions/ptsd/")
    assert "/conditions/ptsd/articles/" in links(response)
    assert tree(response).xpath("//link[@type='application/atom+xml']/@href") == ["/conditions/ptsd/feed/"]


def test_without_articles_it_promises_none(client: Client) -> None:
    condition = make_condition(slug="ptsd")
    assert "/conditions/ptsd/articles/" not in links(client.get(condition.get_absolute_url()))


def test_more_articles_questions_and_references_take_no_more_queries(client: Client) -> None:
    make_clinic()
    make_safety_text(kind="risks")
    for number in range(5):
        make_reference(key=f"study-{number}")
    small = make_condition(body="<p>[@study-0]</p>", questions=[("Why?", "<p>So.</p>")])
    make_article(conditions=[small])
    few = queries_of(client, small.get_absolute_url())
    large = make_condition(
        body="".join(f"<p>[@study-{n}]</p>" for n in range(4)),
        questions=[(f"Why {n}?", "<p>[@study-4]</p>") for n in range(5)],
    )
    for _number in range(8):
        make_article(conditions=[large, small])
    assert queries_of(client, large.get_absolute_url()) == few
