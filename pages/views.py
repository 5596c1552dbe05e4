"""Condition pages, standing pages and the pages of people."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from editorial.models import Person
from editorial.publishing import published_pages
from editorial.record import ledger
from editorial.rendering import render_page
from editorial.safety import safety_texts
from editorial.signoff import holding

from .models import ConditionPage, StandingPage

ABOUT_SLUG, CONTACT_SLUG = "about", "contact"  # these two standing pages also show people and the clinic's facts
LATEST_ARTICLES = 6


@require_safe
def condition_list(request: HttpRequest) -> HttpResponse:
    conditions = ConditionPage.objects.published().without_texts()
    return render(request, "pages/condition_list.html", {"conditions": list(conditions)})


@require_safe
def condition_detail(request: HttpRequest, slug: str) -> HttpResponse:
    condition = get_object_or_404(ConditionPage.objects.published().with_people(), slug=slug)
    return render(request, "pages/condition_detail.html", condition_context(condition))


def condition_context(condition: ConditionPage) -> dict[str, Any]:
    """What the page shows; also used by the preview in the admin."""
    questions = list(condition.questions.all())
    safety = safety_texts()
    # The reverse side of Article.conditions: this room knows articles by it alone and imports nothing of theirs.
    articles = condition.articles.published().newest_first().for_lists()
    text = condition.rendered(safety)
    return {
        "condition": condition,
        "text": text,
        "sign_off": holding(condition, text, safety),
        "ledger": ledger(condition),
        "references": text.references,
        "questions": [
            (q.question, answer, f"question-{q.pk}") for q, answer in zip(questions, text.further, strict=True)
        ],
        "articles": list(articles[:LATEST_ARTICLES]),
        "article_count": articles.count(),
        "feed_url": reverse("blog:condition_feed", args=[condition.slug]),
    }


@require_safe
def standing_detail(request: HttpRequest, slug: str) -> HttpResponse:
    standing = get_object_or_404(StandingPage.objects.published().with_people(), slug=slug)
    return render(request, "pages/standing_detail.html", standing_context(standing))


def standing_context(standing: StandingPage) -> dict[str, Any]:
    safety = safety_texts()
    people = Person.objects.filter(is_listed=True) if standing.slug == ABOUT_SLUG else Person.objects.none()
    text = standing.rendered(safety)
    return {
        "standing": standing,
        "text": text,
        "sign_off": holding(standing, text, safety),
        "ledger": ledger(standing),
        "references": text.references,
        "people": list(people),
        "is_contact": standing.slug == CONTACT_SLUG,
    }


@require_safe
def person_detail(request: HttpRequest, slug: str) -> HttpResponse:
    person = get_object_or_404(Person, slug=slug, is_listed=True)
    text = render_page(person.biography)
    return render(
        request,
        "pages/person_detail.html",
        {
            "person": person,
            "text": text,
            "biography": text.html,
            "credentials": list(person.credentials.all()),
            "written": published_pages(author=person),
            "reviewed": published_pages(reviewer=person),
        },
    )
