"""The admin site: its first page is a working desk, and a session that ends never costs what somebody had typed."""

from datetime import date, timedelta
from functools import update_wrapper
from typing import Any
from urllib.parse import unquote

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import login
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from editorial.contours import FORMS, contour
from editorial.publishing import Publishable, Status, publishable_models
from editorial.uploads import urlpatterns as editor_urls
from newsletter.models import OutboxMessage, Subscriber
from pages.models import Clinic

from .models import Heartbeat

REVIEW_AHEAD = timedelta(days=60)
WORKER_SILENT = timedelta(minutes=2)
LONGEST_LIST = 8
KEPT = "kept-"  # prefix of the hidden fields that carry a form over a new sign-in


class ClinicAdminSite(admin.AdminSite):
    index_title = _("Desk")
    site_url = "/"
    empty_value_display = "—"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        name = Clinic.objects.values_list("name", flat=True).first() or Clinic().name
        return {**super().each_context(request), "site_header": name, "site_title": name}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {**(extra_context or {}), "desk": desk(request)})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        drawing = self.admin_view(preview_contour, cacheable=True)
        own = [
            path("resume/", resume, name="resume"),
            path("contours/<slug:form>/<slug:temper>/<slug:slug>.svg", drawing, name="contour"),
        ]
        return [*own, *editor_urls(self), *super().get_urls()]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if (
                request.method == "POST"
                and not request.user.is_authenticated
                and request.path != reverse("admin:logout")
            ):
                return session_ended(
                    request, AdminAuthenticationForm(request), request.path, _fields(request, prefix="")
                )
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, view)


@require_safe
def preview_contour(request: HttpRequest, form: str, temper: str, slug: str) -> HttpResponse:
    """The drawing of a page that is only typed yet: readers' address for it draws none but stored pages."""
    if form not in FORMS:
        raise Http404
    return HttpResponse(contour(slug, temper, form), content_type="image/svg+xml")


# --- The desk -------------------------------------------------------------------------------------------------------


def desk(request: HttpRequest) -> dict[str, Any]:
    """What waits, by what this person may see. A handful of bounded queries."""
    kinds = [kind for kind in publishable_models() if _may_view(request, kind)]
    now, today = timezone.now(), timezone.localdate()
    person = getattr(request.user, "person", None)
    drafts, public = Q(status=Status.DRAFT), ~Q(status=Status.DRAFT) & Q(publish_at__lte=now)
    mine = drafts & Q(author=person) if person else Q(pk__in=[])
    return {
        "mine": _rows(kinds, mine, "-changed_at"),
        "drafts": _rows(kinds, drafts & ~mine, "-changed_at"),
        "next": _rows(kinds, Q(status=Status.SCHEDULED, publish_at__gt=now), "publish_at"),
        "review": _due_for_review(kinds, public, today),
        "changes": _rows(kinds, public, "-changed_at"),
        "newsletter": newsletter_figures() if request.user.has_perm("newsletter.view_subscriber") else None,
        "problems": list(Heartbeat.objects.exclude(problem="")),
        "worker_is_silent": not Heartbeat.objects.filter(beat_at__gt=now - WORKER_SILENT).exists(),
    }


def _may_view(request: HttpRequest, kind: type[Publishable]) -> bool:
    return bool(request.user.has_perm(f"{kind._meta.app_label}.view_{kind._meta.model_name}"))


def _rows(kinds: list[type[Publishable]], condition: Q, order: str) -> list[dict[str, Any]]:
    """The first few pages of all kinds that meet the condition, in the order of one field."""
    field, backwards = order.lstrip("-"), order.startswith("-")
    pages = [
        page
        for kind in kinds
        for page in kind._default_manager.filter(condition)
        .select_related("author", "reviewer")
        .defer("body", "search_vector")
        .order_by(F(field).desc() if backwards else F(field).asc())[:LONGEST_LIST]
    ]
    pages.sort(key=lambda page: getattr(page, field), reverse=backwards)
    return [_row(page) for page in pages[:LONGEST_LIST]]


def _row(page: Publishable) -> dict[str, Any]:
    meta = page._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[page.pk])
    return {"page": page, "url": url, "kind": meta.verbose_name}


def _due_for_review(kinds: list[type[Publishable]], public: Q, today: date) -> list[dict[str, Any]]:
    rows = []
    for kind in kinds:
        latest = today + REVIEW_AHEAD - kind.REVIEW_EVERY
        rows += _rows([kind], public & Q(reviewed_on__lte=latest), "reviewed_on")
    rows.sort(key=lambda row: row["page"].next_review_on)
    return [{**row, "is_overdue": row["page"].next_review_on < today} for row in rows[:LONGEST_LIST]]


def newsletter_figures() -> dict[str, Any]:
    """How the list is doing; the chart's bars are the confirmations of the last twelve weeks, oldest first."""
    now = timezone.now()
    confirmed = Subscriber.objects.filter(status=Subscriber.Status.CONFIRMED)
    start = now - timedelta(weeks=12)
    weeks = [0] * 12
    for moment in confirmed.filter(confirmed_at__gt=start).values_list("confirmed_at", flat=True).iterator():
        if moment is not None:
            weeks[min(11, (moment - start).days // 7)] += 1
    return {
        "confirmed": confirmed.count(),
        "waiting": Subscriber.objects.filter(status=Subscriber.Status.UNCONFIRMED).count(),
        "unsent": OutboxMessage.objects.exclude(last_error="").count(),
        "weeks": weeks,
        "most": max(weeks) or 1,
    }


# --- A session that ended -------------------------------------------------------------------------------------------


def session_ended(
    request: HttpRequest, form: AdminAuthenticationForm, target: str, fields: list[tuple[str, str]]
) -> HttpResponse:
    """Asks for a new sign-in and carries what was sent along in hidden fields. Nothing is stored on the way."""
    context = {
        **admin.site.each_context(request),
        "title": _("Your session has ended"),
        "form": form,
        "target": target,
        "fields": [(KEPT + name, value) for name, value in fields],
        "has_files": bool(request.FILES),
        "is_popup": True,  # leaves out the navigation, which needs a session
        "is_nav_sidebar_enabled": False,
    }
    return TemplateResponse(request, "admin/session_ended.html", context, status=403)


@sensitive_post_parameters()
@never_cache
@csrf_protect
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Signs in again and shows one button that sends the kept form to where it was going; that view checks it anew."""
    target = request.POST.get("target", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith(reverse("admin:index"))
    if not is_ours or ".." in unquote(target):
        return redirect("admin:index")
    form = AdminAuthenticationForm(request, data=request.POST)
    fields = _fields(request, prefix=KEPT)
    if not form.is_valid():
        return session_ended(request, form, target, fields)
    login(request, form.get_user())
    context = {
        **admin.site.each_context(request),
        "title": _("You are signed in again"),
        "target": target,
        "fields": fields,
    }
    return TemplateResponse(request, "admin/resume.html", context)


def _fields(request: HttpRequest, prefix: str) -> list[tuple[str, str]]:
    """Every sent field whose name has the prefix, without it; never a token or a password, whoever's it is."""
    return [
        (name.removeprefix(prefix), str(value))
        for name, values in request.POST.lists()
        if name.startswith(prefix) and name != f"{prefix}csrfmiddlewaretoken" and "password" not in name
        for value in values
    ]
