"""Who may do what with a page: one table, asked by every act and by everything that offers one.

By group: `change_…` lets somebody write, `review_…` remark, return and sign off, `publish_…` decide what is public.
By object: whoever can only write, writes on pages that carry their own name.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from .publishing import Publishable


class May(StrEnum):
    """Acts on a page, as permissions know them."""

    SEE = "see"
    SAVE = "save"
    RESTORE = "restore"
    ASK = "ask for review"
    REMARK = "remark"
    RESOLVE = "resolve a remark"
    RETURN = "return"
    APPROVE = "approve"
    CARRY = "call a difference minor"
    PUBLISH = "publish"
    SCHEDULE = "schedule"
    UNPUBLISH = "unpublish"
    DELETE = "delete"
    EXPORT = "export the record"


def has(user: Any, permission: str, page: Publishable) -> bool:
    """Whether the account holds a kind's permission: view, add, change, delete, review, publish."""
    return bool(user.has_perm(f"{page._meta.app_label}.{permission}_{page._meta.model_name}"))


def is_own(user: Any, page: Publishable) -> bool:
    """Whether the page carries this account's name as author."""
    return page.author is not None and page.author.user_id is not None and page.author.user_id == user.pk


def _sees(user: Any, page: Publishable) -> bool:
    return has(user, "view", page) or has(user, "change", page)


def _writes(user: Any, page: Publishable) -> bool:
    return has(user, "change", page) and (has(user, "publish", page) or is_own(user, page))


def _reviews(user: Any, page: Publishable) -> bool:
    return has(user, "review", page)


def _publishes(user: Any, page: Publishable) -> bool:
    return has(user, "publish", page)


def _approves(user: Any, page: Publishable) -> bool:
    return _reviews(user, page) if page.needs_clinician else _publishes(user, page)


RULES: dict[May, Callable[[Any, Publishable], bool]] = {
    May.SEE: _sees,
    May.SAVE: _writes,
    May.RESTORE: _writes,
    May.ASK: _writes,
    May.REMARK: lambda user, page: _reviews(user, page) or _publishes(user, page),
    May.RESOLVE: lambda user, page: _writes(user, page) or _reviews(user, page),
    May.RETURN: lambda user, page: _reviews(user, page) or _publishes(user, page),
    May.APPROVE: _approves,
    May.CARRY: _approves,
    May.PUBLISH: _publishes,
    May.SCHEDULE: _publishes,
    May.UNPUBLISH: _publishes,
    May.DELETE: lambda user, page: has(user, "delete", page) and _publishes(user, page),
    May.EXPORT: _sees,
}


def may(user: Any, act: May, page: Publishable) -> bool:
    """Whether this account may do this with this page at all; whether the page's state allows it, `acts` says."""
    return bool(user.is_active and user.is_staff) and RULES[act](user, page)
