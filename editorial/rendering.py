"""From stored rich text to what a reader sees: numbered citations with margin notes, the risk block, a contents list.

Stored text stays free of all of it, so that the same words can be shown anew when a reference or a safety text changes.
"""

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

RISKS_ID = "risks"
NO_NOTE_INSIDE = {"table", "figcaption", "h2", "h3", "h4"}  # a margin note has no place beside these


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

    @property
    def references(self) -> list[Cited]:
        """What has been cited so far, in order of first mention."""
        return [Cited(number, self._known[key], f"m{number}") for key, number in self._numbers.items()]

    def render(self, text: str, *, risks: SafetyText | None = None) -> tuple[SafeString, list[Heading]]:
        """`text` must be clean, as `RichTextField` stores it. Unknown keys vanish: saving refuses them."""
        root = lxml_html.fragment_fromstring(text or "", create_parent="div")
        if risks:
            _insert_midway(root, _risk_block(risks))
        for element in list(root.iter()):
            self._number_citations(element)
        for table in root.xpath(".//table"):
            _prepare_table(table)
        inner = escape(root.text or "") + "".join(lxml_html.tostring(child, encoding="unicode") for child in root)
        return mark_safe(inner), _contents(root)  # noqa: S308  (clean in, and lxml escapes what is added)

    def _number_citations(self, element: HtmlElement) -> None:
        if not isinstance(element.tag, str):
            return
        with_notes = not any(a.tag in NO_NOTE_INSIDE for a in [element, *element.iterancestors()])
        if element.text and "[@" in element.text:
            head, *new = self._pieces(element.text, with_notes)
            element.text = head
            for position, piece in enumerate(new):
                element.insert(position, piece)
        for child in list(element):
            if child.tail and "[@" in child.tail:
                head, *new = self._pieces(child.tail, with_notes)
                child.tail = head
                at = element.index(child) + 1
                for position, piece in enumerate(new):
                    element.insert(at + position, piece)

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
                if with_notes:
                    link.tail = " "
                    pieces.append(_margin_note(number, self._known[key], tail))
        return pieces


def _margin_note(number: int, reference: Reference, tail: str) -> HtmlElement:
    note = lxml_html.Element("span", {"class": "note", "role": "note"})
    bold = lxml_html.Element("b")
    bold.text = str(number)
    bold.tail = f" {reference.short_authors}, {reference.year}. {reference.note}".rstrip()
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
    """Puts the block before the section heading nearest to the middle of the words, so never into the last third."""
    total = len(root.text_content()) or 1
    so_far, best, best_distance = 0, None, 1.0
    for child in root:
        share = so_far / total
        if child.tag == "h2" and 0 < share <= 0.66 and abs(share - 0.5) < best_distance:
            best, best_distance = child, abs(share - 0.5)
        so_far += len(child.text_content())
    if best is not None:
        best.addprevious(block)
        return
    root.insert(len(root) // 2, block)


def _prepare_table(table: HtmlElement) -> None:
    """Lets a narrow screen show rows as small lists: cells get their column's name, roles outlive `display: block`."""
    names = [" ".join(cell.text_content().split()) for cell in table.xpath("./thead/tr[1]/*")]
    table.set("role", "table")
    for group in table.xpath("./thead | ./tbody"):
        group.set("role", "rowgroup")
    for row in table.xpath(".//tr"):
        row.set("role", "row")
        for position, cell in enumerate(row):
            scope = cell.get("scope")
            cell.set("role", {"col": "columnheader", "row": "rowheader"}.get(scope or "", "cell"))
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
    return (element.text or "") + "".join(
        ("" if child.get("class") in ("ref", "note") else child.text_content()) + (child.tail or "")
        for child in element
    )
