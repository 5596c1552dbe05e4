"""Articles: who may see them is decided by `published()`, what stands beside them by `related()`."""

import re
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from editorial.publishing import Publishable, PublishableQuerySet, publishable_constraints
from pages.models import ConditionPage

RELATED_COUNT = 3


class ArticleQuerySet(PublishableQuerySet["Article"]):
    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-pk")

    def for_lists(self) -> Self:
        """With what an entry in a list shows, and without the texts it does not."""
        return self.with_people().with_conditions().without_texts()

    def with_conditions(self) -> Self:
        """Those that readers may see: a page must not name one that is still being written."""
        seen = ConditionPage.objects.published().without_texts()
        return self.prefetch_related(models.Prefetch("conditions", seen))

    def about(self, condition: ConditionPage) -> Self:
        return self.filter(conditions=condition)

    def like(self, article: "Article") -> Self:
        """Others, most alike first: by shared conditions, then by words shared with the title and summary."""
        words = set(re.findall(r"[^\W\d_]+", f"{article.title} {article.summary}".lower()))
        query = SearchQuery(" | ".join(sorted(words)) or "none", search_type="raw", config="english")
        shared = Count("conditions", filter=Q(conditions__in=article.conditions.all()), distinct=True)
        return (
            self.exclude(pk=article.pk)
            .annotate(shared=shared, likeness=SearchRank(F("search_vector"), query))
            .order_by("-shared", "-likeness", "-published_at")
        )


class Article(Publishable):
    conditions = models.ManyToManyField(
        ConditionPage,
        blank=True,
        related_name="articles",
        verbose_name=_("conditions"),
        help_text=_("The article is listed on these condition pages, and decides which articles are related."),
    )
    related = models.ManyToManyField(
        "self",
        blank=True,
        symmetrical=False,
        verbose_name=_("related articles"),
        help_text=_("Shown first under “Read next”. Up to three; the rest is found by shared condition and likeness."),
    )

    objects = ArticleQuerySet.as_manager()  # type: ignore[misc]  # the base has one too

    class Meta:
        ordering = ["-published_at", "-pk"]
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = publishable_constraints("article")
        indexes = [
            GinIndex("search_vector", name="article_search"),
            models.Index("status", F("published_at").desc(), F("id").desc(), name="article_newest"),
        ]
        permissions = [
            ("publish_article", _("Can publish and unpublish articles")),
            ("review_article", _("Can review articles and sign them off")),
        ]

    def get_absolute_url(self) -> str:
        return reverse("blog:article_detail", args=[self.slug])

    @property
    def temper(self) -> str:
        """The first condition's; no query where the conditions were fetched ahead."""
        return next((condition.slug for condition in self.conditions.all()), super().temper)

    def read_next(self) -> "list[Article]":
        """Three published articles: those that staff chose, then the most alike."""
        chosen = list(self.related.published().exclude(pk=self.pk).for_lists()[:RELATED_COUNT])
        if len(chosen) == RELATED_COUNT:
            return chosen
        found = Article.objects.published().like(self).for_lists().exclude(pk__in=[a.pk for a in chosen])
        return chosen + list(found[: RELATED_COUNT - len(chosen)])
