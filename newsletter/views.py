"""The newsletter's pages. None sets a cookie; a GET changes nothing; nothing says whether an address is known."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from . import origin, tokens
from .forms import SignupForm
from .models import Consent, Correspondence, Subscriber, Suppression
from .network import client_network
from .signup import TooMany, receive
from .tokens import Purpose

View = Callable[[HttpRequest], HttpResponse]
RowView = Callable[[HttpRequest, int], HttpResponse]


def see_other(name: str) -> HttpResponse:
    """303: what follows a form is a page of its own, so that loading it again sends nothing again."""
    response = HttpResponseRedirect(reverse(f"newsletter:{name}"))
    response.status_code = 303
    return response


# --- Signing up -------------------------------------------------------------------------------------------------------


@csrf_exempt  # a CSRF cookie would make pages differ by visitor; see `origin`
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """The newsletter's own page, and where every sign-up form is sent."""
    if request.method != "POST":
        return render(request, "newsletter/signup.html", {"signup_form": SignupForm()})
    form = SignupForm(request.POST)
    if not origin.is_ours(request):
        return _again(request, form, status=403, problem="origin")
    if form.is_from_a_robot:
        return see_other("check_mail")
    if not form.is_valid():
        return _again(request, form, status=422, problem="")
    data = form.cleaned_data
    try:
        receive(
            email=data["email"], form=data["form"], wording_version=data["wording"], network=client_network(request)
        )
    except TooMany:
        response = _again(request, form, status=429, problem="too_many")
        response.headers["Retry-After"] = "3600"
        return response
    return see_other("check_mail")


def _again(request: HttpRequest, form: SignupForm, *, status: int, problem: str) -> HttpResponse:
    """The form once more, with what was typed and what to do."""
    response = render(request, "newsletter/signup.html", {"signup_form": form, "problem": problem}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def check_mail(request: HttpRequest) -> HttpResponse:
    """What follows a sign-up, word for word the same for every address."""
    return render(request, "newsletter/check_mail.html")


# --- Links in mail ----------------------------------------------------------------------------------------------------


def reached_by_token(purpose: Purpose) -> Callable[[RowView], View]:
    """Reads the token and gives its row's id to the view. The page's address leaks into no Referer, cache or index."""

    def decorate(view: RowView) -> View:
        @csrf_exempt  # the token is the proof; whoever lacks it can do nothing here
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def wrapped(request: HttpRequest) -> HttpResponse:
            try:
                response = view(request, tokens.read(purpose, _token(request)))
            except tokens.ExpiredToken:
                response = _dead_link(request, "expired", status=410)
            except tokens.InvalidToken:
                response = _dead_link(request, "invalid", status=400)
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cache-Control"] = "no-store"
            response.headers["X-Robots-Tag"] = "noindex"
            return response

        return wrapped

    return decorate


def _token(request: HttpRequest) -> str:
    return (request.POST if request.method == "POST" else request.GET).get("token", "")


def _button(request: HttpRequest, template: str) -> HttpResponse:
    """The page with the one button. Opening it, which mail scanners do, changes nothing."""
    return render(request, template, {"token": _token(request)})


def _dead_link(request: HttpRequest, reason: str, *, status: int) -> HttpResponse:
    context = {"reason": reason, "valid_hours": tokens.VALID_HOURS}
    return render(request, "newsletter/dead_link.html", context, status=status)


@reached_by_token(Purpose.CONFIRM)
def confirm(request: HttpRequest, consent_id: int) -> HttpResponse:
    consent = Consent.objects.select_related("subscriber").filter(pk=consent_id).first()
    if consent is None:
        return _dead_link(request, "used", status=410)
    if request.method != "POST":
        return _button(request, "newsletter/confirm.html")
    if not consent.confirm():
        return _dead_link(request, "used", status=410)
    return see_other("confirmed")


@reached_by_token(Purpose.UNSUBSCRIBE)
def unsubscribe(request: HttpRequest, subscriber_id: int) -> HttpResponse:
    subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
    if subscriber is None:
        return _dead_link(request, "forgotten", status=410)
    if request.method != "POST":
        return _button(request, "newsletter/unsubscribe.html")
    subscriber.unsubscribe()
    return see_other("unsubscribed")


@reached_by_token(Purpose.NOT_ME)
def not_me(request: HttpRequest, correspondence_id: int) -> HttpResponse:
    """For people whose address somebody else typed: it is forgotten, and never written to again."""
    correspondence = Correspondence.objects.filter(pk=correspondence_id).first()
    if correspondence is None:
        return _dead_link(request, "forgotten", status=410)
    if request.method != "POST":
        return _button(request, "newsletter/not_me.html")
    Suppression.suppress(correspondence.digest, Suppression.Reason.NOT_ME)
    return see_other("suppressed")


@require_safe
def confirmed(request: HttpRequest) -> HttpResponse:
    return render(request, "newsletter/confirmed.html")


@require_safe
def unsubscribed(request: HttpRequest) -> HttpResponse:
    return render(request, "newsletter/unsubscribed.html")


@require_safe
def suppressed(request: HttpRequest) -> HttpResponse:
    return render(request, "newsletter/suppressed.html")
