"""Atom feeds: all articles, and those about one condition.

Addresses start with SITE_URL, never with the Host header that was sent.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _

from pages.models import Clinic, ConditionPage

from .models import Article

LATEST = 20


class ArticleFeed(Feed):  # type: ignore[type-arg]
    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, *args: Any, slug: str = "", **kwargs: Any) -> ConditionPage | None:
        return get_object_or_404(ConditionPage.objects.published(), slug=slug) if slug else None

    def title(self, condition: ConditionPage | None) -> str:
        name = Clinic.current().name
        return _("%(condition)s: articles · %(name)s") % {"condition": condition, "name": name} if condition else name

    def subtitle(self, condition: ConditionPage | None) -> str:
        return condition.summary if condition else Clinic.current().tagline

    def link(self, condition: ConditionPage | None) -> str:
        path = reverse("blog:condition_articles", args=[condition.slug]) if condition else reverse("blog:article_list")
        return f"{settings.SITE_URL}{path}"

    def feed_url(self, condition: ConditionPage | None) -> str:
        path = reverse("blog:condition_feed", args=[condition.slug]) if condition else reverse("blog:feed")
        return f"{settings.SITE_URL}{path}"

    def items(self, condition: ConditionPage | None) -> list[Article]:
        articles = Article.objects.published().newest_first().for_lists()
        if condition:
            articles = articles.about(condition)
        return list(articles[:LATEST])

    def item_title(self, item: Article) -> str:
        return item.title

    def item_description(self, item: Article) -> str:
        return escape(item.summary)  # Atom's summary is HTML, ours is plain text

    def item_link(self, item: Article) -> str:
        return f"{settings.SITE_URL}{item.get_absolute_url()}"

    def item_author_name(self, item: Article) -> str | None:
        return item.author.name if item.author else None

    def item_categories(self, item: Article) -> list[str]:
        return [condition.name for condition in item.conditions.all()]

    def item_pubdate(self, item: Article) -> datetime | None:
        return item.published_at

    def item_updateddate(self, item: Article) -> datetime | None:
        return item.changed_at
