"""Where a page stands, and the acts on it: one address each in the admin. Mixed into the admin of every kind of page.

Each act is one entry of `ACTS`: who may (permissions.May), what it asks (a form), what it does (acts, schedule). GET
shows what will happen and asks; POST acts. Both ask for the permission.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from . import act_forms, acts, incoming, schedule
from .compare import difference
from .models import Act, Publication, Remark, Revision, ScheduledAct, SignOff
from .permissions import May, may
from .publishing import Publishable, Stage
from .rendering import paragraphs_of
from .revisions import rehearsal
from .safety import safety_texts
from .signoff import clinical_content, digest_of

Data = dict[str, Any]
LATEST_ACTS = 30


@dataclass(frozen=True)
class ActView:
    may: May
    label: Any  # of the button
    form: type[act_forms.ActForm]
    do: Callable[[Publishable, Any, Data], object]
    possible: Callable[[Publishable], bool]  # whether it is offered; the act itself decides
    explanation: Any = ""
    shows: tuple[str, ...] = ()  # "text": the revision as readers would see it; "links": what links here


def _in_review(page: Publishable) -> bool:
    return page.stage == Stage.IN_REVIEW


def _publishable(page: Publishable) -> bool:
    return page.approval_id is not None and page.live_id != page.latest_id


def _lapsed(page: Publishable) -> bool:
    return page.is_published and page.sign_off_id is not None and page.needs_clinician and page.reviewed_on is None


ACTS: dict[str, ActView] = {
    "ask": ActView(
        May.ASK,
        _("Ask for review"),
        act_forms.AskForm,
        lambda page, by, data: acts.ask_for_review(page, by=by, of=data["of"], note=data["note"]),
        lambda page: page.stage in (Stage.DRAFT, Stage.RETURNED) and page.live_id != page.latest_id,
        _("A reviewer finds it on the first page of the admin."),
    ),
    "approve": ActView(
        May.APPROVE,
        _("Approve"),
        act_forms.SeenForm,
        lambda page, by, data: acts.approve(page, by=by, seen=data["seen"]),
        _in_review,
        _("You answer for exactly these words, their references and the safety texts beside them."),
        ("text",),
    ),
    "minor": ActView(
        May.CARRY,
        _("Call the difference minor"),
        act_forms.SeenForm,
        lambda page, by, data: acts.call_minor(page, by=by, seen=data["seen"]),
        lambda page: page.stage in (Stage.DRAFT, Stage.IN_REVIEW) and page.sign_off_id is not None and page.has_changes,
        _("The earlier sign-off is carried over to these words. Its day remains the day of review."),
        ("text",),
    ),
    "minor-live": ActView(
        May.CARRY,
        _("Renew the sign-off of what readers see"),
        act_forms.SeenForm,
        lambda page, by, data: acts.call_minor(page, by=by, seen=data["seen"], live=True),
        _lapsed,
        _("A reference or a safety text on the page changed. If that is minor, the sign-off is carried over."),
        ("live",),
    ),
    "return": ActView(
        May.RETURN,
        _("Return to the author"),
        act_forms.SentenceForm,
        lambda page, by, data: acts.return_to_author(page, by=by, sentence=data["sentence"]),
        _in_review,
        _("With the remarks that are open, or with a sentence."),
    ),
    "publish": ActView(
        May.PUBLISH,
        _("Publish now"),
        act_forms.ChangeForm,
        lambda page, by, data: acts.publish(
            page, by=by, change=data.get("change", ""), change_note=data.get("change_note", "")
        ),
        _publishable,
        _("Readers see the newest revision at once."),
        ("links",),
    ),
    "schedule": ActView(
        May.SCHEDULE,
        _("Schedule"),
        act_forms.ScheduleForm,
        lambda page, by, data: schedule.go_live(
            page, by=by, at=data["at"], change=data.get("change", ""), change_note=data.get("change_note", "")
        ),
        _publishable,
        _("The sign-off is checked again at that time. Later drafts don’t change what goes live."),
    ),
    "unpublish": ActView(
        May.UNPUBLISH,
        _("Take down"),
        act_forms.TakeDownForm,
        lambda page, by, data: acts.unpublish(page, by=by, redirect_to=data["redirect_to"]),
        lambda page: page.is_published,
        _("Readers no longer see the page. Its record and its newest revision stay."),
        ("links",),
    ),
    "take-down-later": ActView(
        May.SCHEDULE,
        _("Take down later"),
        act_forms.TakeDownLaterForm,
        lambda page, by, data: schedule.take_down(page, by=by, at=data["at"], redirect_to=data["redirect_to"]),
        lambda page: page.is_published,
        "",
        ("links",),
    ),
    "remove": ActView(
        May.DELETE,
        _("Delete"),
        act_forms.TakeDownForm,
        lambda page, by, data: acts.delete(page, by=by, redirect_to=data["redirect_to"]),
        lambda page: True,
        _("The page goes; its revisions, sign-offs and publications are kept."),
        ("links",),
    ),
}


class ActsMixin:
    """Addresses and views for where a page stands and what is done with it."""

    opts: Any
    admin_site: Any
    model: Any
    preview_template: str
    get_object: Any
    preview_context: Callable[[Any], Data]
    _render_preview: Callable[[HttpRequest, Any], HttpResponse]

    def act_urls(self) -> list[URLPattern]:
        def named(name: str, view: Any) -> dict[str, Any]:
            return {
                "view": self.admin_site.admin_view(view),
                "name": f"{self.opts.app_label}_{self.opts.model_name}_{name}",
            }

        both, post = require_http_methods(["GET", "HEAD", "POST"]), require_http_methods(["POST"])
        return [
            path("<int:pk>/status/", **named("status", require_safe(self.status_view))),
            path("<int:pk>/remark/", **named("remark", both(self.remark_view))),
            path("<int:pk>/remarks/<int:remark>/resolve/", **named("resolve", post(self.resolve_view))),
            path("<int:pk>/schedule/<int:planned>/cancel/", **named("cancel", post(self.cancel_view))),
            path("<int:pk>/revisions/<int:number>/", **named("revision", require_safe(self.revision_view))),
            path("<int:pk>/revisions/<int:number>/restore/", **named("restore", post(self.restore_view))),
            path("<int:pk>/compare/", **named("compare", require_safe(self.compare_view))),
            path("<int:pk>/record/<int:publication>/", **named("as_served", require_safe(self.as_served_view))),
            *(path(f"<int:pk>/{name}/", **named(name, both(self._act_view(name)))) for name in ACTS),
        ]

    # --- Common ---

    def _page(self, request: HttpRequest, pk: int, act: May = May.SEE) -> Any:
        page = get_object_or_404(
            self.model._default_manager.select_related(
                "author", "latest", "live", "approval__person", "sign_off__person"
            ),
            pk=pk,
        )
        if not (may(request.user, May.SEE, page) and may(request.user, act, page)):
            raise PermissionDenied
        return page

    def url_of(self, name: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def _context(self, request: HttpRequest, page: Any, **more: Any) -> Data:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "page": page,
            "status_url": self.url_of("status", page.pk),
            **more,
        }

    def _to_status(self, page: Any) -> HttpResponse:
        return redirect(self.url_of("status", page.pk))

    # --- Where it stands ---

    def status_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All that is known of a page, and what this person may do with it now."""
        page = self._page(request, pk)
        user = request.user
        offered = [
            (view, self.url_of(name, pk))
            for name, view in ACTS.items()
            if may(user, view.may, page) and view.possible(page)
        ]
        remarks = list(Remark.objects.of(page).select_related("made_by", "resolved_by", "revision"))
        return TemplateResponse(
            request,
            "admin/page_status.html",
            self._context(
                request,
                page,
                title=_("Where it stands"),
                offered=offered,
                remarks=[(r, self.url_of("resolve", pk, r.pk)) for r in remarks],
                may_remark=may(user, May.REMARK, page) and page.stage != Stage.APPROVED,
                may_resolve=may(user, May.RESOLVE, page),
                remark_url=self.url_of("remark", pk),
                change_url=self.url_of("change", pk),
                may_save=may(user, May.SAVE, page),
                revisions=[
                    (r, self.url_of("revision", pk, r.number), self.url_of("restore", pk, r.number))
                    for r in Revision.objects.of(page)
                    .select_related("saved_by", "restored_from")
                    .defer("data", "clinical_content")[:20]
                ],
                may_restore=may(user, May.RESTORE, page),
                planned=[
                    (p, self.url_of("cancel", pk, p.pk))
                    for p in ScheduledAct.objects.of(page)
                    .exclude(state__in=["done", "canceled"])
                    .select_related("revision")
                ],
                may_schedule=may(user, May.SCHEDULE, page),
                sign_offs=list(
                    SignOff.objects.of(page)
                    .select_related("person", "revision", "signed_by")
                    .defer("clinical_content")[:20]
                ),
                publications=[
                    (p, self.url_of("as_served", pk, p.pk))
                    for p in Publication.objects.of(page)
                    .select_related("revision", "sign_off", "by", "change")
                    .defer("html")[:20]
                ],
                compare_url=self.url_of("compare", pk),
                log=list(Act.objects.of(page).select_related("by", "revision")[:LATEST_ACTS]),
            ),
        )

    # --- Acts ---

    def _act_view(self, name: str) -> Callable[..., HttpResponse]:
        view = ACTS[name]

        def act_view(request: HttpRequest, pk: int) -> HttpResponse:
            page = self._page(request, pk, view.may)
            initial = {"seen": self._digest(page, live="live" in view.shows)} if view.form is act_forms.SeenForm else {}
            form = view.form(request.POST if request.method == "POST" else None, page=page, initial=initial)
            if request.method == "POST" and form.is_valid():
                try:
                    view.do(page, request.user, form.cleaned_data)
                except acts.Refused as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, _("Done: “%(act)s”, %(page)s.") % {"act": view.label, "page": page})
                    return redirect(self.url_of("changelist")) if name == "remove" else self._to_status(page)
            return self._ask(request, page, view, form)

        return act_view

    def _ask(self, request: HttpRequest, page: Any, view: ActView, form: Any) -> HttpResponse:
        context = self._context(request, page, title=view.label, act=view, form=form, media=form.media)
        if "links" in view.shows:
            context["links"] = incoming.links_to(page.addresses())
        if "text" in view.shows or "live" in view.shows:
            context["shown_text"] = self._shown(page, live="live" in view.shows)
            signed = acts.last_sign_off(page)
            context["difference"] = (
                difference(signed.clinical_content, context["shown_text"]["content"]) if signed else ""
            )
            context["signed"] = signed
        return TemplateResponse(request, "admin/page_act.html", context, status=422 if form.errors else 200)

    def _digest(self, page: Any, *, live: bool) -> str:
        with rehearsal(page, page.live if live else page.latest) as shown:
            return digest_of(clinical_content(shown))

    def _shown(self, page: Any, *, live: bool) -> Data:
        """What is signed: all of the clinical content, rendered."""
        with rehearsal(page, page.live if live else page.latest) as shown:
            safety = safety_texts()
            text = shown.rendered(safety)
            further = [(heading, html) for (heading, _t), html in zip(shown.further_texts(), text.further, strict=True)]
            return {
                "page": shown,
                "text": text,
                "content": clinical_content(shown, text, safety),
                "further": further,
                "fields": shown.clinical_fields(),
                "safety": [safety[kind] for kind in shown.SAFETY_KINDS if kind in safety],
            }

    def remark_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self._page(request, pk, May.REMARK)
        with rehearsal(page, page.latest) as shown:
            paragraphs = paragraphs_of(shown.body)
        form = act_forms.RemarkForm(request.POST or None, page=page, paragraphs=paragraphs)
        if request.method == "POST" and form.is_valid():
            at = form.cleaned_data["paragraph"]
            excerpt = paragraphs[at] if at is not None else ""
            try:
                acts.remark(page, by=request.user, text=form.cleaned_data["text"], paragraph=at, excerpt=excerpt)
            except acts.Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The remark is on record."))
                return self._to_status(page)
        context = self._context(request, page, title=_("Remark"), act={"label": _("Add the remark")}, form=form)
        context["shown_text"] = self._shown(page, live=False)
        return TemplateResponse(request, "admin/page_act.html", context, status=422 if form.errors else 200)

    def _do(self, request: HttpRequest, page: Any, act: Callable[[], object], said: Any) -> HttpResponse:
        """For acts that are one button on the status page."""
        try:
            act()
        except acts.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, said)
        return self._to_status(page)

    def resolve_view(self, request: HttpRequest, pk: int, remark: int) -> HttpResponse:
        page = self._page(request, pk, May.RESOLVE)
        found = get_object_or_404(Remark.objects.of(page), pk=remark)
        answer = request.POST.get("answer", "").replace("\x00", "")[:500]
        return self._do(request, page, lambda: acts.resolve(found, by=request.user, answer=answer), _("Resolved."))

    def cancel_view(self, request: HttpRequest, pk: int, planned: int) -> HttpResponse:
        page = self._page(request, pk, May.SCHEDULE)
        found = get_object_or_404(ScheduledAct.objects.of(page), pk=planned)
        return self._do(request, page, lambda: schedule.cancel(found, by=request.user), _("Canceled."))

    def restore_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        page = self._page(request, pk, May.RESTORE)
        revision = get_object_or_404(Revision.objects.of(page), number=number)
        said = _("Revision %(number)s is the newest draft now. It needs a sign-off of its own.") % {"number": number}
        return self._do(request, page, lambda: acts.restore(page, revision, by=request.user), said)

    # --- History ---

    def revision_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """A revision as readers would see it, with the references and safety texts of today."""
        page = self._page(request, pk)
        revision = get_object_or_404(Revision.objects.of(page), number=number)
        with rehearsal(page, revision) as shown:
            return self._render_preview(request, shown)

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Any two revisions, `from` and `to` by number; without them what readers see and the newest."""
        page = self._page(request, pk)
        mine = Revision.objects.of(page).defer("data")
        asked = act_forms.CompareForm(request.GET or None, latest=page.latest, live=page.live)
        old, new = page.live or page.latest, page.latest
        if asked.is_bound and asked.is_valid():
            old = get_object_or_404(mine, number=asked.cleaned_data["from"])
            new = get_object_or_404(mine, number=asked.cleaned_data["to"])
        if old is None or new is None:
            raise Http404
        context = self._context(request, page, title=_("Compare"), old=old, new=new, form=asked)
        context["difference"] = difference(old.clinical_content, new.clinical_content)
        return TemplateResponse(request, "admin/page_compare.html", context)

    def as_served_view(self, request: HttpRequest, pk: int, publication: int) -> HttpResponse:
        """The very HTML that readers were given, as it was kept."""
        page = self._page(request, pk)
        kept = get_object_or_404(Publication.objects.of(page), pk=publication)
        if not kept.html:
            raise Http404
        return HttpResponse(kept.html)
