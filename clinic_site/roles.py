"""The four ready groups of staff and what each may do. Superusers may do everything.

`sync` runs after each migration: it adds what is missing and takes nothing away, so that a site's own changes stay.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

WRITER, CLINICAL_REVIEWER, EDITOR = "writer", "clinical reviewer", "editor"
NEWSLETTER_MANAGER = "newsletter manager"

_READ = ["editorial.view_person", "editorial.view_image", "editorial.view_reference", "editorial.view_safetytext"]
_KINDS = ["blog.{}_article", "pages.{}_conditionpage", "pages.{}_standingpage"]
_QUESTIONS = [f"pages.{act}_question" for act in ("view", "add", "change", "delete")]


def _pages(*acts: str) -> list[str]:
    return [kind.format(act) for kind in _KINDS for act in acts]


ROLES: dict[str, list[str]] = {
    # Writes on pages that carry their name (see editorial.permissions), uploads pictures, keeps the reference library.
    WRITER: [*_READ, *_pages("view", "add", "change"), *_QUESTIONS, "editorial.add_image", "editorial.change_image",
             "editorial.add_reference", "editorial.change_reference"],
    # Reads and corrects everything, signs off what others wrote, and decides what is public.
    CLINICAL_REVIEWER: [*_READ, *_pages("view", "change", "review", "publish"), *_QUESTIONS, "editorial.add_image",
                        "editorial.add_reference", "editorial.change_reference", "editorial.change_safetytext"],
    # Edits everything and decides what is public, once a clinician has signed it off.
    EDITOR: [*_READ, *_pages("view", "add", "change", "delete", "publish"), *_QUESTIONS, "editorial.add_image",
             "editorial.change_image", "editorial.add_reference", "editorial.change_reference",
             "editorial.change_safetytext", "editorial.add_person", "editorial.change_person",
             "editorial.view_credential", "editorial.add_credential", "editorial.change_credential"],
    # Subscribers and what is sent to them; pages are only read.
    NEWSLETTER_MANAGER: [*_READ, *_pages("view"), "newsletter.view_subscriber", "newsletter.change_subscriber",
                         "newsletter.delete_subscriber", "newsletter.view_addresses", "newsletter.view_consent",
                         "newsletter.view_suppression", "newsletter.add_suppression", "newsletter.view_outboxmessage"],
}  # fmt: skip


def sync() -> None:
    """Creates the groups and gives them their permissions; a permission that no app declares is an error."""
    for name, wanted in ROLES.items():
        group, _is_new = Group.objects.get_or_create(name=name)
        condition = Q(pk__in=[])
        for permission in wanted:
            app, _dot, codename = permission.partition(".")
            condition |= Q(content_type__app_label=app, codename=codename)
        found = list(Permission.objects.filter(condition).select_related("content_type"))
        missing = set(wanted) - {f"{p.content_type.app_label}.{p.codename}" for p in found}
        if missing:
            raise LookupError(f"Group “{name}” asks for unknown permissions: {', '.join(sorted(missing))}")
        group.permissions.add(*found)
