"""The admin of condition pages, standing pages and the clinic's facts."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from editorial.publishable_admin import PublishableAdmin

from .models import Clinic, ConditionPage, Question, StandingPage, Statement, Step
from .views import condition_context, standing_context


class QuestionInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Question
    extra = 0


@admin.register(ConditionPage)
class ConditionPageAdmin(PublishableAdmin):
    list_display = ["name", "title", "state_label", "order", "in_menu", "author", "reviewer", "next_review"]
    inlines = [QuestionInline]
    preview_template = "pages/condition_detail.html"
    fieldsets = [
        PublishableAdmin.content_fieldset,
        (_("In lists and menus"), {"fields": ["name", "evidence_label", "evidence_summary", ("in_menu", "order")]}),
        PublishableAdmin.people_fieldset,
        PublishableAdmin.found_fieldset,
    ]

    def preview_context(self, page: Any) -> dict[str, Any]:
        return condition_context(page)


@admin.register(StandingPage)
class StandingPageAdmin(PublishableAdmin):
    list_display = ["title", "state_label", "menu_place", "order", "author", "reviewer", "next_review"]
    list_filter = [*PublishableAdmin.list_filter, "menu_place"]
    preview_template = "pages/standing_detail.html"
    fieldsets = [
        PublishableAdmin.content_fieldset,
        (_("In the menus"), {"fields": ["menu_place", "menu_title", "order"]}),
        (_("Review"), {"fields": ["is_clinical"]}),
        PublishableAdmin.people_fieldset,
        PublishableAdmin.found_fieldset,
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if self.decides(request) else ["is_clinical"]  # it decides who must sign off

    def preview_context(self, page: Any) -> dict[str, Any]:
        return standing_context(page)


class StatementInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Statement
    extra = 0


class StepInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Step
    extra = 0


@admin.register(Clinic)
class ClinicAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """One row: the list leads straight to its form, and it can't be deleted."""

    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    inlines = [StatementInline, StepInline]
    fieldsets = [
        (None, {"fields": ["name", "tagline", "example_notice"]}),
        (_("How to reach the clinic"), {"fields": ["phone", "email", "postal_address", "hours", "states_served"]}),
        (_("In a crisis"), {"fields": ["crisis_text", "exit_url"]}),
        (_("Home page"), {"fields": ["promise_title", "promise_text"]}),
        (_("Newsletter sign-up"), {"fields": ["signup_title", "signup_text"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Clinic.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not Clinic.objects.exists() or not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        return redirect(reverse("admin:pages_clinic_change", args=[1]))
