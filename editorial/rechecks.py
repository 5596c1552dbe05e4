"""After a reference or a safety text has changed: every public page that shows it is looked at again by a worker."""

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from . import acts
from .models import Recheck, Reference, SafetyText
from .publishing import publishable_models

AT_ONCE = 50  # pages in one look


def ask(reason: str, reference: Reference | None = None) -> None:
    """For the public pages that cite the reference, in their own text or in a safety text; without one, for all."""
    mark = f"[@{reference.key}]" if reference else ""
    everywhere = reference is None or SafetyText.objects.filter(body__contains=mark).exists()
    now = timezone.now()
    for model in publishable_models():
        pages = model._default_manager.published()
        if reference is not None and not everywhere:
            pages = pages.filter(live__clinical_content__contains=f'"{reference.key}"')
        kind = ContentType.objects.get_for_model(model)
        Recheck.objects.bulk_create(
            [
                Recheck(content_type=kind, object_id=pk, asked_at=now, reason=reason[:200])
                for pk in pages.values_list("pk", flat=True)
            ],
            update_conflicts=True,
            unique_fields=["content_type", "object_id"],
            update_fields=["asked_at", "reason"],
            batch_size=1000,
        )


def run() -> int:
    """Looks at what waits, a page in each transaction; returns at how many."""
    done = 0
    while done < AT_ONCE:
        with transaction.atomic():
            row = Recheck.objects.select_for_update(skip_locked=True).order_by("asked_at", "pk").first()
            if row is None:
                break
            if row.page is not None:
                acts.recheck(row.page, reason=row.reason)
            row.delete()
        done += 1
    return done
