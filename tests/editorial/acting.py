"""Pages on their way: written, signed off and published through the acts, as staff would."""

from typing import Any, TypeVar

from django.contrib.auth.models import User

from editorial import acts
from editorial.models import Person
from editorial.publishing import Publishable
from editorial.revisions import rehearsal, snapshot
from editorial.signoff import current_digest
from tests.factories import make_clinician, make_credential, make_user

P = TypeVar("P", bound=Publishable)


def make_editor() -> User:
    return make_user(group="editor")


def make_reviewer() -> User:
    """A clinical reviewer with a valid credential, linked to the person in the register."""
    user = make_user(group="clinical reviewer")
    make_credential(person=make_clinician(user=user))
    return user


def person_of(user: User) -> Person:
    return Person.objects.get(user=user)


def newest(page: P) -> dict[str, Any]:
    """The data of the newest revision, or of the row where there is none; a copy to be changed."""
    page.refresh_from_db()
    return dict(page.latest.data) if page.latest else snapshot(page)


def saved(page: P, *, by: Any = None, **fields: Any) -> P:
    """A new revision with some fields (by column) changed."""
    data = newest(page)
    return acts.save_draft(page, {**data, "fields": {**data["fields"], **fields}}, by=by, base=None)


def digest_to_sign(page: Publishable) -> str:
    """What the form of approval would show of the newest revision."""
    page.refresh_from_db()
    with rehearsal(page, page.latest) as shown:
        return current_digest(shown)


def approved(page: P, *, by: User) -> P:
    """The newest revision, asked for and signed off."""
    page.refresh_from_db()
    if page.stage in ("draft", "returned"):
        page = acts.ask_for_review(page, by=None)
    return acts.approve(page, by=by, seen=digest_to_sign(page))
