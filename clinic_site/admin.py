"""The admin of what the frameworks bring along."""

from django.contrib import admin
from django.contrib.sites.models import Site

admin.site.unregister(Site)  # addresses come from SITE_URL; a second place to set them would only mislead
