"""A text as blocks of marked words: lines without needless spaces, lists that nest, headings with ids, and its HTML.

`tidy` reads any HTML into this form; what is written from it is the one form in which rich text is stored.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from django.utils.text import slugify

Marks = tuple[tuple[str, str], ...]  # (tag, value) in the order of MARKS; the value is an address, a title or empty

MARKS = ("a", "abbr", "strong", "em", "sup", "sub")
MARK_ATTRIBUTE = {"a": "href", "abbr": "title"}
HEADINGS = frozenset({"h2", "h3", "h4"})
LISTS = frozenset({"ul", "ol"})
# Ids that the templates, the citations (m1, r1) and the forms of the page use; a heading never takes one of them.
RESERVED_ID = re.compile(
    r"(?:about|articles|ask|begin|changes|conditions|contents|credentials|disclaimer|email|facts|form|help|how|key|"
    r"key-points|letter|main|menu|next|notes|on-this-page|page|people|problem|q|questions|references|related|reviewed|"
    r"risks|search|signup|terms|top|website|written|foot-[a-z]+|signup-[a-z]+|question-\d+|[mnqr]\d+)(?:-title|-label|-error|-help)?"
)
OWN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
LONGEST_ID = 60
BULLET = re.compile("[·•▪◦‣§\u2043-][ \u00a0]+")


@dataclass(frozen=True)
class Run:
    """Words with their marks; a line break is a run whose text is a newline."""

    text: str
    marks: Marks = ()


@dataclass(frozen=True)
class Marker:
    """Says that a paragraph is really an item of a list."""

    level: int
    is_ordered: bool = False
    start: int = 1


@dataclass
class Block:
    """A paragraph, heading, list, item, table part, figure …; `runs` are its words, `children` what stands inside."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    children: "list[Block]" = field(default_factory=list)
    marker: Marker | None = None


# --- Lines ----------------------------------------------------------------------------------------------------------


def lines_of(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Parts the runs where two line breaks follow each other; each line without needless spaces, breaks and marks."""
    line: list[Run] = []
    for run in runs:
        text = run.text
        last = line[-1].text if line else "\n"
        if text == "\n":
            _strip_end(line)
            if line and line[-1].text == "\n":
                line.pop()
                yield merge(line)
                line = []
            elif line:
                line.append(run)
            continue
        if last[-1] in " \u00a0\n" and text and text[0] in " \u00a0":
            text = text[1:]
            if last[-1] == "\u00a0":
                line[-1] = Run(last[:-1] + " ", line[-1].marks)
        if text:
            line.append(Run(text, run.marks))
    _strip_end(line)
    if line and line[-1].text == "\n":
        line.pop()
        _strip_end(line)
    if line:
        yield merge(line)


def _strip_end(line: list[Run]) -> None:
    while line and line[-1].text != "\n":
        text = line[-1].text.rstrip(" \u00a0")
        if text:
            line[-1] = Run(text, line[-1].marks)
            return
        line.pop()


def merge(line: list[Run]) -> list[Run]:
    """Neighbours with the same marks become one; spaces and breaks carry only marks that both neighbours have."""
    for position, run in enumerate(line):
        if run.text.isspace():
            before = line[position - 1].marks if position else ()
            after = next((r.marks for r in line[position + 1 :] if not r.text.isspace()), ())
            line[position] = Run(run.text, tuple(mark for mark in before if mark in after))
    joined: list[Run] = []
    for run in line:
        if joined and joined[-1].marks == run.marks and "\n" not in (run.text, joined[-1].text):
            joined[-1] = Run(joined[-1].text + run.text, run.marks)
        else:
            joined.append(run)
    return joined


def without_mark(runs: list[Run], name: str) -> list[Run]:
    return merge([Run(run.text, tuple(mark for mark in run.marks if mark[0] != name)) for run in runs])


# --- Shaping --------------------------------------------------------------------------------------------------------


def walk(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        yield from walk(block.children)


def fit(blocks: list[Block], *, inside: str) -> list[Block]:
    """What may not stand inside an item, a cell, a quote or a box gives way to what it holds; no word is lost."""
    fitted: list[Block] = []
    for block in blocks:
        if block.tag in HEADINGS and inside != "div":
            strong = [Run(run.text, _with_strong(run.marks)) for run in block.runs]
            fitted.append(Block("p", runs=merge(strong)))
        elif block.tag == "div" or (block.tag == "blockquote" and inside == "blockquote"):
            fitted += fit(block.children, inside=inside)
        elif block.tag == "table" and inside == "td":
            inner = [cell for part in block.children for row in part.children for cell in row.children]
            fitted += [Block("p", runs=part.runs) for part in block.children if part.runs]
            fitted += [child for cell in inner for child in fit(cell.children, inside=inside)]
        else:
            fitted.append(block)
    return fitted


def _with_strong(marks: Marks) -> Marks:
    held = {**dict(marks), "strong": ""}
    return tuple((name, held[name]) for name in MARKS if name in held)


def gather(blocks: list[Block]) -> list[Block]:
    """Makes lists of items that stand one below the other, and of two or more paragraphs that begin with a bullet."""
    _mark_typed_bullets(blocks)
    gathered: list[Block] = []
    items: list[Block] = []
    for block in blocks:
        if block.marker:
            items.append(block)
            continue
        gathered += [*_nested(items), block]
        items = []
    return gathered + _nested(items)


def _mark_typed_bullets(blocks: list[Block]) -> None:
    bulleted = [
        block.tag == "p" and not block.attributes and bool(BULLET.match(block.runs[0].text)) for block in blocks
    ]
    for position, block in enumerate(blocks):
        neighbours = bulleted[max(0, position - 1) : position] + bulleted[position + 1 : position + 2]
        if not bulleted[position] or not any(neighbours):
            continue
        first, *rest = block.runs
        runs = next(iter(lines_of([Run(BULLET.sub("", first.text, count=1), first.marks), *rest])), [])
        if runs:
            blocks[position] = Block("li", children=[Block("p", runs=runs)], marker=Marker(1))


def _nested(items: list[Block]) -> list[Block]:
    top: list[Block] = []
    open_lists: list[tuple[int, Block]] = []
    for item in items:
        marker = item.marker or Marker(1)
        tag = "ol" if marker.is_ordered else "ul"
        while open_lists and open_lists[-1][0] > marker.level:
            open_lists.pop()
        if open_lists and open_lists[-1][0] == marker.level and open_lists[-1][1].tag != tag:
            open_lists.pop()
        if not open_lists or open_lists[-1][0] < marker.level:
            new = Block(tag, {"start": str(marker.start)} if marker.is_ordered and marker.start != 1 else {})
            (open_lists[-1][1].children[-1].children if open_lists else top).append(new)
            open_lists.append((marker.level, new))
        item.marker = None
        open_lists[-1][1].children.append(item)
    return top


def name_headings(blocks: list[Block]) -> None:
    """Gives each heading an id of its own. One that it has stays, so that links to it live on when its words change."""
    headings = [block for block in walk(blocks) if block.tag in HEADINGS]
    taken: set[str] = set()
    unnamed = []
    for heading in headings:
        name = heading.attributes["id"]
        if OWN_ID.fullmatch(name) and not RESERVED_ID.fullmatch(name) and name not in taken:
            taken.add(name)
        else:
            unnamed.append(heading)
    for heading in unnamed:
        words = re.sub(r"\[@[^\]]*\]", "", "".join(run.text for run in heading.runs))
        base = slugify(words).replace("_", "-")[:LONGEST_ID].strip("-") or "section"
        name, number = base, 1
        while name in taken or RESERVED_ID.fullmatch(name):
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        heading.attributes["id"] = name


# --- Writing --------------------------------------------------------------------------------------------------------

ON_ONE_LINE = frozenset({"td", "th", "figure"})


def write(block: Block) -> str:
    if block.tag == "figure":
        caption = f"<figcaption>{_line(block.runs)}</figcaption>" if block.runs else ""
        return f"<figure>{_opened('img', block.attributes)}{caption}</figure>"
    if block.runs:
        inner = _line(block.runs)
    elif block.tag in ("li", "td", "th"):
        inner = _contents(block.children, may_have_lists=block.tag == "li")
    else:
        inner = "\n{}\n".format("\n".join(write(child) for child in block.children))
    return f"{_opened(block.tag, block.attributes)}{inner}</{block.tag}>"


def _contents(blocks: list[Block], *, may_have_lists: bool) -> str:
    """An item or a cell that is one paragraph (an item: and the lists below it) needs no <p>."""
    if not blocks:
        return ""
    first, *others = blocks
    if first.tag == "p" and not first.attributes and all(may_have_lists and block.tag in LISTS for block in others):
        return "\n".join([_line(first.runs), *(write(block) for block in others)])
    return "\n".join(write(block) for block in blocks)


def _opened(tag: str, attributes: Mapping[str, str]) -> str:
    return "<{}>".format("".join([tag, *(f' {name}="{escape(value)}"' for name, value in attributes.items())]))


def _line(runs: list[Run]) -> str:
    written: list[str] = []
    open_marks: list[tuple[str, str]] = []
    for run in [*runs, Run("")]:
        shared = 0
        while shared < min(len(open_marks), len(run.marks)) and open_marks[shared] == run.marks[shared]:
            shared += 1
        while len(open_marks) > shared:
            written.append(f"</{open_marks.pop()[0]}>")
        for name, value in run.marks[shared:]:
            open_marks.append((name, value))
            written.append(_opened(name, {MARK_ATTRIBUTE[name]: value} if name in MARK_ATTRIBUTE else {}))
        written.append("<br>" if run.text == "\n" else escape(run.text, quote=False))
    return "".join(written)
