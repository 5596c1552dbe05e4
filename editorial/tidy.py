"""Brings any HTML, a clipboard's included, into the one plain form in which rich text is stored.

Word, Google Docs, LibreOffice and web pages each say “bold” or “list” in their own way. Here every text is read as
blocks of marked words and written anew from them, so that equal texts have equal HTML and tidying twice changes nothing.
This module makes texts plain; what makes them harmless is the sanitiser that `richtext.clean` runs after it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

from django.utils.text import slugify

Address = Callable[[str], str | None]
Marks = tuple[tuple[str, str], ...]  # (tag, value) in the order of MARKS; the value is an address, a title or empty

MARKS = ("a", "abbr", "strong", "em", "sup", "sub")
MARK_ATTRIBUTE = {"a": "href", "abbr": "title"}
MARK_OF_TAG = {"b": "strong", "strong": "strong", "dt": "strong", "i": "em", "em": "em", "cite": "em", "dfn": "em"}
HEADING_OF_TAG = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
HEADINGS = frozenset(HEADING_OF_TAG.values())
LISTS = frozenset({"ul", "ol"})
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark q rp rt ruby s samp small span strike "
    "strong sub sup time tt u var wbr".split()
)
BLOCKS = frozenset(
    "address article aside blockquote body br caption center col colgroup dd details dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr img legend li main menu ol p pre search section summary "
    "table tbody td tfoot th thead tr ul".split()
)
# Ids that the templates, the citations (m1, r1) and the forms of the page use; a heading never takes one of them.
RESERVED_ID = re.compile(
    r"(?:about|articles|ask|begin|changes|conditions|contents|credentials|disclaimer|email|facts|form|help|how|key|"
    r"key-points|letter|main|menu|next|notes|on-this-page|page|people|problem|q|questions|references|related|reviewed|"
    r"risks|search|signup|terms|top|website|written|foot-[a-z]+|signup-[a-z]+|question-\d+|[mnqr]\d+)(?:-title|-label|-error|-help)?"
)
OWN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
LONGEST_ID = 60
DEEPEST = 100  # nested elements; no text of a person comes near, and beyond it recursion would end badly
SPACES = re.compile("[ \t\r\n\f\v\u00a0]+")
BULLET = re.compile("[·•▪◦‣§\u2043-][ \u00a0]+")
# What has no meaning in a text: control and private-use characters (Word's Symbol bullets among them), soft hyphens,
# zero-width spaces, byte-order marks. The zero-width joiner stays: scripts and emoji need it.
MEANINGLESS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ufdd0-\ufdef\ufeff\ufffe\uffff\ue000-\uf8ff]")


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


def tidy(html: str, *, link: Address, picture: Address) -> str:
    """`html` must be well-formed, as a sanitiser writes it. `link` and `picture` give an address back, or None to drop it."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    if tree.depth > DEEPEST:
        words = SPACES.sub(" ", MEANINGLESS.sub("", " ".join(tree.words))).strip()
        return f"<p>{escape(words, quote=False)}</p>" if words else ""
    blocks = _Reader(link, picture).flow(tree.root, ())
    _name_headings(blocks)
    return "\n".join(_written(block) for block in blocks)


# --- Reading --------------------------------------------------------------------------------------------------------


class _Tree(HTMLParser):
    """The elements of well-formed HTML, nothing mended."""

    VOID = frozenset({"br", "col", "hr", "img", "wbr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._builder = TreeBuilder()
        self.root: Element = self._builder.start("div", {})
        self.words: list[str] = []
        self.depth = self._open = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in self.VOID:
            self._builder.end(tag)
            return
        self._open += 1
        self.depth = max(self.depth, self._open)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self._open:
            self._builder.end(tag)
            self._open -= 1

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        self._builder.data(MEANINGLESS.sub("", data))

    def close(self) -> None:
        super().close()
        self._builder.end("div")


class _Flow:
    """Gathers what stands one below the other: words into lines, lines and blocks into a list."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._runs: list[Run] = []

    def text(self, text: str | None, marks: Marks) -> None:
        if text:
            self._runs.append(Run(SPACES.sub(lambda found: "\u00a0" if found[0] == "\u00a0" else " ", text), marks))

    def line_break(self) -> None:
        self._runs.append(Run("\n"))

    def add(self, blocks: Iterable[Block]) -> None:
        self._end_line()
        self._blocks.extend(blocks)

    def blocks(self) -> list[Block]:
        self._end_line()
        return self._blocks

    def _end_line(self) -> None:
        self._blocks.extend(Block("p", runs=line) for line in _lines(self._runs))
        self._runs = []


class _Reader:
    def __init__(self, link: Address, picture: Address) -> None:
        self._link = link
        self._picture = picture
        self._bullet: str | None = None  # what Word wrote before the item that is being read

    def flow(self, element: Element, marks: Marks) -> list[Block]:
        return _gathered(self._loose(element, marks))

    def _loose(self, element: Element, marks: Marks) -> list[Block]:
        """What stands in the element; items of lists may still stand alone among it."""
        flow = _Flow()
        self._read(element, marks, flow)
        return flow.blocks()

    def _read(self, element: Element, marks: Marks, flow: _Flow) -> None:
        flow.text(element.text, marks)
        for child in element:
            self._enter(child, marks, flow)
            flow.text(child.tail, marks)

    def _enter(self, child: Element, marks: Marks, flow: _Flow) -> None:
        style = _declarations(child)
        if _is_hidden(child, style):
            if "ignore" in style.get("mso-list", "").lower():
                self._bullet = "".join(child.itertext()).strip()
            return
        tag, marks = child.tag, self._marks(child, style, marks)
        if tag == "br":
            flow.line_break()
        elif tag in INLINE:
            self._read(child, marks, flow)
        else:
            flow.add(self._block(child, tag, style, marks))

    def _block(self, child: Element, tag: str, style: Mapping[str, str], marks: Marks) -> list[Block]:
        if tag in HEADING_OF_TAG:
            return self._heading(child, marks)
        if tag in ("ul", "ol", "menu", "dir"):
            return self._list(child, marks)
        if tag == "table":
            return self._table(child, marks)
        if tag == "figure":
            return self._figure(child, marks)
        if tag == "img":
            return self._image(child)
        return self._paragraphs(child, tag, style, marks)

    # Words

    def _marks(self, child: Element, style: Mapping[str, str], outer: Marks) -> Marks:
        marks = dict(outer)
        tag = child.tag
        if tag == "a" and (address := self._link(child.get("href", ""))):
            marks["a"] = address
        elif tag in ("abbr", "acronym") and (title := _line_of_words(child.get("title", ""))):
            marks["abbr"] = title
        elif tag in MARK_OF_TAG:
            marks[MARK_OF_TAG[tag]] = ""
        weight = style.get("font-weight", "")
        if weight in ("bold", "bolder") or (weight.isdecimal() and int(weight) >= 600):
            marks["strong"] = ""
        elif weight:
            marks.pop("strong", None)
        slant = style.get("font-style", "")
        if slant.startswith(("italic", "oblique")):
            marks["em"] = ""
        elif slant:
            marks.pop("em", None)
        raised = tag if tag in ("sup", "sub") else style.get("vertical-align", "") if tag in INLINE else ""
        if raised in ("sup", "super", "sub"):
            marks.pop("sub" if raised != "sub" else "sup", None)
            marks["sub" if raised == "sub" else "sup"] = ""
        return tuple((name, marks[name]) for name in MARKS if name in marks)

    def _one_line(self, element: Element, marks: Marks) -> tuple[list[Run], list[Block]]:
        """All words of the element as one line, and the pictures among them."""
        blocks = self.flow(element, marks)
        runs: list[Run] = []
        pictures = []
        for block in _walk(blocks):
            runs += [Run(" "), *block.runs] if block.runs else []
            if block.tag == "figure":
                pictures.append(Block("figure", block.attributes))
        spaced = [Run(" ", run.marks) if run.text == "\n" else run for run in runs]
        return next(iter(_lines(spaced)), []), pictures

    # Blocks

    def _paragraphs(self, child: Element, tag: str, style: Mapping[str, str], marks: Marks) -> list[Block]:
        classes = child.get("class", "").split()
        self._bullet, outer_bullet = None, self._bullet
        blocks = self._loose(child, marks)
        bullet, self._bullet = self._bullet, outer_bullet
        level = re.search(r"\blevel(\d)", style.get("mso-list", ""))
        if tag == "p" and level and blocks:
            item = _fitted(_gathered(blocks), inside="li")
            return [Block("li", children=item, marker=_marker(bullet or "", int(level[1])))]
        if tag == "blockquote" or any(name in ("MsoQuote", "MsoIntenseQuote") for name in classes):
            quoted = _fitted(_gathered(blocks), inside="blockquote")
            return [Block("blockquote", children=quoted)] if quoted else []
        if "callout" in classes:
            boxed = _fitted(_gathered(blocks), inside="div")
            return [Block("div", {"class": "callout"}, children=boxed)] if boxed else []
        for block in blocks:
            if block.tag != "p":
                continue
            if "MsoTitle" in classes:
                block.tag, block.attributes, block.runs = "h2", {"id": ""}, _without(block.runs, "strong")
            elif "set-off" in classes:
                block.attributes["class"] = "set-off"
        return blocks

    def _heading(self, child: Element, marks: Marks) -> list[Block]:
        runs, pictures = self._one_line(child, marks)
        heading = Block(HEADING_OF_TAG[child.tag], {"id": child.get("id", "")}, _without(runs, "strong"))
        return [heading, *pictures] if runs else list(pictures)

    def _list(self, element: Element, marks: Marks) -> list[Block]:
        items: list[Block] = []
        tag = "ol" if element.tag == "ol" else "ul"

        def add(children: list[Block], level: int = 0) -> None:
            fitted = _fitted(_gathered(children), inside="li")
            if fitted:
                items.append(Block("li", children=fitted, marker=Marker(level, tag == "ol") if level else None))

        loose = _Flow()
        loose.text(element.text, marks)
        for child in element:
            if child.tag == "li":
                add(loose.blocks())
                loose = _Flow()
                add(self.flow(child, self._marks(child, _declarations(child), marks)), _spoken_level(child))
            elif child.tag in ("ul", "ol") and items:  # a list in a list, not in an item: Google Docs writes so
                items[-1].children.extend(_gathered(self._list(child, marks)))
            else:
                self._enter(child, marks, loose)
            loose.text(child.tail, marks)
        add(loose.blocks())
        if items and all(item.marker for item in items):
            return items  # Word on the web puts each item into a list of its own and says its level
        attributes = {}
        start = element.get("start", "")
        if tag == "ol" and re.fullmatch(r"\d{1,4}", start) and int(start) != 1:
            attributes["start"] = str(int(start))
        for item in items:
            item.marker = None
        return [Block(tag, attributes, children=items)] if items else []

    def _image(self, element: Element) -> list[Block]:
        source = self._picture(element.get("src", ""))
        if not source:
            return []
        attributes = {"src": source}
        if "alt" in element.attrib:
            attributes["alt"] = _line_of_words(element.get("alt", ""))
        for name in ("width", "height"):
            if re.fullmatch(r"[1-9]\d{0,4}", element.get(name, "")):
                attributes[name] = element.get(name, "")
        return [Block("figure", attributes)]

    def _figure(self, element: Element, marks: Marks) -> list[Block]:
        """A picture or a table with its caption. A caption whose picture was dropped stays as a paragraph."""
        captions = [child for child in element if child.tag == "figcaption"]
        for caption in captions:
            element.remove(caption)
        blocks = self.flow(element, marks)
        runs = next(iter(_lines([run for c in captions for run in [Run(" "), *self._one_line(c, marks)[0]]])), [])
        if not runs:
            return blocks
        for block in blocks:
            if block.tag == "figure" and not block.runs:
                block.runs = runs
                return blocks
            if block.tag == "table" and block.children[0].tag != "caption":
                block.children.insert(0, Block("caption", runs=runs))
                return blocks
        return [*blocks, Block("p", runs=runs)]

    # Tables

    def _table(self, element: Element, marks: Marks) -> list[Block]:
        head: list[Block] = []
        body: list[Block] = []
        caption: list[Run] = []
        for part in element:
            if part.tag == "caption":
                caption = self._one_line(part, marks)[0]
            elif part.tag == "thead":
                head += self._rows(part, marks, in_head=True)
            elif part.tag in ("tbody", "tfoot"):
                body += self._rows(part, marks, in_head=False)
        if not head and len(body) > 1 and all(cell.tag == "th" for cell in body[0].children):
            head.append(body.pop(0))
            for cell in head[0].children:
                cell.attributes["scope"] = "col"
        cells = [cell for row in head + body for cell in row.children]
        if not any(cell.children for cell in cells):
            return [Block("p", runs=caption)] if caption else []
        if len(cells) == 1 and not caption:
            return cells[0].children  # a frame for the layout's sake, not a table
        groups = [Block("caption", runs=caption)] if caption else []
        groups += [Block(tag, children=rows) for tag, rows in (("thead", head), ("tbody", body)) if rows]
        return [Block("table", children=groups)]

    def _rows(self, group: Element, marks: Marks, *, in_head: bool) -> list[Block]:
        rows = []
        for row in group:
            cells = [self._cell(cell, marks, in_head) for cell in row if cell.tag in ("td", "th")]
            mixed = any(cell.tag == "td" for cell in cells)
            for position, cell in enumerate(cells):
                if cell.tag == "th" and "scope" not in cell.attributes:
                    cell.attributes["scope"] = "row" if mixed and position == 0 else "col"
            if cells:
                rows.append(Block("tr", children=cells))
        return rows

    def _cell(self, element: Element, marks: Marks, in_head: bool) -> Block:
        children = _fitted(self.flow(element, marks), inside="td")
        tag = "th" if in_head else element.tag
        attributes = {}
        if tag == "th":
            for block in _walk(children):
                block.runs = _without(block.runs, "strong")
            scope = element.get("scope", "").lower()
            if in_head:
                attributes["scope"] = "col"
            elif scope in ("col", "row"):
                attributes["scope"] = scope
        for name in ("colspan", "rowspan"):
            if re.fullmatch(r"[2-9]|[1-9]\d", element.get(name, "")):
                attributes[name] = element.get(name, "")
        return Block(tag, attributes, children=children)


def _declarations(element: Element) -> dict[str, str]:
    pairs = (part.partition(":") for part in element.get("style", "").split(";"))
    return {name.strip().lower(): value.strip().lower() for name, _colon, value in pairs if value.strip()}


def _is_hidden(element: Element, style: Mapping[str, str]) -> bool:
    """What its own program did not show, or showed beside the text: comments, bullets that are only drawn, previews."""
    return (
        style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or style.get("mso-hide") == "all"
        or "ignore" in style.get("mso-list", "")
        or style.get("mso-element", "").startswith("comment")
        or "hidden" in element.attrib
        or any(name.lower().startswith(("msocom", "msocommentreference")) for name in element.get("class", "").split())
    )


def _marker(bullet: str, level: int) -> Marker:
    """Reads what Word wrote before an item: “·” and “o” are bullets, “3.” and “b)” are numbers."""
    number = re.match(r"\(?(?:(\d{1,4})|[a-zA-Z]{1,5})[.)]", bullet)
    if not number:
        return Marker(level)
    return Marker(level, is_ordered=True, start=int(number[1]) if number[1] else 1)


def _spoken_level(item: Element) -> int:
    level = item.get("data-aria-level", "")
    return int(level) if re.fullmatch("[1-9]", level) else 0


# --- Lines ----------------------------------------------------------------------------------------------------------


def _line_of_words(text: str) -> str:
    return SPACES.sub(" ", MEANINGLESS.sub("", text)).strip()


def _lines(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Parts the runs where two line breaks follow each other; each line without needless spaces, breaks and marks."""
    line: list[Run] = []
    for run in runs:
        text = run.text
        last = line[-1].text if line else "\n"
        if text == "\n":
            _strip_end(line)
            if line and line[-1].text == "\n":
                line.pop()
                yield _joined(line)
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
        yield _joined(line)


def _strip_end(line: list[Run]) -> None:
    while line and line[-1].text != "\n":
        text = line[-1].text.rstrip(" \u00a0")
        if text:
            line[-1] = Run(text, line[-1].marks)
            return
        line.pop()


def _joined(line: list[Run]) -> list[Run]:
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


def _without(runs: list[Run], name: str) -> list[Run]:
    return _joined([Run(run.text, tuple(mark for mark in run.marks if mark[0] != name)) for run in runs])


# --- Shaping --------------------------------------------------------------------------------------------------------


def _walk(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        yield from _walk(block.children)


def _fitted(blocks: list[Block], *, inside: str) -> list[Block]:
    """What may not stand inside an item, a cell, a quote or a box gives way to what it holds; no word is lost."""
    fitted: list[Block] = []
    for block in blocks:
        if block.tag in HEADINGS and inside != "div":
            strong = [Run(run.text, _with_strong(run.marks)) for run in block.runs]
            fitted.append(Block("p", runs=_joined(strong)))
        elif block.tag == "div" or (block.tag == "blockquote" and inside == "blockquote"):
            fitted += _fitted(block.children, inside=inside)
        elif block.tag == "table" and inside == "td":
            inner = [cell for part in block.children for row in part.children for cell in row.children]
            fitted += [Block("p", runs=part.runs) for part in block.children if part.runs]
            fitted += [child for cell in inner for child in _fitted(cell.children, inside=inside)]
        else:
            fitted.append(block)
    return fitted


def _with_strong(marks: Marks) -> Marks:
    held = {**dict(marks), "strong": ""}
    return tuple((name, held[name]) for name in MARKS if name in held)


def _gathered(blocks: list[Block]) -> list[Block]:
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
    bulleted = [block.tag == "p" and not block.attributes and bool(BULLET.match(block.runs[0].text)) for block in blocks]
    for position, block in enumerate(blocks):
        neighbours = bulleted[max(0, position - 1) : position] + bulleted[position + 1 : position + 2]
        if not bulleted[position] or not any(neighbours):
            continue
        first, *rest = block.runs
        runs = next(iter(_lines([Run(BULLET.sub("", first.text, count=1), first.marks), *rest])), [])
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


def _name_headings(blocks: list[Block]) -> None:
    """Gives each heading an id of its own. One that it has stays, so that links to it live on when its words change."""
    headings = [block for block in _walk(blocks) if block.tag in HEADINGS]
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


def _written(block: Block) -> str:
    if block.tag == "figure":
        caption = f"<figcaption>{_line(block.runs)}</figcaption>" if block.runs else ""
        return f"<figure>{_opened('img', block.attributes)}{caption}</figure>"
    if block.runs:
        inner = _line(block.runs)
    elif block.tag in ("li", "td", "th"):
        inner = _contents(block.children, may_have_lists=block.tag == "li")
    else:
        inner = "\n{}\n".format("\n".join(_written(child) for child in block.children))
    return f"{_opened(block.tag, block.attributes)}{inner}</{block.tag}>"


def _contents(blocks: list[Block], *, may_have_lists: bool) -> str:
    """An item or a cell that is one paragraph (an item: and the lists below it) needs no <p>."""
    if not blocks:
        return ""
    first, *others = blocks
    if first.tag == "p" and not first.attributes and all(may_have_lists and block.tag in LISTS for block in others):
        return "\n".join([_line(first.runs), *(_written(block) for block in others)])
    return "\n".join(_written(block) for block in blocks)


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
