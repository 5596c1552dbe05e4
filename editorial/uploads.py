"""What the editor asks the server for: taking in a picture, the pictures and pages there are, a clean paste."""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.datastructures import MultiValueDict
from django.utils.html import escape
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .images import process_upload
from .models import Image
from .publishing import publishable_models
from .richtext import clean

LONGEST_LIST = 40  # entries of the picker; who doesn't find theirs types a word of the title

View = Callable[..., HttpResponse]


class ImageForm(forms.ModelForm):  # type: ignore[type-arg]
    """A picture with its description. The title may be left out: the file's name is taken."""

    # Not forms.ImageField: that one lets Pillow try every format it knows before our own, stricter look.
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        help_text=gettext_lazy("JPEG, PNG, WebP or a still GIF, up to 10 MB. Its place, date and author are removed."),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("For staff, to find the picture again. Empty: the name of the file."),
    )

    class Meta:
        model = Image
        fields = ["file", "title", "alt_text", "is_decorative"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not isinstance(file, UploadedFile):
            return file  # the stored one, unchanged
        self.given_name = file.name or ""
        return process_upload(file)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("title"):
            name = PurePath(getattr(self, "given_name", "")).stem.replace("_", " ").replace("-", " ").strip()
            data["title"] = Truncator(name or _("Picture")).chars(120)
        if not data.get("alt_text") and not data.get("is_decorative"):
            self.add_error("alt_text", _("Describe the picture, or mark it as decorative."))
        return data


def urlpatterns(admin_site: AdminSite) -> list[URLPattern]:
    """The editor's addresses, for the admin site to include; named in its namespace."""

    def staff_only(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            # Not admin_view: a script can't use its redirect to a sign-in page.
            if not admin_site.has_permission(request):
                return refused(_("You are signed out. Sign in again in another tab, then try again."), status=403)
            return view(request)

        return guarded

    return [
        path("editor/upload/", staff_only(upload), name="editor_upload"),
        path("editor/pictures/", staff_only(pictures), name="editor_pictures"),
        path("editor/pages/", staff_only(pages), name="editor_pages"),
        path("editor/clean/", staff_only(cleaned_paste), name="editor_clean"),
    ]


def refused(message: str, status: int = 200) -> JsonResponse:
    """What the editor shows; it reads a message only from an answer with status 200 unless it is our own dialog."""
    return JsonResponse({"uploaded": 0, "error": {"message": message}}, status=status)


def described(image: Image) -> dict[str, Any]:
    return {
        "title": image.title,
        "url": image.file.url,
        "width": image.width,
        "height": image.height,
        "alt": "" if image.is_decorative else image.alt_text,
        "decorative": image.is_decorative,
    }


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Takes `upload` (the file) with `alt` or `decorative`: without either no picture is stored."""
    if not request.user.has_perm("editorial.add_image"):
        return refused(_("Your account may not upload pictures. Ask whoever manages staff accounts."), status=403)
    form = ImageForm(
        {"alt_text": request.POST.get("alt", "").strip(), "is_decorative": request.POST.get("decorative", "")},
        MultiValueDict({"file": request.FILES.getlist("upload")}),
    )
    if not form.is_valid():
        return refused(" ".join(str(error) for errors in form.errors.values() for error in errors))
    image = form.save(commit=False)
    image.uploaded_by = request.user
    image.save()
    return JsonResponse({"uploaded": 1, "fileName": image.title, **described(image)})


@require_safe
def pictures(request: HttpRequest) -> JsonResponse:
    """The newest pictures, or those with the words of `q` in title or description."""
    if not request.user.has_perm("editorial.view_image"):
        return JsonResponse({"pictures": []})
    found = Image.objects.all()
    for word in request.GET.get("q", "").replace("\x00", "").split()[:5]:
        found = found.filter(title__icontains=word) | found.filter(alt_text__icontains=word)
    return JsonResponse({"pictures": [described(image) for image in found[:LONGEST_LIST]]})


@require_safe
def pages(request: HttpRequest) -> JsonResponse:
    """The site's own pages, drafts too, whose title has the words of `q`; by title, each with its path and state."""
    words = request.GET.get("q", "").replace("\x00", "").split()[:5]
    found = []
    for model in publishable_models():
        rows = model._default_manager.only("title", "slug", "status").order_by("title")
        for word in words:
            rows = rows.filter(title__icontains=word)
        found += [
            {
                "title": page.title,
                "path": page.get_absolute_url(),
                "kind": str(model._meta.verbose_name),
                "state": str(page.state),
                "stateLabel": str(page.state.label),
            }
            for page in rows[:LONGEST_LIST]
        ]
    found.sort(key=lambda page: page["title"].casefold())
    return JsonResponse({"pages": found[:LONGEST_LIST]})


@require_POST
def cleaned_paste(request: HttpRequest) -> JsonResponse:
    """What was pasted (`html`, or `text` without markup), as it would be stored. Headings get their ids when it is."""
    html = clean(request.POST.get("html", "") or escape(request.POST.get("text", "")))
    return JsonResponse({"html": re.sub(r'<(h[2-4]) id="[^"]*"', r"<\1", html)})
