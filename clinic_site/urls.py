"""Every address of the site. Standing pages come last: they take whatever the others leave."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path(settings.ADMIN_PATH, admin.site.urls),
]
