"""Uploaded files."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db  # closing an answer looks after the connections


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media" / "images").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path / "media"


def body(response: Any) -> bytes:
    with closing(response):
        return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def test_a_file_is_sent_as_data_that_no_browser_runs(client: Client, media: Path) -> None:
    (media / "images" / "a.png").write_bytes(b"\x89PNG pixels")
    response = client.get("/media/images/a.png")
    assert (response.status_code, body(response)) == (200, b"\x89PNG pixels")
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response.headers["Cache-Control"]
    assert not response.cookies


def test_whatever_came_in_is_not_run(client: Client, media: Path) -> None:
    (media / "images" / "a.html").write_text("<script>alert(1)</script>")
    response = client.get("/media/images/a.html")
    body(response)
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "images/../../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "/etc/passwd", "images/", ""],
)
@pytest.mark.usefixtures("media")
def test_nothing_outside_the_folder_and_no_list_of_it_is_sent(client: Client, path: str) -> None:
    response = client.get(f"/media/{path}")
    assert response.status_code in (400, 404)
    assert b"secret" not in body(response)


@pytest.mark.usefixtures("media")
def test_a_file_that_is_not_there_is_not_found_and_not_kept(client: Client) -> None:
    response = client.get("/media/images/none.png")
    assert response.status_code == 404
    assert "immutable" not in response.headers["Cache-Control"]


def test_only_reading_is_possible(client: Client, media: Path) -> None:
    (media / "images" / "a.png").write_bytes(b"x")
    assert client.post("/media/images/a.png").status_code == 405
