"""Failures in words that are fit for a log: what the libraries say about them often holds an address."""

import smtplib
import traceback
from pathlib import Path

from django.conf import settings


def described(error: BaseException) -> str:
    """The kind of failure, the mail server's code where there is one, and the line of ours it came from."""
    codes = smtp_codes(error)
    kind = " ".join([type(error).__name__, *map(str, codes)])
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    if not frames:
        return kind
    return f"{kind} ({Path(frames[-1].filename).relative_to(settings.BASE_DIR)}:{frames[-1].lineno})"


def smtp_codes(error: BaseException) -> list[int]:
    """The codes a mail server answered with; several where it refused recipients."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return sorted({code for code, _text in error.recipients.values()})
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(settings.BASE_DIR) and "site-packages" not in path.parts
