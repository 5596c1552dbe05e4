"""The base that the admin of every kind of page builds on: lists, the form, previews. Acts are in `act_views`.

Who may do what is in `permissions`, asked at each act, direct POSTs included.
"""

from contextlib import nullcontext
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from . import acts
from .act_views import ActsMixin
from .models import Person
from .permissions import May, may
from .publishing import Publishable
from .revisions import rehearsal, snapshot
from .richtext import editor_csp


class PublishableForm(forms.ModelForm):  # type: ignore[type-arg]
    """Saves a revision, however unfinished; what a page lacks for readers is said when a review is asked for."""

    refusal = ""  # why nothing may be saved now; the admin sets it on the class made for one request

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.refusal:
            raise ValidationError(self.refusal)
        return data


@method_decorator(editor_csp, name="changeform_view")
class PublishableAdmin(ActsMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Base of the admin of articles, condition pages and standing pages.

    The form shows the newest revision and saves another one. For that it works in a `rehearsal`: on the page's real
    rows, undone at the end, so that readers of a public page see nothing of it.
    """

    form = PublishableForm
    change_form_template = "admin/publishable_change_form.html"
    list_filter: ClassVar[Any] = [
        "status",
        "stage",
        ("author", admin.RelatedOnlyFieldListFilter),
        ("reviewer", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields: ClassVar[Any] = ["title", "summary", "slug"]
    list_select_related: ClassVar[Any] = ["author", "reviewer"]
    autocomplete_fields: ClassVar[Any] = ["cover"]
    prepopulated_fields = {"slug": ["title"]}
    list_per_page = 50
    save_on_top = True
    preview_template = ""

    content_fieldset: ClassVar[Any] = (
        None,
        {"fields": ["title", "slug", "summary", "key_points", "body", "shows_risks"]},
    )
    people_fieldset: ClassVar[Any] = (_("Who stands for it"), {"fields": ["author"]})
    found_fieldset: ClassVar[Any] = (
        _("Search engines and cover"),
        {"classes": ["collapse"], "fields": ["search_description", "cover", "cover_alt", "cover_is_decorative"]},
    )

    # --- Lists ------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("search_vector")

    @admin.display(description=_("State"), ordering="status")
    def state_label(self, page: Publishable) -> SafeString:
        if not page.is_published:
            return format_html('<span class="state state-{}">{}</span>', page.stage, page.get_stage_display())
        shown = format_html('<span class="state state-published">{}</span>', page.state.label)
        if not page.has_changes:
            return shown
        return format_html(
            '{} <span class="state state-{}">{}</span>', shown, page.stage, _("Change: %s") % page.get_stage_display()
        )

    @admin.display(description=_("Next review"), ordering="review_due_on", empty_value="—")
    def next_review(self, page: Publishable) -> SafeString | None:
        if page.review_due_on is None:
            return None
        overdue = "overdue" if page.review_is_overdue else ""
        return format_html('<span class="{}">{}</span>', overdue, date_format(page.review_due_on))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # every act shows first what it does to one page

    # --- Permissions ------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Publishable | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed if obj is None else allowed and may(request.user, May.SAVE, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Publishable | None = None) -> bool:
        return obj is not None and may(request.user, May.DELETE, obj)

    def decides(self, request: HttpRequest) -> bool:
        """Whether this person decides what is public, and so edits everybody's pages and in anybody's name."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.publish_{self.opts.model_name}"))

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "author" and not self.decides(request):
            kwargs["queryset"] = Person.objects.filter(user=request.user.pk)  # nobody writes in another's name
            kwargs["initial"] = Person.objects.filter(user=request.user.pk).first()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        if not change and "title" in form.base_fields:
            form.base_fields["title"].widget.attrs["autofocus"] = True
        if not self.decides(request) and "author" in form.base_fields:
            form.base_fields["author"].required = True  # else the writer would lose sight of the draft
        form.refusal = getattr(request, "refusal", "")
        return form

    # --- Saving -----------------------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        page = self.get_object(request, unquote(object_id)) if object_id else None
        context = {**(extra_context or {}), "show_save_and_add_another": False}
        if page is None:
            context["preview_url"] = self.url_of("preview_new")
            return super().changeform_view(request, object_id, form_url, context)
        context |= {"preview_url": self.url_of("preview", page.pk), "status_url": self.url_of("status", page.pk)}
        newest = page.latest.number if page.latest else 0
        if request.method == "POST" and request.POST.get("_base", "") != str(newest):
            request.refusal = _(  # type: ignore[attr-defined]
                "Somebody has saved a newer revision while you were writing. It is shown below; your own words are "
                "still in this form. Take over what you need, then save again."
            )
            context["theirs"] = self._shown(page, live=False)
            context["their_revision"] = page.latest
        with rehearsal(page, page.latest) as shown:
            context |= {"base": newest, "stands": shown}
            response = super().changeform_view(request, object_id, form_url, context)
            if isinstance(response, TemplateResponse):
                response.render()
        data = getattr(request, "saved_data", None)
        if data is not None:
            acts.save_draft(page, data, by=request.user, base=newest, note=self._note(request))
        return response

    def _note(self, request: HttpRequest) -> str:
        return request.POST.get("_note", "").replace("\x00", "")[:200]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        data = snapshot(form.instance)
        if change:
            request.saved_data = data  # type: ignore[attr-defined]  # saved once the rehearsal is over
        else:
            acts.save_draft(form.instance, data, by=request.user, base=0, note=self._note(request))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._saved(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._saved(request, obj)

    def _saved(self, request: HttpRequest, page: Any) -> HttpResponse:
        said = _("“%(page)s” is saved as a new revision.") % {"page": page}
        if page.is_published:
            said += " " + _("Readers go on seeing what they saw.")
        self.message_user(request, said, messages.SUCCESS)
        return redirect(self.url_of("change" if "_continue" in request.POST else "status", page.pk))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Django's own log knows less than the page's (models.Act), so only that one is kept."""

    log_addition = log_change

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return (
            redirect(self.url_of("remove", object_id)) if object_id.isdigit() else redirect(self.url_of("changelist"))
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return (
            redirect(self.url_of("status", object_id)) if object_id.isdigit() else redirect(self.url_of("changelist"))
        )

    # --- Preview ----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview"
        view = require_http_methods(["GET", "HEAD", "POST"])(self.preview)
        own = [
            path("add/preview/", self.admin_site.admin_view(view), name=f"{name}_new"),
            path("<path:object_id>/preview/", self.admin_site.admin_view(view), name=name),
        ]
        return own + self.act_urls() + super().get_urls()

    def preview_context(self, page: Any) -> dict[str, Any]:
        raise NotImplementedError

    def preview(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """The page as readers would see it, as it is stored (GET) or stands in the form (POST). Nothing is saved."""
        page = self.get_object(request, object_id) if object_id else None
        if object_id and page is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if not (self.has_view_permission(request, page) if page else self.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            if page is None:
                raise PermissionDenied
            with rehearsal(page, page.latest) as shown:
                return self._render_preview(request, shown)
        if page and not self.has_change_permission(request, page):
            raise PermissionDenied
        with transaction.atomic():
            with rehearsal(page, page.latest) if page else nullcontext(None) as shown:
                response = self._preview_as_typed(request, shown)
            transaction.set_rollback(True)  # it was saved for this answer alone, so that all is as it would be
        return response

    def _preview_as_typed(self, request: HttpRequest, page: Any) -> HttpResponse:
        """Saves what stands in the form and renders it; the caller undoes the saving."""
        form = self.get_form(request, page, change=page is not None)(request.POST, request.FILES, instance=page)
        valid = form.is_valid()
        draft = self.save_form(request, form, change=page is not None) if valid else form.instance
        formsets, _inlines = self._create_formsets(request, draft, change=page is not None)  # type: ignore[attr-defined]
        if not (valid and all(formset.is_valid() for formset in formsets)):
            problems = [
                (part.fields[name].label if name in part.fields else "", said)
                for part in [form, *(part for formset in formsets for part in formset.forms)]
                for name, said in part.errors.items()
            ]
            return TemplateResponse(
                request,
                "admin/preview_errors.html",
                {**self.admin_site.each_context(request), "title": _("No preview yet"), "problems": problems},
                status=422,
            ).render()
        draft.save()
        form.save_m2m()
        for formset in formsets:
            formset.save()
        return self._render_preview(request, draft)

    def _render_preview(self, request: HttpRequest, page: Any) -> HttpResponse:
        request.is_preview = True  # type: ignore[attr-defined]  # the public frame is wanted on this admin address
        return render(request, self.preview_template, {**self.preview_context(page), "is_preview": True})
