"""What differs between two texts that a clinician answers for, word by word, as readers would see it."""

import json
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from lxml.html.diff import htmldiff


def as_document(content: str) -> str:
    """Canonical clinical content (see signoff) as HTML: everything in it, under plain headings."""
    said: dict[str, Any] = json.loads(content)
    parts = [f"<h2>{escape(said['title'])}</h2>", f"<p>{escape(said['summary'])}</p>"]
    parts += [_list("ul", [escape(point) for point in said["key points"]])]
    parts += [f"<p><b>{escape(name)}:</b> {escape(text)}</p>" for name, text in said["fields"].items() if text]
    parts += [said["text"]]
    parts += [f"<h3>{escape(heading)}</h3>{html}" for heading, html in said["further"]]
    parts += [f"<h3>{_('References')}</h3>"] if said["references"] else []
    parts += [_list("ol", [escape(" · ".join(filter(None, row[1:]))) for row in said["references"]])]
    parts += [f"<h3>{escape(title)}</h3>{html}" for title, html in said["safety texts"].values()]
    file, description = said["cover"]
    parts += [f"<p><b>{_('Cover')}:</b> {escape(file)} {escape(description)}</p>"] if file else []
    return "".join(parts)


def difference(old: str, new: str) -> SafeString:
    """The new content with what was put in (<ins>) and taken out (<del>); both are canonical clinical content."""
    marked: str = htmldiff(as_document(old), as_document(new))
    return mark_safe(marked)  # noqa: S308  (clean in, and what is added here is escaped)


def _list(tag: str, entries: list[str]) -> str:
    return f"<{tag}>{''.join(f'<li>{entry}</li>' for entry in entries)}</{tag}>" if entries else ""
