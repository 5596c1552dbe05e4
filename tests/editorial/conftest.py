"""Makers of what the content kit's tests need: pictures of every kind, and staff."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from PIL import Image
from pytest_django import Settings


def make_picture(*, kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """The bytes of a picture file; `options` go to Pillow's save."""
    written = BytesIO()
    picture = Image.new(mode, size)
    # Two halves of different colour, so that turning and scaling can be seen.
    picture.paste(
        Image.new(mode, (max(1, size[0] // 2), size[1]), 1 if mode == "1" else None if mode == "P" else "white")
    )
    picture.save(written, kind, **options)
    return written.getvalue()


@pytest.fixture
def uploads(settings: Settings, tmp_path: Path) -> Path:
    """An empty folder that takes the place of the site's uploads."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def signed_in(db: None, client: Client) -> Callable[..., Client]:
    """Signs a member of staff in who has the permissions named (as app_label.codename)."""

    def sign_in(*permissions: str, is_staff: bool = True) -> Client:
        user = User.objects.create_user("maya", is_staff=is_staff)
        for permission in permissions:
            app, _dot, codename = permission.partition(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        client.force_login(user)
        return client

    return sign_in
