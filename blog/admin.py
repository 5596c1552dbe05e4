"""The admin of articles."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from editorial.publishable_admin import PublishableAdmin

from .models import Article
from .views import article_context


@admin.register(Article)
class ArticleAdmin(PublishableAdmin):
    list_display = ["title", "state_label", "condition_names", "author", "reviewer", "next_review", "published_at"]
    list_filter = [*PublishableAdmin.list_filter, "conditions"]
    autocomplete_fields = [*PublishableAdmin.autocomplete_fields, "related"]
    preview_template = "blog/article_detail.html"
    fieldsets = [
        PublishableAdmin.content_fieldset,
        (_("Where it belongs"), {"fields": ["conditions", "related"]}),
        PublishableAdmin.people_fieldset,
        PublishableAdmin.found_fieldset,
    ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "conditions":  # a handful: boxes to tick say more than a list to search
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).prefetch_related("conditions")

    @admin.display(description=_("Conditions"))
    def condition_names(self, article: Article) -> str:
        return ", ".join(condition.name for condition in article.conditions.all())

    def preview_context(self, page: Any) -> dict[str, Any]:
        return article_context(page)
