from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ClinicSiteConfig(AppConfig):
    name = "clinic_site"
    verbose_name = _("Site")

    def ready(self) -> None:
        post_migrate.connect(_make_groups, sender=self)


def _make_groups(**kwargs: Any) -> None:
    """After each migration; this app is migrated last, so that every permission is there."""
    from . import roles

    roles.sync()


class ClinicAdminConfig(AdminConfig):
    default_site = "clinic_site.desk.ClinicAdminSite"
