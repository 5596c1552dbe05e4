from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class ClinicSiteConfig(AppConfig):
    name = "clinic_site"
    verbose_name = "Clinic site"

    def ready(self) -> None:
        # Permissions exist only once every app has been migrated; "auth" makes them in its own receiver, so the groups
        # are made for the app that comes last in INSTALLED_APPS.
        post_migrate.connect(_make_groups, dispatch_uid="clinic_site.make_groups")


def _make_groups(sender: AppConfig, apps: Any, **kwargs: Any) -> None:
    """Runs once per migrate, with the last app: by then every permission has been made."""
    from django.apps import apps as installed

    from . import roles

    if sender.label == [config.label for config in installed.get_app_configs() if config.models_module][-1]:
        roles.sync()


class ClinicAdminConfig(AdminConfig):
    default_site = "clinic_site.desk.ClinicAdminSite"
