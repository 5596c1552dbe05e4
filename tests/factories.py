"""Rows for tests, one call each; only what a test says is special, the rest is plain and valid."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from django.contrib.auth.models import Group, User
from django.utils import timezone

from blog.models import Article
from editorial.models import Credential, Image, Person, Reference, SafetyText
from editorial.publishing import Publishable, Status
from pages.models import Clinic, ConditionPage, Question, StandingPage, Statement, Step

PASSWORD = "correct horse battery staple"
BODY = "<p>Plain words about a treatment, its limits and its risks.</p>"
_serial = count(1)
P = TypeVar("P", bound=Publishable)

# How a page may stand, by name: status, and its publication time as days from now.
STATES: dict[str, tuple[Status, int | None]] = {
    "draft": (Status.DRAFT, None),
    "published": (Status.PUBLISHED, -1),
    "due": (Status.SCHEDULED, -1),  # its time has come, no worker has run
    "scheduled": (Status.SCHEDULED, 1),
    "taken down": (Status.DRAFT, -1),
}
SEEN, UNSEEN = ("published", "due"), ("draft", "scheduled", "taken down")


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
    number = next(_serial)
    status, days = STATES[state]
    at = None if days is None else timezone.now() + timedelta(days=days)
    plain: dict[str, Any] = {
        "title": f"Page {number}",
        "slug": f"page-{number}",
        "summary": f"What page {number} is about.",
        "body": BODY,
        "status": status,
        "publish_at": at,
    }
    if "author" not in fields:
        plain["author"] = make_person()
    page = kind(**{**plain, **fields})
    page.save()
    return page


def changed_long_ago(page: Publishable, *, at: datetime | None = None) -> datetime:
    """Sets when the page's text changed last, so that a test sees whether something moves it."""
    moment = at or timezone.now() - timedelta(days=30)
    type(page).objects.filter(pk=page.pk).update(changed_at=moment)
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
