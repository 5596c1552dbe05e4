"""Rows for tests, one call each; only what a test says is special, the rest is plain and valid."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any, TypeVar

from django.contrib.auth.models import Group, User
from django.utils import timezone

from blog.models import Article
from editorial import acts
from editorial.models import Credential, Image, Person, Reference, SafetyText
from editorial.publishing import Publishable, Status
from editorial.revisions import snapshot
from editorial.signoff import current_digest
from pages.models import Clinic, ConditionPage, Question, StandingPage, Statement, Step

PASSWORD = "correct horse battery staple"
BODY = "<p>Plain words about a treatment, its limits and its risks.</p>"
_serial = count(1)
P = TypeVar("P", bound=Publishable)

# How a page may stand, by name.
STATES = ("draft", "published", "taken down")
SEEN, UNSEEN = ("published",), ("draft", "taken down")


def make_person(*, name: str = "", slug: str = "", **fields: Any) -> Person:
    number = next(_serial)
    fields = {"role": "Medical writer", **fields}
    return Person.objects.create(name=name or f"Person {number}", slug=slug or f"person-{number}", **fields)


def make_clinician(**fields: Any) -> Person:
    return make_person(**{"is_clinician": True, "role": "Psychiatrist", **fields})


def make_credential(*, person: Person, number: str = "X-1") -> Credential:
    return person.credentials.create(
        kind="Medical license", number=number, state="Washington", expires_on=date(2030, 1, 1)
    )


def make_reference(*, key: str = "", **fields: Any) -> Reference:
    number = next(_serial)
    plain = {
        "authors": "Ferraro MC and others",
        "title": f"A study of something {number}",
        "source": "Journal 2025;1:1-9",
        "year": 2025,
        "doi": f"10.1000/{number}",
        "kind": "Review of 67 trials",
        "design": Reference.Design.META_ANALYSIS,
        "note": f"Note {number}.",
    }
    return Reference.objects.create(key=key or f"study-{number}", **{**plain, **fields})


def make_safety_text(*, kind: str, title: str = "", body: str = "<p>Speak with a clinician.</p>") -> SafetyText:
    return SafetyText.objects.create(kind=kind, title=title or kind.replace("-", " ").capitalize(), body=body)


def make_image(*, title: str = "A picture", alt_text: str = "A quiet room", **fields: Any) -> Image:
    """A row alone: no file is written, so nothing may open it."""
    file = f"images/{next(_serial)}.png"
    image = Image(**{"file": file, "width": 40, "height": 30, "title": title, "alt_text": alt_text, **fields})
    Image.objects.bulk_create([image])  # save() would look into the file for its size
    return image


def make_clinic(*, statements: int = 0, steps: int = 0, **fields: Any) -> Clinic:
    clinic = Clinic.objects.create(pk=1, **{"name": "Example clinic", "email": "hello@example.org", **fields})
    for number in range(statements):
        Statement.objects.create(clinic=clinic, heading=f"Statement {number}", text="Said plainly.", link="/articles/")
    for number in range(steps):
        Step.objects.create(clinic=clinic, heading=f"Step {number}", text="Done calmly.")
    return clinic


def make_article(
    *,
    state: str = "published",
    conditions: Iterable[ConditionPage] = (),
    related: Iterable[Article] = (),
    **fields: Any,
) -> Article:
    article = _made(Article, state, fields)
    article.conditions.set(conditions)
    article.related.set(related)
    return article


def make_condition(
    *, state: str = "published", questions: Iterable[tuple[str, str]] = (), **fields: Any
) -> ConditionPage:
    name = fields.get("name") or fields.get("title") or f"Condition {next(_serial)}"
    condition = _made(ConditionPage, state, {**fields, "name": name})
    for order, (question, answer) in enumerate(questions):
        Question.objects.create(condition=condition, question=question, answer=answer, order=order)
    return condition


def make_standing(*, state: str = "published", **fields: Any) -> StandingPage:
    return _made(StandingPage, state, fields)


MAKERS: dict[str, Callable[..., Any]] = {
    "article": make_article,
    "condition": make_condition,
    "standing": make_standing,
}


def _made(kind: type[P], state: str, fields: dict[str, Any]) -> P:
    """A row without a history, unless a reviewer is named: then with a revision that they have signed off."""
    assert state in STATES, state
    number = next(_serial)
    reviewer, reviewed_on = fields.pop("reviewer", None), fields.pop("reviewed_on", None)
    published_at = fields.pop("published_at", None) or timezone.now() - timedelta(days=1)
    plain: dict[str, Any] = {
        "title": f"Page {number}",
        "slug": f"page-{number}",
        "summary": f"What page {number} is about.",
        "body": BODY,
        "status": Status.PUBLISHED if state == "published" else Status.DRAFT,
        "published_at": None if state == "draft" else published_at,
    }
    if state != "draft":
        plain |= {"changed_at": published_at, "substantially_changed_at": published_at}
    if "author" not in fields:
        plain["author"] = make_person()
    page = kind(**{**plain, **fields})
    page.save()
    return sign(page, reviewer=reviewer, on=reviewed_on) if reviewer else page


def sign(page: P, *, reviewer: Person, on: date | None = None) -> P:
    """Has what the page says now signed off, as its newest revision and, if it is public, as what readers see."""
    if not reviewer.credentials.exists():
        make_credential(person=reviewer)
    at = datetime.combine(on, time(9), tzinfo=timezone.get_current_timezone()) if on else timezone.now()
    was_published = page.is_published
    page = acts.save_draft(page, snapshot(page), by=None, base=None)
    page = acts.ask_for_review(page, by=None)
    page = acts.approve(page, by=None, person=reviewer, seen=current_digest(page), at=at)
    return acts.publish(page, by=None, change="minor") if was_published else page


def approved(page: P, *, by: Person | None = None, **changes: str) -> P:
    """Saved with the changes, reviewed and signed off; readers don't see it yet."""
    clinician = by or make_clinician()
    make_credential(person=clinician)
    data = snapshot(page)
    data["fields"] |= changes
    page = acts.ask_for_review(acts.save_draft(page, data, by=None, base=None), by=None)
    return acts.approve(page, by=None, person=clinician, seen=page.latest.digest)


def changed_long_ago(page: Publishable, *, at: datetime | None = None) -> datetime:
    """Sets when the page's text changed last, so that a test sees whether something moves it."""
    moment = at or timezone.now() - timedelta(days=30)
    type(page).objects.filter(pk=page.pk).update(
        changed_at=moment, substantially_changed_at=moment, published_at=moment if page.published_at else None
    )
    page.refresh_from_db()
    return moment


def make_user(*, name: str = "", group: str = "", is_superuser: bool = False, is_staff: bool = True) -> User:
    user = User.objects.create_user(
        name or f"user-{next(_serial)}", password=PASSWORD, is_staff=is_staff, is_superuser=is_superuser
    )
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def make_writer() -> User:
    """With the person in whose name they write."""
    user = make_user(group="writer")
    make_person(user=user)
    return user
