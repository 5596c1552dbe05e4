"""Links that act, as they stand in mail: signed, one salt per purpose, carrying a row's id and never an address.

The token travels in the query string, which the site's logs and Referer headers leave out; a path both would keep.
"""

from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse


class Purpose(StrEnum):
    CONFIRM = "confirm"  # carries a Consent's id
    UNSUBSCRIBE = "unsubscribe"  # a Subscriber's
    NOT_ME = "not_me"  # a Correspondence's, which outlives the subscriber's row


VALID_HOURS = 72
VALID_FOR: dict[Purpose, timedelta] = {Purpose.CONFIRM: timedelta(hours=VALID_HOURS)}  # the others never end


class InvalidToken(Exception):
    """The text is no token of ours, or not for this purpose."""


class ExpiredToken(InvalidToken):
    """It was one, once."""


def _salt(purpose: Purpose) -> str:
    return f"newsletter.{purpose}"


def make(purpose: Purpose, row_id: int) -> str:
    return signing.dumps(row_id, salt=_salt(purpose))


def read(purpose: Purpose, token: str) -> int:
    """The row's id. Raises ExpiredToken or InvalidToken."""
    try:
        row_id = signing.loads(token, salt=_salt(purpose), max_age=VALID_FOR.get(purpose))
    except signing.SignatureExpired:
        raise ExpiredToken from None  # Django's own words repeat the signature, and a log might repeat them
    except (signing.BadSignature, ValueError):
        raise InvalidToken from None
    if not isinstance(row_id, int):
        raise InvalidToken
    return row_id


def link(purpose: Purpose, row_id: int) -> str:
    """The absolute address for a message; begins with SITE_URL, never with a Host header that a visitor sent."""
    path = reverse(f"newsletter:{purpose}", query={"token": make(purpose, row_id)})
    return f"{settings.SITE_URL}{path}"
