"""What a sign-off is bound to: the canonical clinical content of a page, and its SHA-256.

The canonical content is what readers are told (title, summary, texts as rendered, references, safety texts in force)
without what only dresses it (classes, ids, wrappers), so that a change of the site's looks voids no sign-off and a
changed word does.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.utils.html import escape
from lxml import html as lxml_html
from lxml.html import HtmlElement

from .models import Person, Revision, SafetyText, SignOff
from .publishing import Publishable
from .rendering import Cited, Rendered
from .safety import safety_texts

FORMAT = 1  # of the canonical content; a change of what it holds takes the next number, and voids every sign-off
MEANINGFUL = ("href", "src", "alt", "colspan", "rowspan", "start")  # attributes that tell a reader something
TRANSPARENT = {"div", "span", "section", "thead", "tbody", "tfoot"}  # wrappers; what they hold counts
DRESS = {"note"}  # classes of what repeats: a margin note says what the list of references says


def clinical_content(
    page: Publishable, rendered: Rendered | None = None, safety: Mapping[str, SafetyText] | None = None
) -> str:
    """Canonical JSON of what a clinician answers for; pass what is already at hand to save queries."""
    safety = safety_texts() if safety is None else safety
    rendered = page.rendered(safety) if rendered is None else rendered
    headings = [heading for heading, _text in page.further_texts()]
    parts = {
        "format": FORMAT,
        "title": page.title,
        "summary": page.summary,
        "key points": page.key_point_list,
        "fields": page.clinical_fields(),
        "text": canonical_html(rendered.html),
        "further": [[h, canonical_html(text)] for h, text in zip(headings, rendered.further, strict=True)],
        "references": [_reference(cited) for cited in rendered.references],
        "safety texts": {
            kind: [safety[kind].title, canonical_html(safety[kind].body)]
            for kind in page.SAFETY_KINDS
            if kind in safety
        },
        "cover": [page.cover.file.name if page.cover else "", page.cover_alt],
    }
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, indent=1)


def digest_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def current_digest(page: Publishable) -> str:
    """Of the page's row as it is, with the references and safety texts of this moment."""
    return digest_of(clinical_content(page))


def holding(
    page: Publishable, rendered: Rendered | None = None, safety: Mapping[str, SafetyText] | None = None
) -> SignOff | None:
    """The sign-off of what readers see, if it is for exactly what they see."""
    signed: SignOff | None = page.sign_off
    if signed is None or digest_of(clinical_content(page, rendered, safety)) != signed.digest:
        return None
    return signed


def credential_of(person: Person) -> dict[str, Any]:
    """What the register says now, to be kept with the sign-off; empty where nothing holds."""
    credential = person.valid_credential()
    if credential is None:
        return {}
    return {
        "kind": credential.kind,
        "number": credential.number,
        "state": credential.state,
        "expires_on": credential.expires_on,
    }


def writers_since_sign_off(revision: Revision) -> set[int]:
    """Ids of the accounts whose words a reviewer of this revision answers for.

    All savers since the last clinical sign-off; and where one of them restored a revision, those who had written it.
    """
    mine = Revision.objects.filter(content_type=revision.content_type_id, object_id=revision.object_id)
    signed = (
        SignOff.objects.filter(
            content_type=revision.content_type_id,
            object_id=revision.object_id,
            kind=SignOff.Kind.CLINICAL,
            revision__number__lt=revision.number,
        )
        .order_by("-revision__number")
        .values_list("revision__number", flat=True)
        .first()
        or 0
    )
    since = mine.filter(number__gt=signed, number__lte=revision.number)
    writers = set(since.filter(saved_by__isnull=False).values_list("saved_by", flat=True))
    for restored in since.filter(restored_from__isnull=False).select_related("restored_from"):
        if restored.restored_from is not None:
            writers |= writers_since_sign_off(restored.restored_from)
    return writers


def _reference(cited: Cited) -> list[str]:
    r = cited.reference
    return [str(cited.number), r.key, r.authors, r.title, r.source, str(r.year), r.link, r.kind, r.design, r.note]


def canonical_html(html: str) -> str:
    """HTML less its dress: words, elements that carry meaning, and of their attributes those that do."""
    out: list[str] = []
    _write(lxml_html.fragment_fromstring(html or "", create_parent="div"), out)
    return " ".join("".join(out).split())


def _write(element: HtmlElement, out: list[str]) -> None:
    if not isinstance(element.tag, str) or element.get("class") in DRESS:
        out.append(escape(element.tail or ""))
        return
    is_citation = element.get("class") == "ref"
    shown = element.tag not in TRANSPARENT and not is_citation
    if shown:
        kept = "".join(f' {name}="{escape(element.get(name))}"' for name in MEANINGFUL if element.get(name) is not None)
        out.append(f"<{element.tag}{kept}>")
    out.append("[" if is_citation else "")
    out.append(escape(element.text or ""))
    for child in element:
        _write(child, out)
    out.append("]" if is_citation else "")
    if shown:
        out.append(f"</{element.tag}>")
    out.append(escape(element.tail or ""))
