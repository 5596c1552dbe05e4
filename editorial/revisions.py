"""A page as data and back: what a revision keeps, and how it is laid over the page's row.

`rehearsal` lays a revision over the row for a moment and undoes it, so that forms, previews and checks work on real
rows with every rule of the database, while readers go on seeing what is public.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction

from .models import Image, Revision
from .publishing import Publishable

P = TypeVar("P", bound=Publishable)
PICTURE = re.compile(rf'src="{re.escape(settings.MEDIA_URL)}([^"]+)"')


def snapshot(page: Publishable) -> dict[str, Any]:
    """All that a page says, as it is stored: `fields` by column, `many` by name as lists of ids, `parts` as rows."""
    return {
        "fields": {field.attname: getattr(page, field.attname) for field in revised_fields(type(page))},
        "many": {
            field.name: sorted(getattr(page, field.name).values_list("pk", flat=True))
            for field in page._meta.many_to_many
        },
        "parts": {
            name: list(getattr(page, name).order_by("pk").values(*_part_columns(page, name))) for name in page.PARTS
        },
    }


def revised_fields(kind: type[Publishable]) -> list[Any]:
    return [field for field in kind._meta.concrete_fields if field.name not in kind.BOOKKEEPING]


def _part_columns(page: Publishable, name: str) -> list[str]:
    relation: Any = page._meta.get_field(name)
    return [f.attname for f in relation.related_model._meta.concrete_fields if f.name != relation.field.name]


def lay_over(page: Publishable, data: dict[str, Any]) -> None:
    """Makes the page's row, and its parts, say what the data says. What has since been deleted is left out.

    An address that another page has taken since is left out too: a look must not fail for it. Acts refuse it.
    """
    kept = {"slug"} if address_is_taken(page, data) else set()
    for field in revised_fields(type(page)):
        if field.attname in data["fields"] and field.attname not in kept:
            setattr(page, field.attname, _still_there(field, data["fields"][field.attname]))
    page.save()
    for field in page._meta.many_to_many:
        related: Any = field.related_model
        getattr(page, field.name).set(related._default_manager.filter(pk__in=data["many"].get(field.name, [])))
    for name in page.PARTS:
        _lay_over_parts(page, name, data["parts"].get(name, []))


def address_is_taken(page: Publishable, data: dict[str, Any]) -> bool:
    """Whether another page of this kind stands now where the data would put this one."""
    slug = data["fields"].get("slug", page.slug)
    others = type(page)._default_manager.exclude(pk=page.pk)
    return bool(slug != page.slug and others.filter(slug=slug).exists())


def _still_there(field: Any, value: Any) -> Any:
    """The value, or None for a row that is gone."""
    if not field.is_relation or value is None or field.related_model._default_manager.filter(pk=value).exists():
        return value
    return None


def _lay_over_parts(page: Publishable, name: str, rows: list[dict[str, Any]]) -> None:
    """Rows keep their ids: what links to an answer still finds it."""
    relation: Any = page._meta.get_field(name)
    parts: models.Manager[Any] = getattr(page, name)
    parts.exclude(pk__in=[row["id"] for row in rows]).delete()
    for row in rows:
        relation.related_model(**{relation.field.name: page}, **row).save()


def pictures_of(data: dict[str, Any]) -> list[int]:
    """The ids of all pictures that the data shows, in its texts too."""
    texts = [
        *data["fields"].values(),
        *(value for rows in data["parts"].values() for row in rows for value in row.values()),
    ]
    paths = {path for text in texts if isinstance(text, str) for path in PICTURE.findall(text)}
    found = set(Image.objects.filter(file__in=paths).values_list("pk", flat=True)) if paths else set()
    return sorted(found | {data["fields"]["cover_id"]} - {None})


def locked(page: P) -> P:
    """The page's row as it is now, held to the end of the transaction: two acts on one page wait for each other."""
    row: P = type(page)._default_manager.select_for_update().get(pk=page.pk)  # type: ignore[assignment]
    return row


def row_revision_id(page: Publishable) -> int | None:
    """Which revision the page's row holds: what readers see, or else the newest."""
    found: int | None = page.live_id if page.is_published else page.latest_id
    return found


@contextmanager
def rehearsal(page: P, revision: Revision | None) -> Iterator[P]:
    """The page as if the revision were laid over its row (None: as it is). All that is done inside is undone."""
    with transaction.atomic():
        shown = locked(page)
        if revision is not None and revision.pk != row_revision_id(shown):
            lay_over(shown, revision.data)
        yield shown
        transaction.set_rollback(True)
