"""From stored rich text to what a reader sees: numbered citations with margin notes, the risk block, a contents list.

Stored text stays free of all of it, so that the same words can be shown anew when a reference or a safety text changes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from lxml import html as lxml_html
from lxml.html import HtmlElement

from .models import Reference, SafetyText
from .richtext import CITATION, cited_keys
from .textblocks import RESERVED_ID

RISKS_ID = "risks"
LATEST_RISKS = 0.66  # the share of the words after which the risk block may no longer come
HEADINGS = ("h2", "h3", "h4")
NO_NOTE_INSIDE = {"table", "figcaption", *HEADINGS}  # a margin note has no place beside these
NOT_FOR_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what lxml refuses to write


@dataclass(frozen=True)
class Heading:
    id: str
    text: str
    children: "list[Heading]" = field(default_factory=list)


class Cited(NamedTuple):
    number: int
    reference: Reference
    first_mention: str  # the id of the first citation in the text, to lead back to


@dataclass(frozen=True)
class Rendered:
    """A page's main text, what it and the further texts cite, and those further texts (answers, say)."""

    html: SafeString
    headings: list[Heading]
    references: list[Cited]
    further: list[SafeString]


def render_page(body: str, further: Iterable[str] = (), *, risks: SafetyText | None = None) -> Rendered:
    """Renders a page's texts; citation numbers run on from the body to the further texts. One query, or none."""
    further = list(further)
    numbered = _Renderer(_references_for(body, *further, risks.body if risks else ""))
    html, headings = numbered.render(body, risks=risks)
    rest = [numbered.render(text)[0] for text in further]
    return Rendered(html, headings, numbered.references, rest)


def _references_for(*texts: str) -> dict[str, Reference]:
    keys = {key for text in texts for key in cited_keys(text)}
    return {r.key: r for r in Reference.objects.filter(key__in=keys)} if keys else {}


class _Renderer:
    def __init__(self, references: Mapping[str, Reference]) -> None:
        self._known = references
        self._numbers: dict[str, int] = {}
        self._noted: set[str] = set()  # what has had its margin note
        self._ids: set[str] = set()

    @property
    def references(self) -> list[Cited]:
        """What has been cited so far, in order of first mention."""
        return [Cited(number, self._known[key], f"m{number}") for key, number in self._numbers.items()]

    def render(self, text: str, *, risks: SafetyText | None = None) -> tuple[SafeString, list[Heading]]:
        """`text` must be clean, as `RichTextField` stores it. Unknown keys vanish: saving refuses them."""
        root = lxml_html.fragment_fromstring(NOT_FOR_XML.sub("", text), create_parent="div")
        self._tell_apart(root.xpath(".//h2 | .//h3 | .//h4"))
        if risks:
            block = _risk_block(risks)
            self._tell_apart(block.xpath(".//h3 | .//h4"))
            _insert_midway(root, block)
        _take_citations_out_of_links(root)
        self._number_citations(root)
        for table in root.xpath(".//table"):
            _prepare_table(table)
        inner = escape(root.text or "") + "".join(lxml_html.tostring(child, encoding="unicode") for child in root)
        return mark_safe(inner), _contents(root)  # noqa: S308  (clean in, and lxml escapes what is added)

    def _tell_apart(self, headings: Iterable[HtmlElement]) -> None:
        """Gives no two headings of a page the same id: the text first, the risk block and answers after."""
        for heading in headings:
            wanted = own = heading.get("id")
            again = 1
            while own and (own in self._ids or RESERVED_ID.fullmatch(own)):
                again += 1
                own = f"{wanted}-{again}"
            if own:
                heading.set("id", own)
                self._ids.add(own)

    def _number_citations(self, element: HtmlElement) -> None:
        """Puts links in place of the citations in and below the element, in the order in which they are read."""
        if not isinstance(element.tag, str):
            return
        with_notes = not any(a.tag in NO_NOTE_INSIDE for a in [element, *element.iterancestors()])
        children = list(element)
        if element.text and "[@" in element.text:
            element.text = self._placed(element, 0, element.text, with_notes)
        for child in children:
            self._number_citations(child)
            if child.tail and "[@" in child.tail:
                child.tail = self._placed(element, element.index(child) + 1, child.tail, with_notes)

    def _placed(self, parent: HtmlElement, at: int, text: str, with_notes: bool) -> str:
        """Inserts the links and notes of a text from a position on; returns what stands before the first."""
        head, *new = self._pieces(text, with_notes)
        for position, piece in enumerate(new):
            parent.insert(at + position, piece)
        return str(head)

    def _pieces(self, text: str, with_notes: bool) -> list:  # type: ignore[type-arg]  # a string, then elements with tails
        """Splits text at its citations: what stands before the first, then links and notes with the rest as tails."""
        parts = CITATION.split(text)
        pieces: list = [parts[0]]  # type: ignore[type-arg]
        for key, tail in zip(parts[1::2], parts[2::2], strict=True):
            if key not in self._known:
                if len(pieces) == 1:
                    pieces[0] += tail
                else:
                    pieces[-1].tail += tail
                continue
            is_first = key not in self._numbers
            number = self._numbers.setdefault(key, len(self._numbers) + 1)
            link = lxml_html.Element(
                "a",
                {
                    "class": "ref",
                    "href": f"#r{number}",
                    "role": "doc-noteref",
                    "aria-label": _("Reference %(number)s") % {"number": number},
                },
            )
            link.text, link.tail = str(number), tail
            pieces.append(link)
            if is_first:
                link.set("id", f"m{number}")
            if with_notes and key not in self._noted:
                self._noted.add(key)
                link.tail = " "
                pieces.append(_margin_note(number, self._known[key], tail))
        return pieces


def _take_citations_out_of_links(root: HtmlElement) -> None:
    """A citation becomes a link, and links can't stand in links: it moves behind the one it was typed in."""
    for link in root.xpath(".//a[contains(., '[@')]"):
        keys = CITATION.findall(link.text_content())
        for element in link.iter():
            element.text = CITATION.sub("", element.text or "")
            if element is not link:
                element.tail = CITATION.sub("", element.tail or "")
        link.tail = "".join(f"[@{key}]" for key in keys) + (link.tail or "")


def _margin_note(number: int, reference: Reference, tail: str) -> HtmlElement:
    note = lxml_html.Element("span", {"class": "note", "role": "note"})
    bold = lxml_html.Element("b")
    bold.text = str(number)
    words = f" {reference.short_authors}, {reference.year}. {reference.note}".rstrip()
    bold.tail = NOT_FOR_XML.sub("", words)
    note.append(bold)
    note.tail = tail
    return note


def _risk_block(risks: SafetyText) -> HtmlElement:
    block = format_html(
        '<section class="risks" id="{0}" aria-labelledby="{0}-title"><h2 id="{0}-title">{1}</h2>{2}</section>',
        RISKS_ID,
        risks.title,
        mark_safe(risks.body),  # noqa: S308  (clean, as RichTextField stores it)
    )
    return lxml_html.fragment_fromstring(block)


def _insert_midway(root: HtmlElement, block: HtmlElement) -> None:
    """Puts the block near the middle of the words: where a section begins, else between two blocks.

    Never into the last third, and never between a heading and its text.
    """
    total = len(root.text_content()) or 1
    so_far, places = 0, [(3, 0.0, 0)]  # how good a place is (less is better), its distance from the middle, position
    for position, child in enumerate(root):
        share = so_far / total
        so_far += len(child.text_content())
        if position == 0 or share > LATEST_RISKS or root[position - 1].tag in HEADINGS:
            continue
        places.append((1 if child.tag == "h2" else 2, abs(share - 0.5), position))
    root.insert(min(places)[2], block)


def _prepare_table(table: HtmlElement) -> None:
    """Lets a narrow screen show rows as small lists: cells get their column's name, roles outlive `display: block`."""
    names = [" ".join(cell.text_content().split()) for cell in table.xpath("./thead/tr[1]/*")]
    table.set("role", "table")
    for group in table.xpath("./thead | ./tbody | ./tfoot"):
        group.set("role", "rowgroup")
    for row in table.xpath(".//tr"):
        row.set("role", "row")
        for position, cell in enumerate(row):
            cell.set("role", _cell_role(cell))
            if cell.tag == "td" and position < len(names):
                cell.set("data-label", names[position])
                inner = lxml_html.Element("span")
                inner.text, cell.text = cell.text, None
                inner.extend(list(cell))
                cell.append(inner)
    wrapper = lxml_html.Element("div", {"class": "tried wide"})
    wrapper.tail, table.tail = table.tail, None
    table.getparent().replace(table, wrapper)
    wrapper.append(table)


def _cell_role(cell: HtmlElement) -> str:
    if cell.tag != "th":
        return "cell"
    scope = cell.get("scope") or ("col" if cell.xpath("ancestor::thead") else "row")
    return "rowheader" if scope.startswith("row") else "columnheader"


def _contents(root: HtmlElement) -> list[Heading]:
    headings: list[Heading] = []
    for element in root.xpath(".//h2[@id] | .//h3[@id]"):
        heading = Heading(element.get("id"), " ".join(_words(element).split()))
        if element.tag == "h2":
            headings.append(heading)
        elif headings and not element.xpath("ancestor::section"):
            headings[-1].children.append(heading)
    return headings


def _words(element: HtmlElement) -> str:
    """The text without citation numbers and notes."""
    return "".join(element.xpath(".//text()[not(ancestor::*[@class='ref' or @class='note'])]"))


def paragraphs_of(body: str) -> list[str]:
    """The words of each paragraph, heading, list entry and table row, in order: what a remark can be tied to."""
    root = lxml_html.fragment_fromstring(NOT_FOR_XML.sub("", body), create_parent="div")
    blocks = root.xpath(".//p | .//h2 | .//h3 | .//h4 | .//li[not(p)] | .//tr")
    return [words for block in blocks if (words := " ".join(block.text_content().split()))]
