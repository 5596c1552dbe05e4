"""The admin of the content kit, and the base that every kind of page's admin builds on.

Who may do what: a writer edits drafts whose author is linked to their account; whoever holds a kind's `publish_…`
permission edits everything of that kind and decides what is public. Both are asked at each act, direct POSTs included.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from .models import Credential, Image, Person, Reference, SafetyText
from .publishing import Publishable, Status, is_cited
from .richtext import editor_csp
from .uploads import ImageForm

PUBLISHERS_FIELDS = ("status", "publish_at", "reviewer", "reviewed_on")


class PublishableForm(forms.ModelForm):  # type: ignore[type-arg]
    """Says beside the field what a page lacks before it may be published or scheduled."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        status, at = data.get("status"), data.get("publish_at")
        now = timezone.now()
        if status == Status.DRAFT and at is not None and at > now and "publish_at" in self.changed_data:
            self.add_error("publish_at", _("A draft has no time to come. Choose “Scheduled”, or empty it."))
        if status is None or status == Status.DRAFT:
            return data
        if status == Status.SCHEDULED and (at is None or at <= now):
            self.add_error("publish_at", _("Give a time that lies ahead, or choose “Published” to publish now."))
        if status == Status.PUBLISHED and at is not None and at > now:
            self.add_error("publish_at", _("This time lies ahead. Choose “Scheduled”, or empty it to publish now."))
        if status == Status.PUBLISHED and at is None:
            data["publish_at"] = now  # the database wants one; publish() keeps the first publication's
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.cleaned_data.get("status", Status.DRAFT) == Status.DRAFT:
            return
        for field, sentence in self.instance.missing_for_readers().items():
            self.add_error(field if field in self.fields else None, sentence)


@method_decorator(editor_csp, name="changeform_view")
class PublishableAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base of the admin of articles, condition pages and standing pages."""

    form = PublishableForm
    change_form_template = "admin/publishable_change_form.html"
    list_filter: ClassVar[Any] = [
        "status",
        ("author", admin.RelatedOnlyFieldListFilter),
        ("reviewer", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields: ClassVar[Any] = ["title", "summary", "slug"]
    list_select_related: ClassVar[Any] = ["author", "reviewer"]
    autocomplete_fields: ClassVar[Any] = ["cover"]
    prepopulated_fields = {"slug": ["title"]}
    actions = ["publish_selected", "unpublish_selected"]
    list_per_page = 50
    save_on_top = True
    preview_template = ""

    content_fieldset: ClassVar[Any] = (
        None,
        {"fields": ["title", "slug", "summary", "key_points", "body", "shows_risks"]},
    )
    people_fieldset: ClassVar[Any] = (_("Who stands for it"), {"fields": ["author", ("reviewer", "reviewed_on")]})
    publication_fieldset: ClassVar[Any] = (_("Publication"), {"fields": [("status", "publish_at")]})
    found_fieldset: ClassVar[Any] = (
        _("Search engines and cover"),
        {"classes": ["collapse"], "fields": ["search_description", "cover", "cover_alt", "cover_is_decorative"]},
    )

    # --- Lists ------------------------------------------------------------------------------------------------------

    @admin.display(description=_("State"), ordering="status")
    def state_label(self, page: Publishable) -> SafeString:
        return format_html('<span class="state state-{}">{}</span>', page.state, page.state.label)

    @admin.display(description=_("Next review"), ordering="reviewed_on", empty_value="—")
    def next_review(self, page: Publishable) -> SafeString | None:
        if page.next_review_on is None:
            return None
        overdue = page.next_review_on < timezone.localdate()
        return format_html('<span class="{}">{}</span>', "overdue" if overdue else "", date_format(page.next_review_on))

    # --- Permissions ------------------------------------------------------------------------------------------------

    def may_publish(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.publish_{self.opts.model_name}"))

    has_publish_permission = may_publish  # what `@admin.action(permissions=["publish"])` asks

    def has_change_permission(self, request: HttpRequest, obj: Publishable | None = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        if obj is None or self.may_publish(request):
            return True
        return (
            not obj.is_published
            and obj.status == Status.DRAFT
            and obj.author_id is not None
            and (getattr(obj.author, "user_id", None) == request.user.pk)
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        if not self.may_publish(request):
            changelist.list_editable = ()  # order and menus change what readers see, also of pages that are not theirs
        return changelist

    def get_readonly_fields(self, request: HttpRequest, obj: Publishable | None = None) -> Any:
        return super().get_readonly_fields(request, obj) if self.may_publish(request) else PUBLISHERS_FIELDS

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "author" and not self.may_publish(request):
            kwargs["queryset"] = Person.objects.filter(user=request.user.pk)  # nobody writes in another's name
            kwargs["initial"] = Person.objects.filter(user=request.user.pk).first()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if not change and "title" in form.base_fields:
            form.base_fields["title"].widget.attrs["autofocus"] = True
        if not self.may_publish(request) and "author" in form.base_fields:
            form.base_fields["author"].required = True  # else the writer would lose sight of the draft
        return form

    # --- Acts -------------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Publishable, form: Any, change: bool) -> None:
        if not self.may_publish(request):
            obj.save()
        elif obj.status == Status.DRAFT:
            obj.unpublish()
        else:
            obj.publish(obj.publish_at)

    @admin.action(description=_("Publish now"), permissions=["publish"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        done = 0
        for page in queryset:
            try:
                page.publish()
            except ValidationError as error:
                self.message_user(request, f"“{page}”: {' '.join(error.messages)}", messages.ERROR)
            else:
                self.log_change(request, page, "Published from the list.")
                done += 1
        if done:
            self.message_user(
                request, ngettext("%(n)d page is public now.", "%(n)d pages are public now.", done) % {"n": done}
            )

    @admin.action(description=_("Take down (back to draft)"), permissions=["publish"])
    def unpublish_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for page in queryset:
            page.unpublish()
            self.log_change(request, page, "Taken down from the list.")
        count = len(queryset)
        self.message_user(
            request, ngettext("%(n)d page was taken down.", "%(n)d pages were taken down.", count) % {"n": count}
        )

    # --- Preview ----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview"
        view = require_http_methods(["GET", "HEAD", "POST"])(self.preview)
        own = [
            path("add/preview/", self.admin_site.admin_view(view), name=f"{name}_new"),
            path("<path:object_id>/preview/", self.admin_site.admin_view(view), name=name),
        ]
        return own + super().get_urls()

    def preview_context(self, page: Any) -> dict[str, Any]:
        raise NotImplementedError

    def preview(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """The page as readers would see it, as it is stored (GET) or stands in the form (POST). Nothing is saved."""
        page = self.get_object(request, object_id) if object_id else None
        if object_id and page is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if not (self.has_view_permission(request, page) if page else self.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST" and page is None:
            raise PermissionDenied
        if request.method != "POST":
            return self._render_preview(request, page)
        if page and not self.has_change_permission(request, page):
            raise PermissionDenied
        with transaction.atomic():
            response = self._preview_as_typed(request, page)
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

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_preview"
        preview_url = reverse(name, args=[object_id]) if object_id else reverse(f"{name}_new")
        return super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), "preview_url": preview_url}
        )


class CredentialInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Credential
    extra = 0


@admin.register(Person)
@method_decorator(editor_csp, name="changeform_view")
class PersonAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "role", "is_clinician", "is_listed", "user", "order"]
    list_editable = ["order"]
    list_filter = ["is_clinician", "is_listed"]
    list_select_related = ["user"]
    search_fields = ["name", "role"]
    autocomplete_fields = ["user"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [CredentialInline]


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ImageForm
    list_display = ["thumbnail", "title", "alt_text", "is_decorative", "size", "created_at"]
    list_display_links = ["thumbnail", "title"]
    list_filter = ["is_decorative", "created_at"]
    search_fields = ["title", "alt_text"]

    @admin.display(description=_("Picture"))
    def thumbnail(self, image: Image) -> SafeString:
        return format_html('<img class="thumbnail" src="{}" alt="">', image.file.url)

    @admin.display(description=_("Size"))
    def size(self, image: Image) -> str:
        return f"{image.width} × {image.height}"

    def save_model(self, request: HttpRequest, obj: Image, form: Any, change: bool) -> None:
        if not change:
            obj.uploaded_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)


@admin.register(Reference)
class ReferenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ["key", "authors", "title", "year", "design", "identifier"]
    list_filter = ["design", "year"]
    search_fields = ["key", "authors", "title", "doi", "pmid"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["key"] if obj else []  # texts cite it by this key, so it stays

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never while a text cites it: the citation would vanish from the page. So never in bulk either."""
        return super().has_delete_permission(request, obj) and obj is not None and not is_cited(obj)

    @admin.display(description=_("Identifier"))
    def identifier(self, reference: Reference) -> str:
        return reference.doi or (f"PMID {reference.pmid}" if reference.pmid else reference.url)


@admin.register(SafetyText)
@method_decorator(editor_csp, name="changeform_view")
class SafetyTextAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["title", "kind", "changed_at"]
