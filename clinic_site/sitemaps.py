"""What search engines may list. `lastmod` is when the text last changed, never when a row was last saved."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse

from blog.models import Article
from editorial.models import Person
from editorial.publishing import Publishable
from pages.models import ConditionPage, StandingPage


class OwnSitemap(Sitemap):  # type: ignore[type-arg]
    """Addresses start with SITE_URL, never with the Host header that was sent."""

    def get_domain(self, site: Any = None) -> str:
        return str(settings.SITE_URL).partition("://")[2]

    def get_protocol(self, protocol: str | None = None) -> str:
        return str(settings.SITE_URL).partition("://")[0]


class PagesSitemap(OwnSitemap):
    """One kind of page."""

    def __init__(self, model: type[Publishable]) -> None:
        self.model = model

    def items(self) -> QuerySet[Any]:
        return self.model.objects.published().order_by("pk").without_texts()

    def lastmod(self, item: Publishable) -> datetime | None:
        return item.substantially_changed_at


class IndexSitemap(OwnSitemap):
    def items(self) -> list[str]:
        return [reverse(name) for name in ("home", "blog:article_list", "pages:condition_list", "newsletter:signup")]

    def location(self, item: str) -> str:
        return item


class PeopleSitemap(OwnSitemap):
    def items(self) -> QuerySet[Person]:
        return Person.objects.filter(is_listed=True).order_by("pk")


SITEMAPS = {
    "index": IndexSitemap,
    "articles": PagesSitemap(Article),
    "conditions": PagesSitemap(ConditionPage),
    "standing": PagesSitemap(StandingPage),
    "people": PeopleSitemap,
}
