"""The admin site: its first page is a working desk, and a session that ends never costs what somebody had typed."""

from datetime import timedelta
from functools import update_wrapper
from typing import Any
from urllib.parse import unquote

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import login
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Exists, F, OuterRef, Q
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
from editorial.models import Person, ScheduledAct
from editorial.publishing import Publishable, Stage, Status, publishable_models
from editorial.uploads import urlpatterns as editor_urls
from newsletter.models import OutboxMessage, Subscriber
from pages.models import Clinic

from .models import Heartbeat

REVIEW_AHEAD = timedelta(days=60)
TROUBLE_SHOWN = timedelta(days=14)  # after it failed
WORKER_SILENT = timedelta(minutes=2)
LONGEST_LIST = 8
LONG_TEXTS: tuple[str, ...] = ("body", "search_vector", "latest__data", "latest__clinical_content")  # not for lists
KEPT = "kept-"  # prefix of the hidden fields that carry a form over a new sign-in


def _trouble() -> Q:
    """Scheduled acts that are late or have failed lately."""
    now = timezone.now()
    late = Q(state=ScheduledAct.State.WAITING, due_at__lt=now - ScheduledAct.LATE_AFTER)
    return late | Q(state=ScheduledAct.State.FAILED, ended_at__gt=now - TROUBLE_SHOWN)


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
    kinds = [kind for kind in publishable_models() if _may(request, "view", kind)]
    now = timezone.now()
    person = getattr(request.user, "person", None)
    in_hand = Q(status=Status.DRAFT) | (Q(latest__isnull=False) & ~Q(live=F("latest")))
    mine = in_hand & Q(author=person) if person else Q(pk__in=[])
    horizon = timezone.localdate() + REVIEW_AHEAD
    return {
        "waiting": _waiting_for(request, kinds, in_hand, person),
        "mine": _rows(kinds, mine, "-latest__saved_at"),
        "drafts": _rows(kinds, in_hand & ~mine, "-latest__saved_at"),
        "next": _planned(kinds, Q(state=ScheduledAct.State.WAITING, due_at__gt=now)),
        "trouble": _planned(kinds, _trouble()),
        "lapsed": _rows(kinds, Q(status=Status.PUBLISHED, sign_off__kind="clinical", reviewed_on=None), "-changed_at"),
        "review": _rows(kinds, Q(status=Status.PUBLISHED, review_due_on__lte=horizon), "review_due_on"),
        "changes": _rows(kinds, Q(status=Status.PUBLISHED), "-changed_at"),
        "newsletter": newsletter_figures() if request.user.has_perm("newsletter.view_subscriber") else None,
        "problems": list(Heartbeat.objects.exclude(problem="")),
        "worker_is_silent": not Heartbeat.objects.filter(beat_at__gt=now - WORKER_SILENT).exists(),
    }


def _may(request: HttpRequest, act: str, kind: type[Publishable]) -> bool:
    return bool(request.user.has_perm(f"{kind._meta.app_label}.{act}_{kind._meta.model_name}"))


def _waiting_for(
    request: HttpRequest, kinds: list[type[Publishable]], in_hand: Q, person: Person | None
) -> list[dict[str, Any]]:
    """Whose turn it is: reviewers' what is in review (of them, or of nobody), authors' what came back, publishers' what
    is approved."""
    rows = []
    for kind in kinds:
        turn = Q(stage=Stage.RETURNED, author=person) if person else Q(pk__in=[])
        if _may(request, "review", kind):
            turn |= Q(stage=Stage.IN_REVIEW) & (Q(asked=None) | Q(asked=person))
        if _may(request, "publish", kind):
            planned = ScheduledAct.objects.filter(
                content_type=ContentType.objects.get_for_model(kind),
                kind=ScheduledAct.Kind.GO_LIVE,
                state=ScheduledAct.State.WAITING,
                revision=OuterRef("latest"),
            )
            turn |= Q(~Exists(planned), stage=Stage.APPROVED)
        rows += _rows([kind], in_hand & turn, "latest__saved_at")
    return rows[:LONGEST_LIST]


def _rows(kinds: list[type[Publishable]], condition: Q, order: str) -> list[dict[str, Any]]:
    """The first few pages of all kinds that meet the condition, in the order of one field."""
    field, backwards = order.lstrip("-"), order.startswith("-")
    found = [
        page
        for kind in kinds
        for page in kind._default_manager.filter(condition)
        .select_related("author", "latest")
        .defer(*LONG_TEXTS)
        .order_by(F(field).desc(nulls_last=True) if backwards else F(field).asc(nulls_last=True))[:LONGEST_LIST]
    ]
    found.sort(key=lambda page: _place(page, field), reverse=backwards)
    return [_row(page) for page in found[:LONGEST_LIST]]


def _place(page: Publishable, field: str) -> Any:
    """The value of a field, also of one behind the newest revision; a page without one comes first."""
    value: Any = page
    for name in field.split("__"):
        value = getattr(value, name) if value is not None else None
    return (value is not None, value)


def _row(page: Publishable) -> dict[str, Any]:
    meta = page._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_status", args=[page.pk])
    return {"page": page, "url": url, "kind": meta.verbose_name, "at": page.latest.saved_at if page.latest else None}


def _planned(kinds: list[type[Publishable]], condition: Q) -> list[dict[str, Any]]:
    """What is scheduled for pages of these kinds, soonest first."""
    types = [ContentType.objects.get_for_model(kind) for kind in kinds]
    pages = [kind._default_manager.select_related("author", "latest").defer(*LONG_TEXTS) for kind in kinds]
    planned = ScheduledAct.objects.filter(condition, content_type__in=types)
    planned = planned.prefetch_related(GenericPrefetch("page", pages))[:LONGEST_LIST]
    return [{**_row(act.page), "act": act} for act in planned if act.page is not None]


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
