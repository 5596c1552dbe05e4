"""Search over everything published, with PostgreSQL's full text. Nothing of a query is stored."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.core.paginator import Page
from django.db.models import CharField, F, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from blog.models import Article
from editorial.paging import asked_page
from editorial.publishing import Publishable
from pages.models import ConditionPage, StandingPage

PER_PAGE = 10
LONGEST_QUERY = 200  # characters; more is cut, nobody types more
ANY_CITATION = re.compile(r"\[@[^\]\s]*\]?|^[^\[\]\s]*\]")  # whole, cut off at an end, or with a hit marked inside
START, STOP = "\ue000", "\ue001"  # private-use characters mark the hits, so that the excerpt can be escaped as a whole
KINDS: dict[str, tuple[type[Publishable], str]] = {
    "condition": (ConditionPage, "pages:condition_detail"),
    "standing": (StandingPage, "pages:standing_detail"),
    "article": (Article, "blog:article_detail"),
}
KIND_NAMES = {"condition": _("Condition"), "standing": _("About the treatment and the clinic"), "article": _("Article")}


@dataclass(frozen=True)
class Result:
    title: str
    url: str
    kind: str
    excerpt: SafeString


def find(words: str) -> QuerySet[Any, Any]:
    """Ranked rows of every kind in one query; weights are those of `Publishable.search_vector`."""
    query = SearchQuery(words, search_type="websearch", config="english")

    def of_kind(kind: str) -> QuerySet[Any, Any]:
        return (
            KINDS[kind][0]
            .objects.published()
            .filter(search_vector=query)
            .annotate(
                kind=Value(kind, output_field=CharField()),
                rank=SearchRank(F("search_vector"), query, normalization=Value(1)),
            )
            .values("pk", "kind", "title", "slug", "rank")
            .order_by()
        )

    first, *others = [of_kind(kind) for kind in KINDS]
    return first.union(*others, all=True).order_by("-rank", "title")


def with_excerpts(rows: list[dict[str, object]], words: str) -> list[Result]:
    """Turns rows into results; the excerpts of one kind take one query, and only for the rows shown."""
    query = SearchQuery(words, search_type="websearch", config="english")
    excerpts: dict[tuple[object, object], str] = {}
    for kind, (model, _view) in KINDS.items():
        keys = [row["pk"] for row in rows if row["kind"] == kind]
        if not keys:
            continue
        headline = SearchHeadline(
            Concat("summary", Value(" "), "body", output_field=TextField()),
            query,
            config="english",
            start_sel=START,
            stop_sel=STOP,
            max_words=36,
            min_words=18,
        )
        found = model._default_manager.filter(pk__in=keys).annotate(excerpt=headline).values_list("pk", "excerpt")
        excerpts.update({(kind, pk): excerpt for pk, excerpt in found})
    return [
        Result(
            title=str(row["title"]),
            url=reverse(KINDS[str(row["kind"])][1], args=[row["slug"]]),
            kind=str(KIND_NAMES[str(row["kind"])]),
            excerpt=marked(excerpts.get((row["kind"], row["pk"]), "")),
        )
        for row in rows
    ]


def marked(excerpt: str) -> SafeString:
    """The excerpt as text, hits in <mark>. Tags and cut-off tags at its ends are dropped first, the rest is escaped."""
    text = ANY_CITATION.sub("", excerpt)
    text = re.sub(r"^[^<>]*>", "", text) if re.match(r"^[^<]*>", text) else text
    text = re.sub(r"<[^>]*$", "", text)
    text = " ".join(unescape(strip_tags(text)).split())
    text = re.sub(r"\s+([.,;:?!])", r"\1", text)  # PostgreSQL leaves a space where a tag stood
    if not text:
        return SafeString("")
    if text.lstrip(START)[:1].islower():
        text = f"… {text}"
    if text[-1] not in ".?!":
        text = f"{text} …"
    text = escape(text)
    return mark_safe(text.replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308  (escaped just above)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    page: Page[Result] | None = None
    if words:
        page = asked_page(request, find(words), PER_PAGE)
        page.object_list = with_excerpts(list(page.object_list), words)  # type: ignore[arg-type]
    response = render(request, "search.html", {"query": words, "page": page})
    response.headers["Cache-Control"] = "no-store"  # what somebody looked for stays out of every cache
    return response
