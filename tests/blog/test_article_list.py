"""The list of all articles, and the list for one condition."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Article
from blog.views import PER_PAGE
from tests.counting import queries_of
from tests.factories import SEEN, STATES, UNSEEN, make_article, make_clinic, make_condition, make_person
from tests.reading import links, texts, tree

pytestmark = pytest.mark.django_db


def many(number: int) -> list[Article]:
    """Articles, newest first."""
    return [make_article(published_at=timezone.now() - timedelta(hours=n + 1)) for n in range(number)]


def shown(client: Client, address: str) -> list[str]:
    return texts(client.get(address), "//main//ol//h2")


def test_it_lists_what_readers_may_see_and_nothing_else(client: Client) -> None:
    articles = {state: make_article(state=state) for state in STATES}
    assert sorted(shown(client, "/articles/")) == sorted(articles[state].title for state in SEEN)


def test_the_newest_comes_first(client: Client) -> None:
    articles = many(3)
    assert shown(client, "/articles/") == [article.title for article in articles]


def test_an_entry_leads_to_its_article_and_says_who_wrote_it(client: Client) -> None:
    article = make_article(author=make_person(name="Maya Lindqvist"), summary="What it covers.")
    response = client.get("/articles/")
    assert article.get_absolute_url() in links(response)
    entry = texts(response, "//main//ol/li")[0]
    assert "Maya Lindqvist" in entry
    assert "What it covers." in entry


def test_a_long_list_has_pages_that_miss_nothing_and_repeat_nothing(client: Client) -> None:
    articles = many(PER_PAGE * 2 + 1)
    pages = [shown(client, f"/articles/?page={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [PER_PAGE, PER_PAGE, 1]
    assert [title for page in pages for title in page] == [article.title for article in articles]


def test_pages_lead_to_their_neighbours(client: Client) -> None:
    many(PER_PAGE * 2 + 1)
    neighbours = "//a[@rel='prev' or @rel='next']/@href"
    found = {n: tree(client.get(f"/articles/?page={n}")).xpath(neighbours) for n in (1, 2, 3)}
    assert found == {1: ["?page=2"], 2: ["?page=1", "?page=3"], 3: ["?page=2"]}


@pytest.mark.parametrize("number", ["0", "-1", "abc", "3", "1.5", "", "9" * 5000, "²", "1 "])
def test_a_page_that_is_not_there_is_not_found(client: Client, number: str) -> None:
    many(PER_PAGE + 1)
    for address in ("/articles/", "/conditions/x/articles/"):
        if "x" in address:
            make_condition(slug="x")
        assert client.get(address, {"page": number}).status_code == 404


def test_each_page_is_its_own_address_for_search_engines(client: Client) -> None:
    many(PER_PAGE + 1)

    def canonical(address: str) -> str:
        return str(tree(client.get(address)).xpath("//link[@rel='canonical']/@href")[0])

    assert canonical("/articles/?page=2") == "http://127.0.0.1:8000/articles/?page=2"
    assert canonical("/articles/?page=1") == canonical("/articles/?other=2") == "http://127.0.0.1:8000/articles/"


def test_an_empty_list_says_so(client: Client) -> None:
    response = client.get("/articles/")
    assert response.status_code == 200
    assert texts(response, "//main//p[@class='none']")


def test_a_conditions_list_holds_its_own_articles_only(client: Client) -> None:
    condition, other = make_condition(slug="ptsd"), make_condition()
    own, both = make_article(conditions=[condition]), make_article(conditions=[condition, other])
    make_article(conditions=[other])
    make_article()
    for state in UNSEEN:
        make_article(conditions=[condition], state=state)
    assert sorted(shown(client, "/conditions/ptsd/articles/")) == sorted([own.title, both.title])


@pytest.mark.parametrize("state", UNSEEN)
def test_the_list_of_a_condition_that_readers_may_not_see_is_not_found(client: Client, state: str) -> None:
    make_condition(slug="hidden", name="Hidden condition", state=state)
    assert client.get("/conditions/hidden/articles/").status_code == 404
    assert client.get("/conditions/never-was/articles/").status_code == 404
    assert b"Hidden condition" not in client.get("/articles/").content


def test_the_lists_offer_every_condition_and_mark_the_one_shown(client: Client) -> None:
    make_condition(slug="ptsd", order=1)
    make_condition(slug="anxiety", order=2)
    row = tree(client.get("/conditions/ptsd/articles/")).xpath("//ul[@class='filter']//a")
    assert [(a.get("href"), a.get("aria-current")) for a in row] == [
        ("/articles/", None),
        ("/conditions/ptsd/articles/", "page"),
        ("/conditions/anxiety/articles/", None),
    ]


def test_a_title_is_shown_as_text(client: Client) -> None:
    make_article(title="<script>alert(1)</script> & more", summary="5 < 6 & <b>not bold</b>")
    html = client.get("/articles/").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html
    assert "5 &lt; 6 &amp; &lt;b&gt;" in html


def test_more_articles_take_no_more_queries(client: Client) -> None:
    make_clinic()
    conditions = [make_condition(slug=slug) for slug in ("a", "b", "c", "d")]
    make_article(conditions=conditions[:1])
    few = {address: queries_of(client, address) for address in ("/articles/", "/conditions/a/articles/")}
    for _number in range(4):
        make_article(conditions=conditions, reviewer=make_person(is_clinician=True), reviewed_on=timezone.localdate())
    for address, number in few.items():
        assert queries_of(client, address) == number
