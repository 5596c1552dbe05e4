"""The list of articles, the list for one condition, and the article itself."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from editorial.paging import asked_page
from editorial.record import ledger
from editorial.safety import safety_texts
from editorial.signoff import holding
from pages.models import ConditionPage

from .models import Article

PER_PAGE = 8


@require_safe
def article_list(request: HttpRequest, slug: str = "") -> HttpResponse:
    """All articles, or with `slug` those about one condition. A page number that isn't there is a 404."""
    condition = get_object_or_404(ConditionPage.objects.published(), slug=slug) if slug else None
    articles = Article.objects.published().newest_first().for_lists()
    if condition:
        articles = articles.about(condition)
    page = asked_page(request, articles, PER_PAGE)
    return render(
        request,
        "blog/article_list.html",
        {
            "page": page,
            "canonical_url": f"{settings.SITE_URL}{request.path}{f'?page={page.number}' if page.number > 1 else ''}",
            "condition": condition,
            "conditions": list(ConditionPage.objects.published().without_texts()),
            "feed_url": reverse("blog:condition_feed", args=[slug]) if condition else reverse("blog:feed"),
        },
    )


@require_safe
def article_detail(request: HttpRequest, slug: str) -> HttpResponse:
    article = get_object_or_404(Article.objects.published().with_people().with_conditions(), slug=slug)
    return render(request, "blog/article_detail.html", article_context(article))


def article_context(article: Article) -> dict[str, Any]:
    """What the page shows; also used by the preview in the admin."""
    safety = safety_texts()
    text = article.rendered(safety)
    return {
        "article": article,
        "text": text,
        "sign_off": holding(article, text, safety),
        "ledger": ledger(article),
        "references": text.references,
        "conditions": [condition for condition in article.conditions.all() if condition.is_published],
        "related": article.read_next(),
    }
