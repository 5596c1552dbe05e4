"""Reads the demonstration files beside this module and creates what is missing. Nothing that exists is touched.

Pages are TOML front matter between `+++` lines, then the body's HTML.
"""

import secrets
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone
from django.utils.html import format_html

from blog.models import Article
from editorial import acts
from editorial.models import Person, Reference, SafetyText
from editorial.publishing import Publishable
from editorial.revisions import snapshot
from editorial.signoff import current_digest
from pages.models import Clinic, ConditionPage, Question, StandingPage

from .figures import ect_figure

HERE = Path(__file__).parent
ECT_PLACEHOLDER = "{figure: the two trials of ketamine and ECT}"
ACCOUNTS = {  # user name: (role's group, or None for everything; person whose account it is)
    "editor": (None, ""),
    "writer": ("writer", "maya-lindqvist"),
    "clinician": ("clinical reviewer", "amara-okafor"),
    "letters": ("newsletter manager", ""),
}


def load() -> bool:
    """Loads everything in one transaction; False where content is there already."""
    if Clinic.objects.exists():
        return False
    with transaction.atomic():
        _load_people()
        _load_references()
        for row in _toml("safety.toml")["text"]:
            SafetyText.objects.create(**row)
        _load_clinic(_toml("clinic.toml"))
        for path in sorted((HERE / "conditions").glob("*.html")):
            _load_condition(path)
        for path in sorted((HERE / "standing").glob("*.html")):
            _load_standing(path)
        _load_articles(sorted((HERE / "articles").glob("*.html")))
    return True


def staff_accounts() -> dict[str, str]:
    """Creates the demonstration's missing staff accounts; returns the new ones' passwords, made here and now."""
    passwords = {}
    for name, (group, person) in ACCOUNTS.items():
        user, is_new = User.objects.get_or_create(username=name, defaults={"is_staff": True, "is_superuser": not group})
        if not is_new:
            continue
        passwords[name] = secrets.token_urlsafe(9)
        user.set_password(passwords[name])
        user.save()
        if group:
            user.groups.add(Group.objects.get(name=group))
        if person:
            Person.objects.filter(slug=person).update(user=user)
    return passwords


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text("utf-8"))


def _page(path: Path) -> tuple[dict[str, Any], str]:
    _empty, front, body = path.read_text("utf-8").split("+++\n", 2)
    return tomllib.loads(front), body.strip()


def _with_figures(body: str) -> str:
    """Draws and stores the figure that a placeholder names."""
    if ECT_PLACEHOLDER not in body:
        return body
    image = ect_figure()
    tag = format_html(
        '<img src="{}" alt="{}" width="{}" height="{}">', image.file.url, image.alt_text, image.width, image.height
    )
    return body.replace(ECT_PLACEHOLDER, tag)


def _load_people() -> None:
    for row in _toml("people.toml")["person"]:
        person = Person.objects.create(
            slug=row["slug"],
            name=row["name"],
            role=row["role"],
            degrees=row["credentials"],
            is_clinician=row["clinician"],
            order=row["order"],
            biography=row["biography"].strip(),
        )
        for credential in row.get("credential", []):
            person.credentials.create(
                kind=credential["kind"],
                number=credential["number"],
                state=credential["state"],
                expires_on=credential["expires"],
            )


def _load_references() -> None:
    rows = [row for path in sorted(HERE.glob("references*.toml")) for row in _toml(path.name)["reference"]]
    for row in rows:
        reference = Reference(**row)
        reference.full_clean()
        reference.save()


def _load_clinic(facts: dict[str, Any]) -> None:
    statements, steps = facts.pop("statement"), facts.pop("step")
    facts["states_served"] = ", ".join(facts["states_served"])
    facts["postal_address"] = facts["postal_address"].strip()
    clinic = Clinic.objects.create(pk=1, **facts)
    for order, row in enumerate(statements):
        clinic.statements.create(order=order, **row)
    for order, row in enumerate(steps):
        clinic.steps.create(order=order, **row)


def _fill(page: Publishable, front: dict[str, Any], body: str) -> None:
    """Fills in what all kinds share, checks it as the admin would, and stores it."""
    page.title, page.summary, page.body = front["title"], front["summary"], body
    page.key_points = "\n".join(front["key_points"])
    page.search_description = front["search_description"]
    page.shows_risks = front["risks"]
    page.author = Person.objects.get(slug=front["author"])
    page.full_clean(exclude=["search_vector"])
    page.save()


def _publish(page: Publishable, front: dict[str, Any]) -> None:
    """As staff do: saved, reviewed on its day by the clinician it names, published on its day."""
    at = _morning(front["published"])
    reviewer = Person.objects.get(slug=front["reviewer"]) if "reviewer" in front else None
    signed_at = _morning(front["reviewed"]) if reviewer else at
    written_at = min(at, signed_at)
    page = acts.save_draft(page, snapshot(page), by=None, base=0, note="Written for the demonstration", at=written_at)
    page = acts.ask_for_review(page, by=None, of=reviewer, at=written_at)
    page = acts.approve(page, by=None, person=reviewer, seen=current_digest(page), at=signed_at)
    acts.publish(page, by=None, change="first", at=at)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), tzinfo=timezone.get_default_timezone())


def _load_condition(path: Path) -> None:
    front, body = _page(path)
    condition = ConditionPage(
        slug=path.stem,
        name=front["name"],
        order=front["order"],
        evidence_label=front["evidence_label"],
        evidence_summary=front["evidence_summary"],
    )
    _fill(condition, front, body)
    for order, row in enumerate(front["question"]):
        question = Question(condition=condition, order=order, question=row["question"], answer=row["answer"].strip())
        question.full_clean()
        question.save()
    _publish(condition, front)


def _load_standing(path: Path) -> None:
    front, body = _page(path)
    page = StandingPage(
        slug=path.stem, menu_place=front["menu"], order=front["order"], menu_title=front.get("menu_title", "")
    )
    page.is_clinical = "reviewer" in front
    _fill(page, front, body)
    _publish(page, front)


def _load_articles(paths: list[Path]) -> None:
    chosen: list[tuple[Article, dict[str, Any]]] = []
    for path in paths:
        front, body = _page(path)
        body = _with_figures(body)
        article = Article(slug=path.stem)
        _fill(article, front, body)
        article.conditions.set(ConditionPage.objects.filter(slug__in=front["conditions"]))
        chosen.append((article, front))
    for article, front in chosen:
        article.related.set(Article.objects.filter(slug__in=front["related"]))
        _publish(article, front)
