"""From stored text to what a reader sees."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from lxml import html as lxml_html
from lxml.html import HtmlElement
from pytest_django import DjangoAssertNumQueries

from editorial.models import SafetyText
from editorial.rendering import Rendered, render_page
from editorial.richtext import clean
from editorial.textblocks import RESERVED_ID
from tests.factories import make_reference, make_safety_text
from tests.reading import words

pytestmark = pytest.mark.django_db
ROW = "<tr><td>x</td><td>y</td></tr>"


def references(*keys: str, **fields: Any) -> None:
    for key in keys:
        make_reference(key=key, authors=f"{key.capitalize()} A, Other B", **{"note": f"About {key}.", **fields})


def rendered(body: str, further: Iterable[str] = (), *, risks: SafetyText | None = None) -> Rendered:
    return render_page(clean(body), [clean(text) for text in further], risks=risks)


def tree(html: str) -> HtmlElement:
    return lxml_html.fragment_fromstring(html, create_parent="div")


def numbers(html: str) -> list[str]:
    return [str(number) for number in tree(html).xpath("//a[@class='ref']/text()")]


def notes(html: str) -> list[str]:
    return [words(note) for note in tree(html).xpath("//span[@class='note']")]


# --- Citations ------------------------------------------------------------------------------------------------------


def test_citations_are_numbered_in_the_order_in_which_they_are_read() -> None:
    references("a", "b", "c")
    page = rendered("<p>One [@b]. Two [@a].</p><p>Again [@b], and [@c].</p>")
    assert numbers(page.html) == ["1", "2", "1", "3"]
    assert [(cited.number, cited.reference.key) for cited in page.references] == [(1, "b"), (2, "a"), (3, "c")]


@pytest.mark.parametrize(
    "body",
    [
        "<p>x <em>first [@a]</em> then [@b]</p>",
        "<p>x <strong>y <em>first [@a]</em></strong> then [@b]</p>",
        "<ul><li>x <em>first [@a]</em> then [@b]</li></ul>",
        "<blockquote><p>first [@a]</p></blockquote><p>then [@b]</p>",
        "<h2>first [@a]</h2><p>then [@b]</p>",
    ],
)
def test_a_citation_inside_an_element_comes_before_the_one_after_it(body: str) -> None:
    references("a", "b")
    page = rendered(body)
    assert numbers(page.html) == ["1", "2"]
    assert [cited.reference.key for cited in page.references] == ["a", "b"]


def test_numbers_run_on_from_the_text_to_the_answers() -> None:
    references("a", "b", "c")
    page = rendered("<p>[@a]</p>", ["<p>[@b] [@a]</p>", "<p>[@c]</p>"])
    assert numbers("".join([page.html, *page.further])) == ["1", "2", "1", "3"]
    assert [cited.reference.key for cited in page.references] == ["a", "b", "c"]


def test_a_citation_leads_to_its_reference_and_the_reference_leads_back_to_the_first_mention() -> None:
    references("a")
    page = rendered("<p>Once [@a], twice [@a].</p>")
    first, second = tree(page.html).xpath("//a[@class='ref']")
    assert first.get("href") == second.get("href") == "#r1"
    assert first.get("id") == page.references[0].first_mention == "m1"
    assert second.get("id") is None
    assert (first.get("role"), first.get("aria-label")) == ("doc-noteref", "Reference 1")


def test_only_the_first_mention_has_a_margin_note() -> None:
    references("a")
    page = rendered("<p>Once [@a], twice [@a].</p><p>Thrice [@a].</p>")
    assert notes(page.html) == ["1 A and others, 2025. About a."]


@pytest.mark.parametrize(
    "body",
    [
        f"<table><tbody><tr><td>Cell [@a]</td><td>y</td></tr>{ROW}</tbody></table>",
        f"<table><caption>Caption [@a]</caption><tbody>{ROW}{ROW}</tbody></table>",
        "<h2>Heading [@a]</h2><p>x</p>",
        "<h3>Heading <em>of [@a]</em></h3><p>x</p>",
    ],
)
def test_tables_and_headings_have_no_margin_notes(body: str) -> None:
    references("a")
    page = rendered(body)
    assert numbers(page.html) == ["1"]
    assert notes(page.html) == []


def test_a_reference_first_cited_in_a_table_has_its_note_where_the_text_names_it_first() -> None:
    references("a")
    page = rendered(
        f"<table><tbody><tr><td>Cell [@a]</td><td>y</td></tr>{ROW}</tbody></table><p>Text [@a]. More [@a].</p>"
    )
    assert notes(page.html) == ["1 A and others, 2025. About a."]
    assert tree(page.html).xpath("//p//span[@class='note']")


def test_a_list_item_has_its_margin_note() -> None:
    references("a")
    page = rendered("<ul><li>Point [@a]</li></ul>")
    assert tree(page.html).xpath("//li/span[@class='note']")


def test_citations_side_by_side_keep_their_order_and_the_text_around_them() -> None:
    references("a", "b")
    page = rendered("<p>Before.[@a][@b] After.</p>")
    assert numbers(page.html) == ["1", "2"]
    without_notes = re.sub(r' ?<span class="note".*?</span>', "", page.html)
    assert words(tree(without_notes)) == "Before.12 After."


def test_an_unknown_key_vanishes_and_the_words_around_it_stay() -> None:
    references("a")
    page = rendered("<p>One [@nobody-1999], two [@a] three [@nobody-1999] four.</p>")
    assert numbers(page.html) == ["1"]
    assert "nobody" not in page.html
    for part in ("One , two", "three", "four."):
        assert part in page.html


def test_a_citation_inside_a_link_does_not_nest_links() -> None:
    references("a", "b")
    page = rendered('<p>See <a href="/about/">the page [@a] about <em>us [@b]</em></a> here.</p>')
    assert tree(page.html).xpath("//a//a") == []
    assert numbers(page.html) == ["1", "2"]
    assert words(tree(page.html).xpath("//a[@href='/about/']")[0]) == "the page about us"
    assert page.html.rstrip().endswith(" here.</p>")


def test_a_page_without_citations_asks_the_database_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        rendered("<p>Nothing cited.</p>")


def test_many_references_take_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    keys = [f"study-{letter}" for letter in "abcdefgh"]
    references(*keys)
    with django_assert_num_queries(1):
        rendered("".join(f"<p>[@{key}]</p>" for key in keys))


# --- Escaping -------------------------------------------------------------------------------------------------------


def test_what_a_reference_says_is_shown_as_text_whatever_it_holds() -> None:
    references("a", note='<script>alert(1)</script> & "quoted"')
    page = rendered("<p>Text [@a].</p>")
    assert "<script" not in page.html
    assert notes(page.html) == ['1 A and others, 2025. <script>alert(1)</script> & "quoted"']


def test_escaped_markup_in_a_text_stays_text() -> None:
    bare = render_page("&lt;script&gt;alert(1)&lt;/script&gt; &amp; <p>5 &lt; 6</p>")  # text outside any paragraph
    assert bare.html.startswith("&lt;script&gt;alert(1)&lt;/script&gt; &amp; ")
    assert "5 &lt; 6" in bare.html


def test_the_risk_blocks_title_is_shown_as_text() -> None:
    page = rendered("<p>x</p>", risks=make_safety_text(kind="risks", title="Risks <b>& more</b>"))
    assert "Risks &lt;b&gt;&amp; more&lt;/b&gt;" in page.html


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1f", "\ufffe", "\U0001f600"])
def test_odd_characters_beside_a_citation_do_no_harm(odd: str) -> None:
    references("a", note=f"Note{odd}.")
    assert numbers(rendered(f"<p>Word{odd}processor [@a] text{odd}.</p>").html) == ["1"]


def test_an_empty_text_renders_as_nothing() -> None:
    page = rendered("")
    assert (page.html, page.headings, page.references, page.further) == ("", [], [], [])


# --- The risk block -------------------------------------------------------------------------------------------------


def where_the_risks_begin(html: str) -> float:
    """The share of the page's own words that stand before the risk block."""
    root = tree(html)
    (block,) = root.xpath("//section[@id='risks']")
    before = sum(len(words(element)) for element in block.xpath("preceding-sibling::*"))
    after = sum(len(words(element)) for element in block.xpath("following-sibling::*"))
    return before / ((before + after) or 1)


LONG, SHORT = "<p>" + "word " * 300 + "</p>", "<p>word</p>"


@pytest.mark.parametrize(
    "body",
    [
        "".join(f"<h2>Part {n}</h2>{LONG}" for n in range(6)),
        f"<h2>One</h2>{LONG * 5}<h2>Two</h2>{SHORT}",
        f"{LONG}<h2>Only heading at the end</h2>{SHORT}",
        LONG + SHORT * 12,
        SHORT * 12 + LONG,
        LONG * 4,
        f"<h2>One</h2>{LONG}{SHORT * 3}<h2>Two</h2>",
        LONG,
    ],
)
def test_the_risks_stand_before_the_last_third_of_the_words(body: str) -> None:
    page = rendered(body, risks=make_safety_text(kind="risks"))
    assert where_the_risks_begin(page.html) <= 2 / 3


def test_the_risks_stand_before_the_heading_nearest_the_middle() -> None:
    page = rendered("".join(f"<h2>Part {n}</h2>{LONG}" for n in range(6)), risks=make_safety_text(kind="risks"))
    (after,) = tree(page.html).xpath("//section[@id='risks']/following-sibling::*[1]")
    assert words(after) == "Part 3"


@pytest.mark.parametrize(
    "body", [f"<h2>One</h2>{LONG}", f"<h2>One</h2>{SHORT}<h3>Two</h3>{SHORT}", LONG + "<h2>x</h2>" + SHORT]
)
def test_the_risks_never_part_a_heading_from_its_text(body: str) -> None:
    page = rendered(body, risks=make_safety_text(kind="risks"))
    before = tree(page.html).xpath("//section[@id='risks']/preceding-sibling::*[1]")
    assert not before or before[0].tag not in ("h2", "h3", "h4")


def test_what_the_risks_cite_is_numbered_where_it_stands() -> None:
    references("a", "b", "c")
    risks = make_safety_text(kind="risks", body="<p>A risk [@b].</p>")
    page = rendered(f"<h2>One</h2><p>[@a]</p>{LONG}<h2>Two</h2><p>[@c]</p>{LONG}", risks=risks)
    assert [cited.reference.key for cited in page.references] == ["a", "b", "c"]


def test_the_risks_are_in_the_contents_list_by_their_heading_alone() -> None:
    risks = make_safety_text(kind="risks", title="The risks", body="<h3>Soon</h3><p>x</p>")
    page = rendered(f"<h2>One</h2>{LONG}<h2>Two</h2>{LONG}", risks=risks)
    assert [(heading.text, heading.children) for heading in page.headings] == [
        ("One", []),
        ("The risks", []),
        ("Two", []),
    ]


def test_no_risk_block_without_a_text_for_it() -> None:
    assert "risks" not in rendered(LONG).html


# --- Tables ---------------------------------------------------------------------------------------------------------

TABLE = (
    "<table><caption>Trials</caption>"
    '<thead><tr><th scope="col">Treatment</th><th scope="col">For <em>mood</em></th></tr></thead>'
    '<tbody><tr><th scope="row">Ketamine</th><td>Short lift <strong>for some</strong></td></tr></tbody></table>'
)


def test_a_tables_cells_carry_their_columns_name_and_the_roles_that_a_narrow_screen_takes_away() -> None:
    table = tree(rendered(TABLE).html).xpath("//div[@class='tried wide']/table")[0]
    assert table.get("role") == "table"
    assert [group.get("role") for group in table.xpath("./thead | ./tbody")] == ["rowgroup", "rowgroup"]
    assert {row.get("role") for row in table.xpath(".//tr")} == {"row"}
    assert [cell.get("role") for cell in table.xpath(".//th | .//td")] == [
        "columnheader", "columnheader", "rowheader", "cell",
    ]  # fmt: skip
    (cell,) = table.xpath(".//td")
    assert cell.get("data-label") == "For mood"
    assert words(cell.xpath("./*")[0]) == "Short lift for some"


def test_a_header_cell_without_a_scope_is_a_header_all_the_same() -> None:
    page = render_page(
        "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><th>C</th><td>D</td></tr></tbody></table>"
    )
    assert [cell.get("role") for cell in tree(page.html).xpath("//th | //td")] == [
        "columnheader", "columnheader", "rowheader", "cell",
    ]  # fmt: skip


def test_text_after_a_table_stays_after_it() -> None:
    html = rendered(f"<p>Before</p>{TABLE}<p>After</p>").html
    assert [element.tag for element in tree(html)] == ["p", "div", "p"]


# --- Contents -------------------------------------------------------------------------------------------------------


def test_the_contents_list_nests_smaller_headings_below_the_larger_ones() -> None:
    page = rendered("<h2>One</h2><h3>One a</h3><h3>One b</h3><h2>Two</h2><p>x</p>")
    assert [(heading.text, [child.text for child in heading.children]) for heading in page.headings] == [
        ("One", ["One a", "One b"]),
        ("Two", []),
    ]
    for heading in [*page.headings, *page.headings[0].children]:
        assert words(tree(page.html).xpath(f"//*[@id='{heading.id}']")[0]) == heading.text


def test_no_two_parts_of_a_page_have_the_same_id() -> None:
    risks = make_safety_text(kind="risks", body="<h3>At home</h3><p>x</p><h3>At home</h3><p>y</p>")
    body = "".join(
        f"<h2>{words}</h2>{LONG}" for words in ("At home", "References", "Risks", "Risks title", "m1", "r2", "Key")
    )
    page = rendered(body, ["<h3>At home</h3><p>x</p>"], risks=risks)
    ids = [*tree(page.html).xpath("//@id"), *tree(page.further[0]).xpath("//@id")]
    assert len(ids) == len(set(ids))
    assert {name for name in ids if RESERVED_ID.fullmatch(name)} == {"risks", "risks-title"}
    assert ids[0] == "at-home"  # the text's own heading keeps the address that was passed on
    assert {heading.id for heading in page.headings} <= set(ids)


def test_the_contents_list_leaves_out_citation_numbers() -> None:
    references("a", "b")
    page = rendered("<h2>How well it works [@a]</h2><h2>What <em>it costs [@b]</em> you</h2>")
    assert [heading.text for heading in page.headings] == ["How well it works", "What it costs you"]
