"""The home page, the small files that machines ask for, the contour drawings, and the pages for errors."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve

from blog.models import Article
from editorial.contours import FORMS, contour
from editorial.models import Person
from editorial.publishing import publishable_models
from pages.models import Clinic, ConditionPage

NEWEST_ARTICLES = 5
PLAIN_TEMPER = "plain"
OWN_PLACES = ("home", "steps", "break")  # drawings that belong to no page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    clinic = Clinic.current()
    newest = Article.objects.published().newest_first().for_lists()
    return render(
        request,
        "home.html",
        {
            "articles": list(newest[:NEWEST_ARTICLES]),
            "article_count": Article.objects.published().count(),
            "statements": list(clinic.statements.all()),
            "steps": list(clinic.steps.all()),
        },
    )


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def contour_image(request: HttpRequest, form: str, temper: str, slug: str) -> HttpResponse:
    """The drawing of a page that readers may see; others are refused: a drawing costs time, and tells of a draft."""
    conditions = ConditionPage.objects.published()
    if form not in FORMS or not (temper == PLAIN_TEMPER or conditions.filter(slug=temper).exists()):
        raise Http404
    readable = [kind.objects.published() for kind in publishable_models()] + [Person.objects.filter(is_listed=True)]
    if slug not in OWN_PLACES and not any(pages.filter(slug=slug).exists() for pages in readable):
        raise Http404
    return HttpResponse(contour(slug, temper, form), content_type="image/svg+xml")


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponse:
    """An uploaded file, as data only: whatever it holds, no browser may run it. A server in front may do it too."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"  # names are random and never used again
    return response  # type: ignore[return-value]


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        f"Disallow: {reverse('search')}",
        f"Disallow: {reverse('newsletter:signup')}*token=",
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116. Its expiry must lie ahead, so it moves with the first day of each month."""
    contact = Clinic.current().email
    if not contact:
        raise Http404
    start = timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: mailto:{contact}",
        f"Expires: {(start + timedelta(days=180)).isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}{reverse('security_txt')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)
