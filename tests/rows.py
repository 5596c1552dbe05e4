"""What is stored, all of it, to see that something changed nothing."""

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Model


def everything() -> dict[str, list[str]]:
    """All rows of all tables of ours, m2m and redirects included; less sessions and when somebody last signed in."""
    models: list[type[Model]] = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model is not User and model._meta.app_label != "sessions"
    ]
    return {model._meta.db_table: sorted(map(repr, model._default_manager.values_list())) for model in models}
