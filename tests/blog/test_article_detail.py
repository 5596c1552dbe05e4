"""The article page."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from editorial import acts
from tests.counting import queries_of
from tests.factories import (
    SEEN,
    STATES,
    approved,
    make_article,
    make_clinic,
    make_clinician,
    make_condition,
    make_image,
    make_person,
    make_reference,
    make_safety_text,
    make_standing,
)
from tests.reading import links, texts, tree, words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", STATES)
def test_readers_see_an_article_only_once_it_is_public(client: Client, state: str) -> None:
    article = make_article(state=state)
    assert client.get(article.get_absolute_url()).status_code == (200 if state in SEEN else 404)


def test_an_article_that_never_was_is_not_found(client: Client) -> None:
    assert client.get("/articles/never-was/").status_code == 404


def test_it_shows_all_that_an_article_page_has_to_hold(client: Client) -> None:
    make_clinic(name="The clinic's name", signup_title="A plain letter")
    make_safety_text(kind="article-disclaimer", title="What this page is", body="<p>No medical advice.</p>")
    make_safety_text(kind="site-disclaimer", title="Please read", body="<p>Not approved.</p>")
    make_safety_text(kind="risks", title="The risks", body="<p>Risks, plainly.</p>")
    make_reference(key="a-2020", title="A study")
    others = [make_article() for _number in range(3)]
    article = make_article(
        title="A title",
        summary="A summary.",
        key_points="First point\n\nSecond point\n",
        body='<h2>A section</h2><p>Text [@a-2020], <a href="/safety/">more</a>.</p>' + "<p>word</p>" * 400,
        author=make_person(name="Maya Lindqvist", role="Medical writer"),
        reviewer=make_clinician(name="Dr. Amara Okafor", role="Psychiatrist"),
        reviewed_on=date(2026, 10, 14),
    )
    response = client.get(article.get_absolute_url())
    page = words(tree(response).xpath("//main")[0])
    for piece in (
        "A summary.", "First point", "Maya Lindqvist", "Medical writer", "Dr. Amara Okafor", "Psychiatrist",
        "October 14, 2026", "2 minutes", "No medical advice.", "Risks, plainly.", "A study",
        *[other.title for other in others], *[other.summary for other in others],
    ):  # fmt: skip
        assert piece in page
    assert texts(response, "//h1") == ["A title"]
    assert texts(response, "//title") == ["A title · The clinic's name"]
    assert texts(response, "//section[@class='key']//li") == ["First point", "Second point"]
    assert "#a-section" in links(response)
    assert "/safety/" in links(response)
    assert "Not approved." in words(tree(response).xpath("//footer")[0])
    assert tree(response).xpath("//form[@action='/newsletter/'][@method='post']")


def test_its_contents_list_leads_to_sections_that_are_there(client: Client) -> None:
    make_safety_text(kind="risks")
    article = make_article(body="<h2>One</h2><p>x</p><h2>Two</h2><h3>Two a</h3><p>y</p>")
    page = tree(client.get(article.get_absolute_url()))
    targets = page.xpath("//nav[@class='contents']//a/@href")
    assert len(targets) == 3
    for target in targets:
        assert page.xpath(f"//*[@id='{target.removeprefix('#')}']")


def test_a_reference_is_listed_once_and_leads_there_and_back(client: Client) -> None:
    make_reference(key="a-2020", title="A study", doi="10.1000/182", authors="Woolf CJ")
    article = make_article(body="<p>Once [@a-2020]. Twice [@a-2020].</p>")
    page = tree(client.get(article.get_absolute_url()))
    (entry,) = page.xpath("//ol[@class='refs']/li")
    assert entry.get("id") == "r1"
    assert words(entry).startswith("Woolf CJ. A study. ")
    assert {"https://doi.org/10.1000/182", "#m1"} <= set(entry.xpath(".//a/@href"))
    assert len(page.xpath("//*[@id='m1']")) == 1


def test_what_references_and_people_are_called_is_shown_as_text(client: Client) -> None:
    nasty = "<script>alert(1)</script> & <b>x</b>"
    make_reference(key="a-2020", title=nasty, authors=nasty, source=nasty, kind="<i>x</i> &", note=nasty)
    article = make_article(
        title=nasty,
        summary=nasty,
        key_points=nasty,
        search_description=nasty,
        body="<p>[@a-2020]</p>",
        author=make_person(name=nasty, role=nasty),
        conditions=[make_condition(name="<b>x</b> & y")],
    )
    html = client.get(article.get_absolute_url()).content.decode()
    assert "<script>alert" not in html
    assert "<b>x</b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in html


def test_it_names_its_conditions_that_readers_may_see(client: Client) -> None:
    seen = make_condition(name="Depression", slug="depression")
    hidden = make_condition(name="Hidden condition", slug="hidden-slug", state="draft", order=0)
    article = make_article(conditions=[seen, hidden])
    for address in (article.get_absolute_url(), "/articles/", "/", "/articles/feed/"):
        html = client.get(address).content
        assert b"Hidden condition" not in html
        assert b"hidden-slug" not in html
    assert "/conditions/depression/" in links(client.get(article.get_absolute_url()))


def test_an_author_without_a_public_page_is_named_without_a_link(client: Client) -> None:
    article = make_article(author=make_person(name="Quiet Writer", slug="quiet", is_listed=False))
    response = client.get(article.get_absolute_url())
    assert "Quiet Writer" in words(tree(response))
    assert "/people/quiet/" not in links(response)


def test_a_photograph_takes_the_place_of_the_contour_lines_and_is_described(client: Client) -> None:
    image = make_image()
    described = make_article(cover=image, cover_alt="A quiet room")
    (photo,) = tree(client.get(described.get_absolute_url())).xpath("//header//img[@class='photo']")
    assert (photo.get("src"), photo.get("alt")) == (image.file.url, "A quiet room")
    decorative = make_article(cover=image, cover_alt="Never said", cover_is_decorative=True)
    (photo,) = tree(client.get(decorative.get_absolute_url())).xpath("//header//img[@class='photo']")
    assert photo.get("alt") == ""


def test_without_a_photograph_the_lines_are_drawn_in_the_temper_of_its_condition(client: Client) -> None:
    article = make_article(slug="x", conditions=[make_condition(slug="ptsd")])
    sources = tree(client.get(article.get_absolute_url())).xpath("//header//picture//@src")
    assert sources == ["/contours/small/ptsd/x.svg"]
    assert client.get(sources[0]).status_code == 200


def test_it_says_when_its_text_changed_after_publication(client: Client) -> None:
    article = make_article(summary="Before.")
    assert "Text last changed" not in words(tree(client.get(article.get_absolute_url())))
    acts.publish(approved(article, summary="After."), by=None, change="minor")
    assert "Text last changed" not in words(tree(client.get(article.get_absolute_url())))
    said = "The summary named the wrong year."
    acts.publish(approved(article, summary="At last."), by=None, change="correction", change_note=said)
    shown = words(tree(client.get(article.get_absolute_url())))
    assert "Text last changed" in shown
    assert f"correction: {said}" in shown


def test_the_risk_block_can_be_left_out(client: Client) -> None:
    make_safety_text(kind="risks")
    with_risks, without = make_article(), make_article(shows_risks=False)
    assert tree(client.get(with_risks.get_absolute_url())).xpath("//section[@id='risks']")
    assert not tree(client.get(without.get_absolute_url())).xpath("//section[@id='risks']")


def test_it_can_be_found_and_passed_on(client: Client) -> None:
    article = make_article(title="A title", slug="a-title", summary="A summary.", search_description="Found by this.")
    page = tree(client.get(article.get_absolute_url(), {"utm_source": "x"}, headers={"host": "127.0.0.1"}))
    own = "http://127.0.0.1:8000/articles/a-title/"
    assert page.xpath("//link[@rel='canonical']/@href") == [own]
    assert page.xpath("//meta[@name='description']/@content") == ["Found by this."]
    graph = {meta.get("property"): meta.get("content") for meta in page.xpath("//meta[@property]")}
    assert graph["og:title"] == "A title"
    assert graph["og:url"] == own
    assert graph["og:image"] == "http://127.0.0.1:8000/static/img/share.png"
    assert page.xpath("//link[@type='application/atom+xml']/@href") == ["/articles/feed/"]
    assert not page.xpath("//meta[@name='robots']")


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_page_is_only_read(client: Client, method: str) -> None:
    article = make_article()
    assert getattr(client, method)(article.get_absolute_url()).status_code == 405


def test_its_number_of_queries_does_not_grow_with_what_it_shows(client: Client) -> None:
    make_clinic()
    make_safety_text(kind="risks")
    make_standing(menu_place="header")
    conditions = [make_condition() for _number in range(4)]
    for number in range(5):
        make_reference(key=f"study-{number}")
    plain = make_article(conditions=conditions[:1], body="<p>[@study-0]</p>")
    make_article()
    few = queries_of(client, plain.get_absolute_url())
    for _number in range(4):
        make_article(conditions=conditions, reviewer=make_clinician(), reviewed_on=timezone.localdate())
        make_standing(menu_place="header")
    rich = make_article(conditions=conditions, body="<p>" + "".join(f"[@study-{n}]" for n in range(5)) + "</p>")
    assert queries_of(client, rich.get_absolute_url()) == few
    # The article with its people, its conditions, the risks, the references, the chosen articles, the found ones with
    # their conditions; around it the standing pages, the conditions, the clinic and the safety texts.
    assert few == 12
