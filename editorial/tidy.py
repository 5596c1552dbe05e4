"""Brings any HTML, a clipboard's included, into the one plain form in which rich text is stored.

Word, Google Docs, LibreOffice and web pages each say “bold” or “list” in their own way. Here every text is read as
blocks of marked words (see `textblocks`) and written anew from them, so that equal texts have equal HTML and
tidying twice changes nothing. This module makes texts plain; what makes them harmless is the sanitiser that
`richtext.clean` runs after it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

from .textblocks import (
    MARKS,
    Block,
    Marker,
    Marks,
    Run,
    fit,
    gather,
    lines_of,
    name_headings,
    walk,
    without_mark,
    write,
)

Address = Callable[[str], str | None]

MARK_OF_TAG = {"b": "strong", "strong": "strong", "dt": "strong", "i": "em", "em": "em", "cite": "em", "dfn": "em"}
HEADING_OF_TAG = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub",
    "sup", "time", "tt", "u", "var", "wbr",
})  # fmt: skip
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "col", "colgroup", "dd",
    "details", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hgroup", "hr", "img", "legend", "li", "main", "menu", "ol", "p", "pre",
    "search", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
DEEPEST = 100  # nested elements; no text of a person comes near, and beyond it recursion would end badly
SPACES = re.compile("[ \t\r\n\f\v\u00a0]+")
# What has no meaning in a text: control and private-use characters (Word's Symbol bullets among them), soft hyphens,
# zero-width spaces, byte-order marks. The zero-width joiner stays: scripts and emoji need it.
MEANINGLESS = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)


def tidy(html: str, *, link: Address, picture: Address) -> str:
    """The same text in the plain form. `html` must be well-formed, as a sanitiser writes it.

    `link` and `picture` are given each address; they answer with the one to use, or None to drop it.
    """
    tree = _Tree()
    tree.feed(html)
    tree.close()
    if tree.depth > DEEPEST:
        words = SPACES.sub(" ", MEANINGLESS.sub("", " ".join(tree.words))).strip()
        return f"<p>{escape(words, quote=False)}</p>" if words else ""
    blocks = _Reader(link, picture).flow(tree.root, ())
    name_headings(blocks)
    return "\n".join(write(block) for block in blocks)


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
        self._blocks.extend(Block("p", runs=line) for line in lines_of(self._runs))
        self._runs = []


class _Reader:
    def __init__(self, link: Address, picture: Address) -> None:
        self._link = link
        self._picture = picture
        self._bullet = ""  # what Word wrote before the item that is being read

    def flow(self, element: Element, marks: Marks) -> list[Block]:
        return gather(self._loose(element, marks))

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
        for block in walk(blocks):
            runs += [Run(" "), *block.runs] if block.runs else []
            if block.tag == "figure":
                pictures.append(Block("figure", block.attributes))
        spaced = [Run(" ", run.marks) if run.text == "\n" else run for run in runs]
        return next(iter(lines_of(spaced)), []), pictures

    # Blocks

    def _paragraphs(self, child: Element, tag: str, style: Mapping[str, str], marks: Marks) -> list[Block]:
        classes = child.get("class", "").split()
        self._bullet, outer_bullet = "", self._bullet
        blocks = self._loose(child, marks)
        bullet, self._bullet = self._bullet, outer_bullet
        level = re.search(r"\blevel(\d)", style.get("mso-list", ""))
        if tag == "p" and level and blocks:
            item = fit(gather(blocks), inside="li")
            return [Block("li", children=item, marker=_marker(bullet, int(level[1])))]
        if tag == "blockquote" or any(name in ("MsoQuote", "MsoIntenseQuote") for name in classes):
            quoted = fit(gather(blocks), inside="blockquote")
            return [Block("blockquote", children=quoted)] if quoted else []
        if "callout" in classes:
            boxed = fit(gather(blocks), inside="div")
            return [Block("div", {"class": "callout"}, children=boxed)] if boxed else []
        for block in blocks:
            if block.tag != "p":
                continue
            if "MsoTitle" in classes:
                block.tag, block.attributes, block.runs = "h2", {"id": ""}, without_mark(block.runs, "strong")
            elif "set-off" in classes:
                block.attributes["class"] = "set-off"
        return blocks

    def _heading(self, child: Element, marks: Marks) -> list[Block]:
        runs, pictures = self._one_line(child, marks)
        heading = Block(HEADING_OF_TAG[child.tag], {"id": child.get("id", "")}, without_mark(runs, "strong"))
        return [heading, *pictures] if runs else list(pictures)

    def _list(self, element: Element, marks: Marks) -> list[Block]:
        items: list[Block] = []
        tag = "ol" if element.tag == "ol" else "ul"

        def add(children: list[Block], level: int = 0) -> None:
            fitted = fit(gather(children), inside="li")
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
                items[-1].children.extend(gather(self._list(child, marks)))
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
        runs = next(iter(lines_of([run for c in captions for run in [Run(" "), *self._one_line(c, marks)[0]]])), [])
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
        children = fit(self.flow(element, marks), inside="td")
        tag = "th" if in_head else element.tag
        attributes = {}
        if tag == "th":
            for block in walk(children):
                block.runs = without_mark(block.runs, "strong")
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


def _line_of_words(text: str) -> str:
    return SPACES.sub(" ", MEANINGLESS.sub("", text)).strip()
