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
        post_migrate.connect(_adopt_pages, sender=self)


def _make_groups(**kwargs: Any) -> None:
    """After each migration; this app is migrated last, so that every permission and table is there."""
    from . import roles

    roles.sync()


def _adopt_pages(**kwargs: Any) -> None:
    """Pages that were stored before revisions were kept get their first one."""
    from editorial import acts
    from editorial.publishing import publishable_models

    for model in publishable_models():
        for page in model._default_manager.filter(latest=None):
            acts.adopt(page)


class ClinicAdminConfig(AdminConfig):
    default_site = "clinic_site.desk.ClinicAdminSite"
