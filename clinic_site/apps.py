from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ClinicSiteConfig(AppConfig):
    name = "clinic_site"


class ClinicAdminConfig(AdminConfig):
    default_site = "clinic_site.desk.ClinicAdminSite"
