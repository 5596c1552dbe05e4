"""What happens by itself at a time: a revision goes live, or a page is taken down. A worker calls `run_due`.

Act and mark are one transaction: a worker that is killed leaves the row waiting and the page as it was, and two workers
pass over what the other holds. So each is done once, and a restart catches up.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import acts
from .acts import Refused
from .models import Act, ScheduledAct
from .models.history import ChangeKind
from .permissions import May, may
from .publishing import Publishable
from .revisions import locked

AT_ONCE = 20  # a look does at most so many, so that the worker's other jobs have their turn


def go_live(page: Publishable, *, by: Any, at: datetime, change: str, change_note: str = "") -> ScheduledAct:
    """The newest revision, which must be approved, becomes public at a time to come."""
    with transaction.atomic():
        page = locked(page)
        acts.check(by, May.SCHEDULE, page)
        if page.latest is None or page.approval is None:
            raise Refused(_("This revision is not approved. Ask for a review first."))
        if page.is_published and page.live_id == page.latest_id:
            raise Refused(_("Readers see this revision already."))
        change = acts.checked_change(page, change, change_note)
        return _add(
            page,
            by,
            ScheduledAct(
                kind=ScheduledAct.Kind.GO_LIVE,
                revision=page.latest,
                sign_off=page.approval,
                due_at=at,
                change=change,
                change_note=change_note if change != ChangeKind.MINOR else "",
            ),
        )


def take_down(page: Publishable, *, by: Any, at: datetime, redirect_to: str = "") -> ScheduledAct:
    """The page is taken from readers at a time to come."""
    with transaction.atomic():
        page = locked(page)
        acts.check(by, May.SCHEDULE, page)
        acts.check_redirect(page, redirect_to)
        kind = ScheduledAct.Kind.TAKE_DOWN
        return _add(page, by, ScheduledAct(kind=kind, due_at=at, redirect_to=redirect_to))


def _add(page: Publishable, by: Any, planned: ScheduledAct) -> ScheduledAct:
    if planned.due_at <= timezone.now():
        raise Refused(_("Give a time that lies ahead."))
    if ScheduledAct.objects.of(page).filter(kind=planned.kind, state=ScheduledAct.State.WAITING).exists():
        raise Refused(_("This is scheduled already. Cancel that first."))
    for column, value in ScheduledAct.key(page).items():
        setattr(planned, column, value)
    planned.made_by = by
    planned.save()
    acts.log(page, Act.Kind.SCHEDULED, by=by, sentence=str(planned))
    return planned


def _held(*keys: int) -> None:
    """Locks what is planned before its page, in the order of the worker: in another they would wait for each other."""
    list(ScheduledAct.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=["self"]))


def cancel(planned: ScheduledAct, *, by: Any) -> None:
    with transaction.atomic():
        _held(planned.pk)
        page = locked(acts.page_of(planned))
        acts.check(by, May.SCHEDULE, page)
        waiting = ScheduledAct.objects.filter(pk=planned.pk, state=ScheduledAct.State.WAITING)
        if not waiting.update(state=ScheduledAct.State.CANCELED, ended_at=timezone.now()):
            raise Refused(_("This is done already, or was canceled before."))
        acts.log(page, Act.Kind.CANCELED, by=by, sentence=str(planned))


def run_due() -> int:
    """Does what is due; returns how many. One that is refused is marked as failed, and the others go on."""
    done = 0
    while done < AT_ONCE and _do_next():
        done += 1
    return done


def _do_next() -> bool:
    with transaction.atomic():
        due = ScheduledAct.objects.filter(state=ScheduledAct.State.WAITING, due_at__lte=timezone.now())
        planned = due.select_for_update(skip_locked=True, of=["self"]).order_by("due_at", "pk").first()
        if planned is None:
            return False
        planned.state, planned.problem = ScheduledAct.State.DONE, ""
        try:
            with transaction.atomic():
                _do(planned)
        except (Refused, ValidationError, IntegrityError) as refusal:
            planned.state, planned.problem = ScheduledAct.State.FAILED, _said(refusal)[:500]
            if planned.page is not None:
                acts.log(planned.page, Act.Kind.FAILED, revision=planned.revision, sentence=planned.problem)
        planned.ended_at = timezone.now()
        planned.save(update_fields=["state", "problem", "ended_at"])
    return True


def _said(refusal: Exception) -> str:
    if isinstance(refusal, IntegrityError):
        return _("Another page stands at this address now. Choose another address and publish again.")
    return str(refusal)


def _do(planned: ScheduledAct) -> None:
    page = acts.page_of(planned)
    if not may(planned.made_by, May.PUBLISH, page):
        raise Refused(_("Whoever scheduled this may no longer publish."))
    if planned.kind == ScheduledAct.Kind.TAKE_DOWN:
        acts.unpublish(page, by=planned.made_by, redirect_to=planned.redirect_to)
        return
    acts.publish(
        page,
        by=planned.made_by,
        change=planned.change,
        change_note=planned.change_note,
        revision=planned.revision,
        sign_off=planned.sign_off,
    )
