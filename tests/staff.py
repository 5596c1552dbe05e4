"""Signed-in staff of every role, and the admin's addresses."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from editorial.models import Person
from editorial.publishing import Publishable
from tests.factories import make_clinician, make_credential, make_user, make_writer
from tests.reading import form_data


def _make_reviewer() -> User:
    user = make_user(group="clinical reviewer")
    make_credential(person=make_clinician(user=user))
    return user


NOT_SIGNED_IN = "not signed in"
ROLES: dict[str, Callable[[], User] | None] = {
    "writer": make_writer,
    "clinical reviewer": _make_reviewer,
    "editor": lambda: make_user(group="editor"),
    "newsletter manager": lambda: make_user(group="newsletter manager"),
    "superuser": lambda: make_user(is_superuser=True),
    "staff without a group": make_user,
    "reader with an account": lambda: make_user(is_staff=False),
    NOT_SIGNED_IN: None,
}


class Staff(Client):
    """A browser in which somebody has signed in; `person` is who they write as."""

    user: User | None = None

    @property
    def person(self) -> Person:
        assert self.user is not None
        return Person.objects.get(user=self.user)


def signed_in(role: str) -> Staff:
    browser, make = Staff(), ROLES[role]
    if make is not None:
        browser.user = make()
        browser.force_login(browser.user)
    return browser


def admin_url(what: Model | type[Model], act: str) -> str:
    name = f"admin:{what._meta.app_label}_{what._meta.model_name}_{act}"
    return reverse(name) if isinstance(what, type) else reverse(name, args=[what.pk])


def typed(page: Publishable, **changes: Any) -> dict[str, Any]:
    """What a browser would send from the page's form, opened by somebody who may do everything."""
    data = form_data(signed_in("superuser").get(admin_url(page, "change")))
    return {**data, **changes}


def typed_anew(kind: type[Publishable], **changes: Any) -> dict[str, Any]:
    """The same for a page that is not there yet."""
    data = form_data(signed_in("superuser").get(admin_url(kind, "add")))
    plain = {"title": "A new page", "slug": "a-new-page", "summary": "New.", "body": "<p>New text.</p>"}
    return {**data, **plain, **({"name": "New"} if "name" in data else {}), **changes}
