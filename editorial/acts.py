"""What is done with pages: save, ask, return, approve, publish, schedule, take down, restore, delete.

Each act asks who may do it, holds the page's row, checks where the page stands, and leaves its trace (`Act`) in
the same transaction. Acts refuse with `Refused` (the state does not allow it; words for the person who tried) or
`PermissionDenied`. `by` is an account; None stands for the program itself, when it loads content.
"""

from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import record, redirects
from .models import Act, Change, Person, Publication, Remark, Revision, ScheduledAct, SignOff
from .models.history import ChangeKind, OfPage
from .permissions import May, may
from .publishing import Publishable, Stage, Status
from .revisions import address_is_taken, lay_over, locked, pictures_of, rehearsal, snapshot
from .signoff import clinical_content, credential_of, digest_of, writers_since_sign_off

P = TypeVar("P", bound=Publishable)


class Refused(Exception):
    """Where the page stands does not allow the act. The message says why and what to do."""


class Stale(Refused):
    """Somebody saved a newer revision while this one was written."""


def check(by: Any, act: May, page: Publishable) -> None:
    if by is not None and not may(by, act, page):
        raise PermissionDenied


def page_of(row: OfPage) -> Publishable:
    if row.page is None:
        raise Refused(_("The page was deleted."))
    page: Publishable = row.page
    return page


def log(page: Publishable, kind: Act.Kind, *, by: Any = None, sentence: str = "", **more: Any) -> Act:
    """`more`: revision, at."""
    return Act.objects.create(
        **Act.key(page),
        kind=kind,
        by=by,
        title=page.title,
        sentence=sentence[:500],
        **{"revision": page.latest, **more},
    )


# --- Writing --------------------------------------------------------------------------------------------------------


def save_draft(
    page: P,
    data: dict[str, Any],
    *,
    by: Any,
    base: int | None,
    note: str = "",
    restored_from: Revision | None = None,
    at: datetime | None = None,
) -> P:
    """Adds a revision; readers go on seeing what they saw. Raises Stale if `base` is no longer the newest number.

    A change that leaves every word that was signed as it was (the place in a menu, say) leaves the approval standing.
    """
    with transaction.atomic():
        page = locked(page)
        check(by, May.RESTORE if restored_from else May.SAVE, page)
        newest = page.latest.number if page.latest else 0
        if base is not None and base != newest:
            raise Stale(_("Somebody has saved a newer revision of this page meanwhile."))
        check_address(page, data)
        content = _content_of(page, data)
        digest = digest_of(content)
        revision = Revision.objects.create(
            **Revision.key(page),
            number=newest + 1,
            data=data,
            clinical_content=content,
            digest=digest,
            pictures=pictures_of(data),
            saved_by=by,
            note=note,
            restored_from=restored_from,
            saved_at=at or timezone.now(),
        )
        if not page.is_published:
            lay_over(page, data)
        keeps = restored_from is None and page.approval is not None and page.approval.digest == digest
        keeps = keeps and _still_signed(page, data)
        page.latest = revision
        page.stage = Stage.APPROVED if keeps else Stage.DRAFT
        page.approval = page.approval if keeps else None
        page.save()
        kind = Act.Kind.RESTORED if restored_from else Act.Kind.SAVED
        log(page, kind, by=by, sentence=note, at=revision.saved_at)
    return page


def check_address(page: Publishable, data: dict[str, Any]) -> None:
    if address_is_taken(page, data):
        raise Refused(_("Another page stands at this address now. Choose another address and publish again."))


def _still_signed(page: Publishable, data: dict[str, Any]) -> bool:
    """Whether the approval may stand when these data, of the same words, become the newest revision.

    Not where its signer becomes the author, and not an editor's where a clinician's is needed from now on.
    """
    signed = page.approval
    with rehearsal(page, None) as shown:
        lay_over(shown, data)
        needs_clinician, author_id = shown.needs_clinician, shown.author_id
    if not needs_clinician or signed is None:
        return signed is not None
    return bool(signed.kind == SignOff.Kind.CLINICAL and signed.person_id != author_id)


def _content_of(page: Publishable, data: dict[str, Any]) -> str:
    """The clinical content the page would have with the data; the row is left as it is."""
    with transaction.atomic():
        shown = locked(page)
        lay_over(shown, data)
        content = clinical_content(shown)
        transaction.set_rollback(True)
    return content


def restore(page: P, revision: Revision, *, by: Any) -> P:
    """A new draft that says what the revision said. It needs its own sign-off, whoever signed the old one."""
    return save_draft(page, revision.data, by=by, base=None, restored_from=revision)


# --- Reviewing ------------------------------------------------------------------------------------------------------


def ask_for_review(page: P, *, by: Any, of: Person | None = None, note: str = "", at: datetime | None = None) -> P:
    with transaction.atomic():
        page = locked(page)
        check(by, May.ASK, page)
        if page.stage not in (Stage.DRAFT, Stage.RETURNED):
            raise Refused(_("This revision is already in review or approved."))
        with rehearsal(page, page.latest) as shown:
            missing = shown.missing_for_readers()
        if missing:
            raise Refused(" ".join(missing.values()))
        page.stage, page.asked = Stage.IN_REVIEW, of
        page.save()
        log(page, Act.Kind.ASKED, by=by, sentence=note, at=at or timezone.now())
    return page


def return_to_author(page: P, *, by: Any, sentence: str) -> P:
    """With remarks made before, or with a sentence; never without any."""
    with transaction.atomic():
        page = locked(page)
        check(by, May.RETURN, page)
        if page.stage != Stage.IN_REVIEW:
            raise Refused(_("Only a page in review can be returned."))
        if not sentence and not open_remarks(page):
            raise Refused(_("Say what should change: write a sentence here, or a remark beside a paragraph."))
        page.stage = Stage.RETURNED
        page.save()
        log(page, Act.Kind.RETURNED, by=by, sentence=sentence)
    return page


def open_remarks(page: Publishable) -> int:
    return int(Remark.objects.of(page).filter(resolved_at__isnull=True).count())


def approve(page: P, *, by: Any, seen: str, person: Person | None = None, at: datetime | None = None) -> P:
    """Signs off the newest revision. `seen` is the digest of what the signer was shown; another text is never signed.

    Clinically for pages that need it: `person` (the account's own, unless content is being loaded) must be a
    clinician with a valid credential who has not written any of it.
    """
    with transaction.atomic():
        page = locked(page)
        check(by, May.APPROVE, page)
        if page.stage != Stage.IN_REVIEW:
            raise Refused(_("Only a page in review can be approved."))
        if open_remarks(page):
            raise Refused(_("Remarks are still open. Resolve each one before the page is approved."))
        person = person or (getattr(by, "person", None) if by is not None else None)
        page.approval = _sign(page, page.latest, by=by, person=person, seen=seen, at=at)
        page.stage = Stage.APPROVED
        page.save()
        log(page, Act.Kind.APPROVED, by=by, at=page.approval.signed_at)
    return page


def call_minor(page: P, *, by: Any, seen: str, live: bool = False) -> P:
    """The reviewer has seen the difference to what was signed and calls it minor: the sign-off is carried over.

    `live`: the public text (a reference or safety text on it changed); else the newest revision.
    """
    with transaction.atomic():
        page = locked(page)
        check(by, May.CARRY, page)
        former = last_sign_off(page)
        if former is None or (former.kind != SignOff.Kind.CLINICAL and _needs_clinician(page, live=live)):
            raise Refused(_("This page was never signed off, so there is no difference to call minor."))
        if not live and page.stage == Stage.APPROVED:
            raise Refused(_("This revision is approved already."))
        if open_remarks(page):
            raise Refused(_("Remarks are still open. Resolve each one before the page is approved."))
        revision = page.live if live else page.latest
        if revision is None:
            raise Refused(_("Readers don’t see this page."))
        person = getattr(by, "person", None)
        signed = _sign(page, revision, by=by, person=person, seen=seen, carried_from=former)
        if revision.pk == page.latest_id:
            page.approval, page.stage = signed, Stage.APPROVED
        if revision.pk == page.live_id:
            _carry_sign_off(page, signed)
        page.save()
        if revision.pk == page.live_id:
            record.keep(page, cause=Publication.Cause.SURROUNDINGS, by=by)
        log(page, Act.Kind.CARRIED, by=by, revision=revision)
    return page


def _needs_clinician(page: Publishable, *, live: bool) -> bool:
    with rehearsal(page, page.live if live else page.latest) as shown:
        return shown.needs_clinician


def last_sign_off(page: Publishable) -> SignOff | None:
    found: SignOff | None = SignOff.objects.of(page).select_related("person").first()
    return found


def _sign(
    page: Publishable,
    revision: Any,
    *,
    by: Any,
    person: Person | None,
    seen: str,
    carried_from: SignOff | None = None,
    at: datetime | None = None,
) -> SignOff:
    credential: dict[str, Any] = {}
    with rehearsal(page, revision) as shown:
        content, needs_clinician = clinical_content(shown), shown.needs_clinician
        author_id = shown.author_id
        missing = shown.missing_for_readers()
    if missing:
        raise Refused(" ".join(missing.values()))
    if digest_of(content) != seen:
        raise Refused(_("The text has changed since you opened this page. Read it again, then decide."))
    if needs_clinician:
        if person is None or not person.is_clinician:
            raise Refused(_("Only a clinician can sign this off. Your account is not linked to one in the register."))
        if person.pk == author_id or (
            person.user_id in writers_since_sign_off(revision) and person.user_id is not None
        ):
            raise Refused(_("You have written part of this text, so somebody else must sign it off."))
        credential = credential_of(person)
        if not credential:
            raise Refused(
                _("The register holds no valid credential for %(name)s. Enter the renewed one first.")
                % {"name": person.name}
            )
    signed_at = at or timezone.now()
    return SignOff.objects.create(
        **SignOff.key(page),
        revision=revision,
        kind=SignOff.Kind.CLINICAL if needs_clinician else SignOff.Kind.EDITORIAL,
        person=person,
        signed_by=by,
        signed_at=signed_at,
        clinical_content=content,
        digest=digest_of(content),
        credential=credential,
        carried_from=carried_from,
        reviewed_on=carried_from.reviewed_on if carried_from else timezone.localtime(signed_at).date(),
    )


# --- Publishing -----------------------------------------------------------------------------------------------------


def publish(
    page: P,
    *,
    by: Any,
    change: str,
    change_note: str = "",
    revision: Revision | None = None,
    sign_off: SignOff | None = None,
    at: datetime | None = None,
) -> P:
    """Makes the newest revision (or the one given with its sign-off) what readers see, and keeps the HTML for good.

    `at` lies in the past and is for loading content alone. Raises Refused where the sign-off is not for these words.
    """
    with transaction.atomic():
        page = locked(page)
        check(by, May.PUBLISH, page)
        revision, sign_off = revision or page.latest, sign_off or page.approval
        if revision is None or sign_off is None:
            raise Refused(_("This revision is not approved. Ask for a review first."))
        if page.is_published and page.live_id == revision.pk:
            raise Refused(_("Readers see this revision already."))
        now = at or timezone.now()
        change = checked_change(page, change, change_note)
        if page.is_published and page.live and revision.number < page.live.number:
            raise Refused(_("Readers see a newer revision already. To go back, restore the old one."))
        check_address(page, revision.data)
        page.status = Status.PUBLISHED
        page.published_at = page.published_at or now
        lay_over(page, revision.data)
        if digest_of(clinical_content(page)) != sign_off.digest:
            raise Refused(_("The sign-off is not for these words: the text, a reference or a safety text has changed."))
        page.live = revision
        _carry_sign_off(page, sign_off)
        if change != ChangeKind.MINOR:
            page.changed_at = now
        if change in (ChangeKind.FIRST, ChangeKind.SUBSTANTIVE):
            page.substantially_changed_at = now
        page.save()
        note = "" if change == ChangeKind.MINOR else change_note.strip()
        entry = Change.objects.create(**Change.key(page), revision=revision, kind=change, note=note, at=now)
        record.keep(page, cause=Publication.Cause.PUBLISHED, by=by, change=entry, at=now)
        log(page, Act.Kind.PUBLISHED, by=by, revision=revision, sentence=change_note, at=now)
    return page


def checked_change(page: Publishable, change: str, change_note: str) -> str:
    """The kind of change: the first publication is one whatever is said; the others need what `change` asks for."""
    if not page.was_ever_public:
        return ChangeKind.FIRST
    if change not in (ChangeKind.MINOR, ChangeKind.SUBSTANTIVE, ChangeKind.CORRECTION):
        raise Refused(_("Say what kind of change this is."))
    if change != ChangeKind.MINOR and not change_note.strip():
        raise Refused(_("Tell readers in a sentence what changed."))
    return change


def _carry_sign_off(page: Publishable, signed: SignOff) -> None:
    """Puts a sign-off that holds for what readers see onto the row."""
    is_clinical = signed.kind == SignOff.Kind.CLINICAL
    page.sign_off = signed
    page.reviewer = signed.person if is_clinical else None
    page.reviewed_on = signed.reviewed_on if is_clinical else None
    page.review_due_on = signed.reviewed_on + page.review_every if is_clinical else None


def unpublish(page: P, *, by: Any, redirect_to: str = "", sentence: str = "") -> P:
    """Takes the page from readers; they are led to `redirect_to` if there is one. The newest revision stays."""
    with transaction.atomic():
        page = locked(page)
        check(by, May.UNPUBLISH, page)
        if not page.is_published:
            raise Refused(_("Readers don’t see this page."))
        record.close(page, cause=Publication.Cause.TAKEN_DOWN, by=by)
        _leave_redirects(page, redirect_to)
        log(page, Act.Kind.UNPUBLISHED, by=by, revision=page.live, sentence=sentence)
        _withdraw(page)
        if page.latest:
            lay_over(page, page.latest.data)
    return page


def _withdraw(page: Publishable) -> None:
    page.status, page.live, page.sign_off = Status.DRAFT, None, None
    page.reviewer = page.reviewed_on = page.review_due_on = None
    type(page)._default_manager.filter(pk=page.pk).update(
        status=Status.DRAFT, live=None, sign_off=None, reviewer=None, reviewed_on=None, review_due_on=None
    )


def check_redirect(page: Publishable, target: str) -> None:
    if target and (problem := redirects.problem_with(target, page.addresses())):
        raise Refused(problem)


def _leave_redirects(page: Publishable, target: str) -> None:
    check_redirect(page, target)
    for path in page.addresses() if target else []:
        redirects.leave(path, target)


def delete(page: Publishable, *, by: Any, redirect_to: str = "") -> None:
    """Deletes the row; revisions, sign-offs, publications and acts stay, and the time machine shows them."""
    with transaction.atomic():
        waiting = ScheduledAct.objects.of(page).filter(state=ScheduledAct.State.WAITING)
        list(waiting.order_by("pk").select_for_update(of=["self"]))  # before the page, as the worker does
        page = locked(page)
        check(by, May.DELETE, page)
        if page.is_published:
            record.close(page, cause=Publication.Cause.DELETED, by=by)
        _leave_redirects(page, redirect_to)
        ScheduledAct.objects.of(page).filter(state=ScheduledAct.State.WAITING).update(
            state=ScheduledAct.State.CANCELED, ended_at=timezone.now()
        )
        log(page, Act.Kind.DELETED, by=by)
        page.delete()


# --- Remarks --------------------------------------------------------------------------------------------------------


def remark(page: Publishable, *, by: Any, text: str, paragraph: int | None = None, excerpt: str = "") -> Remark:
    """A reviewer's words about a paragraph of the newest revision, or about all of it."""
    with transaction.atomic():
        page = locked(page)
        check(by, May.REMARK, page)
        if page.stage == Stage.APPROVED:
            raise Refused(_("This revision is approved. Remarks are for texts in hand."))
        if page.latest is None:
            raise Refused(_("The page has no revision yet. Save it first."))
        made = Remark.objects.create(
            **Remark.key(page),
            revision=page.latest,
            paragraph=paragraph,
            excerpt=excerpt[:300],
            text=text,
            made_by=by,
        )
        log(page, Act.Kind.REMARKED, by=by, sentence=text)
    return made


def resolve(mark: Remark, *, by: Any, answer: str = "") -> None:
    """It stays on record, with who resolved it and how."""
    with transaction.atomic():
        page = locked(page_of(mark))
        check(by, May.RESOLVE, page)
        still_open = Remark.objects.filter(pk=mark.pk, resolved_at__isnull=True)
        if not still_open.update(resolved_at=timezone.now(), resolved_by=by, answer=answer):
            raise Refused(_("This remark is resolved already."))
        log(page, Act.Kind.RESOLVED, by=by, sentence=answer or mark.text)


# --- What surrounds a page changes ----------------------------------------------------------------------------------


def recheck(page: Publishable, *, reason: str) -> None:
    """A reference or safety text on a public page changed: keeps what readers see now, and says if a sign-off ended."""
    with transaction.atomic():
        page = locked(page)
        if not page.is_published or page.live is None:
            return
        last = Publication.objects.of(page).first()
        content = digest_of(clinical_content(page))
        holds = page.sign_off is not None and page.sign_off.digest == content
        was_shown = page.reviewed_on is not None or (page.sign_off is not None and not page.needs_clinician)
        if last is not None and last.digest == content and holds == (last.sign_off_id is not None):
            return
        if holds:
            _carry_sign_off(page, page.sign_off)
        else:
            page.reviewer = page.reviewed_on = None
        page.save()
        record.keep(page, cause=Publication.Cause.SURROUNDINGS)
        if holds != was_shown:
            log(page, Act.Kind.HOLDS_AGAIN if holds else Act.Kind.LAPSED, revision=page.live, sentence=reason)


def adopt(page: P) -> P:
    """Gives a page that was stored before there were revisions its first one, without a sign-off."""
    with transaction.atomic():
        page = locked(page)
        if page.latest_id is not None:
            return page
        data, content = snapshot(page), clinical_content(page)
        page.latest = Revision.objects.create(
            **Revision.key(page),
            number=1,
            data=data,
            clinical_content=content,
            digest=digest_of(content),
            pictures=pictures_of(data),
            note="Stored before revisions were kept",
        )
        page.live = page.latest if page.is_published else None
        page.save()
        if page.is_published:
            record.keep(page, cause=Publication.Cause.PUBLISHED)
    return page
