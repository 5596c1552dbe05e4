"""Every address of the site. Standing pages come last: they take whatever the others leave."""

from django.conf import settings
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path
from django.views.generic import RedirectView

from . import mailbox, search, views
from .sitemaps import SITEMAPS

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", search.search, name="search"),
    path("newsletter/", include("newsletter.urls")),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}img/favicon.ico")),
    path("contours/<slug:form>/<slug:temper>/<slug:slug>.svg", views.contour_image, name="contour"),
    path("media/<path:path>", views.media, name="media"),
]
if settings.SHOW_MAILBOX:
    urlpatterns += [path("mailbox/", mailbox.mailbox, name="mailbox")]
urlpatterns += [path("", include("blog.urls")), path("", include("pages.urls"))]

handler400 = "clinic_site.views.bad_request"
handler403 = "clinic_site.views.permission_denied"
handler404 = "clinic_site.views.page_not_found"
