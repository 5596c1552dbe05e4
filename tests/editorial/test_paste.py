"""What programs put onto the clipboard becomes plain rich text, also where the editor's own filters did not see it."""

import re
from pathlib import Path

import pytest
from lxml import html as lxml_html

from editorial.richtext import clean, plain_text

CLIPBOARD = Path(__file__).parent / "clipboard"
SEED = Path(__file__).parent.parent / "seed" / "article.txt"
PROGRAMS = ["word", "google-docs", "web-page", "libreoffice"]


def pasted(program: str) -> str:
    return clean((CLIPBOARD / f"{program}.html").read_text())


def words(html: str, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in lxml_html.fragment_fromstring(html, "div").xpath(path)]


def links(html: str) -> dict[str, str]:
    root = lxml_html.fragment_fromstring(html, "div")
    return {" ".join(link.text_content().split()): link.get("href") for link in root.iter("a")}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_paste_is_stored_exactly_as_somebody_once_read_and_approved(program: str) -> None:
    assert pasted(program) == (CLIPBOARD / "stored" / f"{program}.html").read_text().rstrip("\n")


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_of_the_programs_own_dress_is_stored(program: str) -> None:
    stored = pasted(program)
    assert not re.search(r"style=|class=|<span|<font|<div|<o:|mso|Mso|dir=|aria-|docs-internal|<!--|<img", stored)


def test_words_headings_lists_links_and_tables_are_kept() -> None:
    stored = pasted("word")
    assert words(stored, "//h2") == ["Sleep and a sore back", "Why the nights are hard", "What you can try"]
    assert words(stored, "/div/ul/li/ul/li") == ["also on weekends", "and on holidays"]
    assert words(stored, "/div/ol/li") == ["Call your doctor", "Write down what you take"]
    assert links(stored) == {"the guideline on chronic pain": "https://www.nice.org.uk/guidance/ng193"}
    assert words(stored, "//thead//th") == ["Medicine", "What it may do"]
    assert words(stored, "//tbody//td") == ["Amitriptyline", "Eases sleep", "Dries the mouth"]
    assert words(stored, "//blockquote") == ["I slept four hours and called it a good night."]
    assert words(stored, "//sup | //sub") == ["1", "2"]


def test_words_comments_and_struck_out_text_are_not_published() -> None:
    stored = plain_text(pasted("word"))
    assert "So does this" in stored
    assert "Ask Tomas" not in stored
    assert "struck out" not in stored
    assert "JR1" not in stored


def test_words_bullets_are_not_typed_into_the_items() -> None:
    assert not re.search(r"<li>\s*(?:[·o§]|\d\.|&nbsp;)\s", pasted("word"))


def test_a_numbered_list_from_word_that_goes_on_keeps_its_number() -> None:
    bullet = "<span style='mso-list:Ignore'>{}.<span>&nbsp; </span></span>"
    item = f"<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'>{bullet}{{}}</p>"
    stored = clean(item.format(4, "Fourth") + item.format(5, "Fifth"))
    assert stored == '<ol start="4">\n<li>Fourth</li>\n<li>Fifth</li>\n</ol>'


def test_word_on_the_web_puts_every_item_into_its_own_list() -> None:
    item = '<div class="ListContainerWrapper"><ul role="list"><li data-aria-level="{}"><p>{}</p></li></ul></div>'
    stored = clean(item.format(1, "One") + item.format(2, "Below") + item.format(1, "Two"))
    assert stored == "<ul>\n<li>One\n<ul>\n<li>Below</li>\n</ul></li>\n<li>Two</li>\n</ul>"


def test_google_docs_bold_wrapper_makes_nothing_bold() -> None:
    stored = pasted("google-docs")
    assert words(stored, "//p//strong | //li//strong") == ["feed low mood", "Talking therapy"]
    assert words(stored, "//em") == ["the other way round"]
    assert words(stored, "//h2") == ["Living with both", "What people try first"]


def test_google_docs_inner_lists_stand_in_their_items() -> None:
    assert words(pasted("google-docs"), "/div/ul/li[1]/ul/li") == ["walking"]


def test_links_from_google_docs_do_not_lead_through_google() -> None:
    assert links(pasted("google-docs")) == {"a review of both": "https://pubmed.ncbi.nlm.nih.gov/14609780/"}


def test_a_web_page_leaves_its_navigation_scripts_and_trackers_behind() -> None:
    stored = pasted("web-page")
    kept = plain_text(stored)
    for unwanted in (
        "All topics",
        "Share this page",
        "dataLayer",
        "display",
        "Text for robots",
        "Hidden preview",
        "p.gif",
    ):
        assert unwanted not in kept + stored
    assert links(stored) == {"the guide": "https://www.example.org/taper?id=7"}
    assert words(stored, "//thead//th[@scope='col']") == ["Medicine", "Hours"]
    assert words(stored, "//caption") == ["Half-lives"]
    assert 'title="Food and Drug Administration"' in stored


def test_two_line_breaks_on_a_web_page_are_a_new_paragraph() -> None:
    assert "every two to four weeks.</p>\n<p>Ask a pharmacist" in pasted("web-page")


def test_libreoffice_lists_and_tables_are_kept() -> None:
    stored = pasted("libreoffice")
    assert words(stored, "/div/ul/li/ol/li") == ["the first", "the second"]
    assert words(stored, "//th") == ["When", "What"]


# --- The seed: the text of a real page, as it comes from a plain text file ------------------------------------------


def test_the_seed_pasted_as_plain_text_keeps_every_word_in_order() -> None:
    seed = SEED.read_text()
    stored = clean(seed)
    assert plain_text(stored).split() == re.sub(r"(?m)^- ", "", seed).split()


def test_the_seeds_typed_bullets_become_lists() -> None:
    stored = clean(SEED.read_text())
    bullets = [line[2:] for line in SEED.read_text().splitlines() if line.startswith("- ")]
    assert words(stored, "//ul/li") == bullets
    assert len(words(stored, "//ul")) == 9


def test_the_seed_as_rich_text_keeps_headings_lists_and_links() -> None:
    stored = clean(as_a_web_page(SEED.read_text()))
    headings = words(stored, "//h2 | //h3")
    assert len(headings) == 16
    assert "Neuroinflammation: The Hidden Driver" in headings
    assert 'id="neuroinflammation-the-hidden-driver"' in stored
    assert links(stored)["how ketamine works"] == "/how-ketamine-works/"
    assert plain_text(stored).split() == re.sub(r"(?m)^- ", "", SEED.read_text().partition("Disclaimer:")[0]).split()


def as_a_web_page(seed: str) -> str:
    """The seed as a browser would copy it from a page: headings, lists of items, one link; the article alone."""
    out, in_list = [], False
    for line in seed.partition("Disclaimer:")[0].splitlines():
        is_item = line.startswith("- ")
        if is_item != in_list:
            out.append('<ul style="list-style: disc;">' if is_item else "</ul>")
            in_list = is_item
        if is_item:
            out.append(f'<li style="font-weight: 400;"><span>{line[2:]}</span></li>')
        elif (len(line) < 90 and not line.endswith((".", ":", "?"))) or line == "Who Is a Candidate?":
            out.append(f'<h2 class="wp-block-heading" style="font-weight: 700;">{line}</h2>')
        else:
            linked = line.replace(
                "how ketamine works.", '<a href="/how-ketamine-works/" class="link">how ketamine works</a>.'
            )
            out.append(f'<p style="margin: 0px; font-weight: 400;">{linked}</p>')
    return "\n".join(["<meta charset='utf-8'>", *out])
