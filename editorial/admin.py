"""The admin of the content kit: people, images, references, safety texts. That of pages is in `publishable_admin`."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from . import rechecks
from .models import Credential, Image, Person, Reference, Revision, SafetyText
from .publishing import is_cited
from .richtext import editor_csp
from .uploads import ImageForm


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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never while a revision shows it: the record would lose a picture. So never in bulk either."""
        allowed = super().has_delete_permission(request, obj) and obj is not None
        return allowed and not Revision.objects.filter(pictures__contains=[obj.pk]).exists()

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

    def save_model(self, request: HttpRequest, obj: Reference, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            rechecks.ask(f"Reference “{obj.key}” changed", obj)

    @admin.display(description=_("Identifier"))
    def identifier(self, reference: Reference) -> str:
        return reference.doi or (f"PMID {reference.pmid}" if reference.pmid else reference.url)


@admin.register(SafetyText)
@method_decorator(editor_csp, name="changeform_view")
class SafetyTextAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["title", "kind", "changed_at"]

    def save_model(self, request: HttpRequest, obj: SafetyText, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        rechecks.ask(f"Safety text “{obj.title}” changed")

    def delete_model(self, request: HttpRequest, obj: SafetyText) -> None:
        super().delete_model(request, obj)
        rechecks.ask(f"Safety text “{obj.title}” deleted")
