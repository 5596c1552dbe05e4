"""Uploaded pictures."""

import uuid
from typing import Any


def image_path(instance: Any, filename: str) -> str:
    """A name that tells nothing of the uploader's file and can't clash."""
    return f"images/{uuid.uuid4().hex}.{filename.rpartition('.')[2].lower()}"
