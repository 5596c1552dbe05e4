"""Search."""

from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from clinic_site.search import LONGEST_QUERY, PER_PAGE
from tests.counting import queries_of
from tests.factories import (
    MAKERS,
    SEEN,
    STATES,
    make_article,
    make_clinic,
    make_condition,
    make_reference,
    make_standing,
)
from tests.reading import texts, tree, words

pytestmark = pytest.mark.django_db
HITS = "//main//ol/li[.//h2]"


def found(client: Client, query: str, **more: str) -> list[str]:
    return texts(client.get("/search/", {"q": query, **more}), f"{HITS}//h2")


def excerpt(client: Client, query: str) -> str:
    """The one hit's excerpt, as HTML."""
    (hit,) = client.get("/search/", {"q": query}).context["page"]
    return str(hit.excerpt)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_it_finds_what_readers_may_see_and_nothing_else(client: Client, make: object) -> None:
    assert callable(make)
    pages = {state: make(state=state, title=f"Cystitis, {state}") for state in STATES}
    assert sorted(found(client, "cystitis")) == sorted(pages[state].title for state in SEEN)


def test_it_finds_every_kind_and_says_which_it_is(client: Client) -> None:
    make_article(title="Sleep, an article")
    make_condition(title="Sleep, a condition")
    make_standing(title="Sleep, a page")
    response = client.get("/search/?q=sleep")
    kinds = {hit.title: hit.kind for hit in response.context["page"]}
    assert kinds == {
        "Sleep, an article": "Article",
        "Sleep, a condition": "Condition",
        "Sleep, a page": "About the treatment and the clinic",
    }
    for hit, shown in zip(response.context["page"], texts(response, HITS), strict=True):
        assert hit.title in shown
        assert hit.kind in shown


def test_a_word_in_the_title_counts_more_than_one_in_the_text(client: Client) -> None:
    make_article(title="In the text", body="<p>Something about the bladder.</p>")
    make_article(title="In the summary", summary="Something about the bladder.")
    make_article(title="Bladder in the title")
    assert found(client, "bladder") == ["Bladder in the title", "In the summary", "In the text"]


def test_it_finds_other_forms_of_a_word_and_understands_quotes_and_minus(client: Client) -> None:
    make_article(title="Studies of sleeping")
    make_article(title="A study of sleep and pain")
    assert len(found(client, "study sleeping")) == 2
    assert found(client, "sleep -pain") == ["Studies of sleeping"]
    assert found(client, '"sleep and pain"') == ["A study of sleep and pain"]


@pytest.mark.parametrize("query", ["", "   ", "\x00"])
def test_without_words_it_searches_nothing(client: Client, query: str) -> None:
    make_condition(name="Depression", slug="depression")
    response = client.get("/search/", {"q": query})
    assert response.status_code == 200
    assert response.context["page"] is None
    assert b"/conditions/depression/" in response.content


@pytest.mark.parametrize(
    "query",
    [
        "' or 1=1 --",
        "a & | ! ( ) : * <->",
        '"unclosed',
        "the and of",
        "%",
        "\\",
        "😀",
        "<script>alert(1)</script>",
        "é" * 9000,
    ],
    ids=lambda query: query[:12],
)
def test_anything_can_be_searched_for(client: Client, query: str) -> None:
    make_article()
    response = client.get("/search/", {"q": query})
    assert response.status_code == 200
    assert b"<script>alert" not in response.content
    assert len(response.context["query"]) <= LONGEST_QUERY


def test_what_was_searched_for_is_shown_as_text_and_found_nowhere_else(client: Client) -> None:
    response = client.get("/search/", {"q": "<b>x</b> & secret"})
    page = tree(response)
    assert page.xpath("//input[@id='ask']/@value") == ["<b>x</b> & secret"]
    assert "secret" not in words(page.xpath("//title")[0])
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert not page.xpath("//link[@rel='canonical']")
    assert response.headers["Cache-Control"] == "no-store"


def test_an_excerpt_marks_the_words_that_were_found(client: Client) -> None:
    make_article(summary="x", body="<p>It can harm the <strong>bladder</strong> of those who take it often.</p>")
    assert "It can harm the <mark>bladder</mark> of those who take it often." in excerpt(client, "bladder")
    assert b"<mark>bladder</mark>" in client.get("/search/?q=bladder").content


def test_an_excerpt_reads_as_the_page_does(client: Client) -> None:
    make_article(summary="R&D & more.", body="<p>Pain &amp; mood: bladder &lt; 5 points, “quoted”&nbsp;text.</p>")
    shown = unescape(excerpt(client, "bladder"))
    assert "R&D & more. Pain & mood: <mark>bladder</mark> < 5 points, “quoted” text." in shown


@pytest.mark.parametrize("query", ["bladder", "urgency", "words", "script", "alert"])
def test_an_excerpt_never_carries_markup_of_the_page(client: Client, query: str) -> None:
    link = '<a href="/a-section/?bladder=urgency">words on the bladder</a>'
    make_article(
        summary="About the bladder <b>and</b> words.",
        body="<h2>Urgency</h2>" + f"<p>Long {link} &lt;script&gt;alert(1)&lt;/script&gt;</p>" * 9,
    )
    shown = excerpt(client, query).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in shown
    assert "href" not in shown
    assert "&amp;lt;" not in shown


@pytest.mark.parametrize("query", ["fda", "2023", "warning"])
def test_an_excerpt_shows_no_reference_keys(client: Client, query: str) -> None:
    make_reference(key="fda-2023")
    make_article(summary="x", body="<p>" + "A warning.[@fda-2023] Words in between, and more of them. " * 8 + "</p>")
    for hit in client.get("/search/", {"q": query}).context["page"]:
        shown = hit.excerpt.replace("<mark>", "").replace("</mark>", "")
        assert "[" not in shown
        assert "@" not in shown
        assert "2023" not in shown


def test_a_title_is_shown_as_text(client: Client) -> None:
    make_article(title="<script>alert(1)</script> bladder & more")
    response = client.get("/search/?q=bladder")
    assert b"<script>alert" not in response.content
    assert texts(response, f"{HITS}//h2") == ["<script>alert(1)</script> bladder & more"]


def test_many_hits_have_pages_that_miss_nothing_and_repeat_nothing(client: Client) -> None:
    titles = {make_article(title=f"Bladder {n:02}").title for n in range(PER_PAGE + 3)}
    pages = [found(client, "bladder", page=str(number)) for number in (1, 2)]
    assert [len(page) for page in pages] == [PER_PAGE, 3]
    assert set(pages[0]) | set(pages[1]) == titles


@pytest.mark.parametrize("number", ["0", "-1", "abc", "3", "", "9" * 5000])
def test_a_page_that_is_not_there_is_not_found(client: Client, number: str) -> None:
    for n in range(PER_PAGE + 1):
        make_article(title=f"Bladder {n}")
    assert client.get("/search/", {"q": "bladder", "page": number}).status_code == 404


@pytest.mark.parametrize("query", ["bladder", "bladder or a&b=c#d", '"bladder" or +%', "bladder or é"])
def test_the_next_page_is_of_the_same_search(client: Client, query: str) -> None:
    for n in range(PER_PAGE + 1):
        make_article(title=f"Bladder {n}")
    (link,) = tree(client.get("/search/", {"q": query})).xpath("//a[@rel='next']/@href")
    assert parse_qs(urlsplit(link).query) == {"q": [query], "page": ["2"]}
    assert urlsplit(link).fragment == ""


def test_nothing_found_is_said_kindly_and_leads_on(client: Client) -> None:
    make_condition(name="Depression", slug="depression")
    response = client.get("/search/?q=unfindable")
    assert response.status_code == 200
    assert "Nothing here holds “unfindable”." in words(tree(response).xpath("//main")[0])
    assert b"/conditions/depression/" in response.content


def test_more_hits_take_no_more_queries(client: Client) -> None:
    make_clinic()
    for make in MAKERS.values():
        make(title="Bladder")
    few = queries_of(client, "/search/?q=bladder")
    for make in MAKERS.values():
        make(title="Bladder again")
        make(title="Bladder once more")
    assert queries_of(client, "/search/?q=bladder") == few


def test_only_reading_is_possible(client: Client) -> None:
    assert client.post("/search/", {"q": "x"}).status_code == 405
