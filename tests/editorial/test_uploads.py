"""What the editor asks the server for, and who gets an answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from pytest_django import DjangoAssertNumQueries

from editorial.models import Image
from editorial.uploads import LONGEST_LIST, ImageForm
from tests.editorial.conftest import make_picture
from tests.factories import make_article, make_condition, make_image, make_standing

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
UPLOAD, PICTURES, PAGES = (f"admin:editor_{name}" for name in ("upload", "pictures", "pages"))
CLEAN = "admin:editor_clean"


def send(client: Client, *, data: bytes = b"", name: str = "a-quiet_room.png", **fields: str) -> Any:
    file = SimpleUploadedFile(name, data or make_picture(), content_type="image/png")
    return client.post(reverse(UPLOAD), {"upload": file, **fields})


# --- Upload ---------------------------------------------------------------------------------------------------------


def test_a_described_picture_is_stored_and_answered_with_its_address(signed_in: SignIn, uploads: Path) -> None:
    answer = send(signed_in("editorial.add_image"), alt="A quiet room").json()
    image = Image.objects.get()
    assert answer == {
        "uploaded": 1, "fileName": "a quiet room", "title": "a quiet room", "url": image.file.url,
        "width": 40, "height": 30, "alt": "A quiet room", "decorative": False,
    }  # fmt: skip
    assert (image.alt_text, image.is_decorative, str(image.uploaded_by)) == ("A quiet room", False, "maya")
    assert Path(image.file.path).is_file()
    assert "quiet" not in image.file.path.removeprefix(str(uploads))


def test_a_decorative_picture_needs_no_words(signed_in: SignIn, uploads: Path) -> None:
    answer = send(signed_in("editorial.add_image"), decorative="on").json()
    assert (answer["uploaded"], answer["alt"], answer["decorative"]) == (1, "", True)


@pytest.mark.parametrize("alt", ["", "   "])
def test_a_picture_that_nobody_described_is_not_stored(signed_in: SignIn, uploads: Path, alt: str) -> None:
    answer = send(signed_in("editorial.add_image"), alt=alt).json()
    assert answer == {"uploaded": 0, "error": {"message": "Describe the picture, or mark it as decorative."}}
    assert not Image.objects.exists()
    assert list(uploads.rglob("*.*")) == []


def test_a_file_that_is_no_picture_is_refused_in_plain_words(signed_in: SignIn, uploads: Path) -> None:
    client = signed_in("editorial.add_image")
    answer = send(client, data=b"<svg onload='alert(1)'/>", name="x.svg", alt="x").json()
    assert answer["uploaded"] == 0
    assert "can’t be read as a picture" in answer["error"]["message"]
    assert client.post(reverse(UPLOAD), {"alt": "x"}).json()["uploaded"] == 0
    assert not Image.objects.exists()


def test_who_may_not_add_pictures_is_told_so(signed_in: SignIn, uploads: Path) -> None:
    response = send(signed_in("editorial.view_image"), alt="x")
    assert response.status_code == 403
    assert "may not upload" in response.json()["error"]["message"]
    assert not Image.objects.exists()


def test_readers_and_those_signed_out_get_nothing(client: Client, signed_in: SignIn, uploads: Path) -> None:
    make_article()
    make_image()
    responses = [send(client, alt="x"), client.get(reverse(PAGES)), client.get(reverse(PICTURES))]
    reader = signed_in("editorial.add_image", is_staff=False)
    responses += [send(reader, alt="x"), reader.get(reverse(PAGES)), reader.get(reverse(PICTURES))]
    for response in responses:
        assert response.status_code == 403
        assert response.json()["error"]["message"].startswith("You are signed out")
    assert Image.objects.count() == 1


def test_an_upload_without_the_forms_token_is_refused(signed_in: SignIn, uploads: Path) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in("editorial.add_image").cookies
    assert send(strict, alt="x").status_code == 403
    assert not Image.objects.exists()


def test_reading_an_address_that_acts_does_nothing(signed_in: SignIn) -> None:
    client = signed_in("editorial.add_image")
    assert client.get(reverse(UPLOAD)).status_code == 405
    assert client.post(reverse(PAGES)).status_code == 405
    assert client.post(reverse(PICTURES)).status_code == 405


# --- Lists ----------------------------------------------------------------------------------------------------------


def test_the_picker_lists_every_kind_of_page_with_its_state(signed_in: SignIn) -> None:
    make_article(title="Beta", slug="beta", state="draft")
    make_condition(title="Alpha", slug="alpha")
    make_standing(title="gamma", slug="gamma", state="taken down")
    found = signed_in().get(reverse(PAGES)).json()["pages"]
    assert [(page["title"], page["path"], page["kind"], page["state"]) for page in found] == [
        ("Alpha", "/conditions/alpha/", "condition page", "published"),
        ("Beta", "/articles/beta/", "article", "draft"),
        ("gamma", "/gamma/", "standing page", "draft"),
    ]


def test_the_picker_finds_by_words_of_the_title(signed_in: SignIn) -> None:
    make_article(title="Pain and low mood")
    make_article(title="Sleep")
    client = signed_in()
    assert [page["title"] for page in client.get(reverse(PAGES), {"q": "MOOD pain"}).json()["pages"]] == [
        "Pain and low mood"
    ]
    assert client.get(reverse(PAGES), {"q": "zzz"}).json() == {"pages": []}
    assert client.get(reverse(PAGES), {"q": "\x00"}).status_code == 200


def test_the_picker_stays_quick_and_short_as_the_site_grows(
    signed_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in()
    make_article()
    client.get(reverse(PAGES))
    with django_assert_num_queries(5):  # session, user, and one for each of three kinds
        client.get(reverse(PAGES))
    for _number in range(LONGEST_LIST):
        make_article()
    with django_assert_num_queries(5):
        assert len(client.get(reverse(PAGES)).json()["pages"]) == LONGEST_LIST


def test_pictures_are_listed_newest_first_with_their_descriptions(
    signed_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_image(title="Old", alt_text="A room")
    make_image(title="New", alt_text="", is_decorative=True)
    client = signed_in("editorial.view_image")
    found = client.get(reverse(PICTURES)).json()["pictures"]
    assert [(picture["title"], picture["alt"], picture["decorative"]) for picture in found] == [
        ("New", "", True), ("Old", "A room", False),
    ]  # fmt: skip
    assert [p["title"] for p in client.get(reverse(PICTURES), {"q": "room"}).json()["pictures"]] == ["Old"]
    with django_assert_num_queries(5):  # session, user, two for permissions, then one: not one for each
        client.get(reverse(PICTURES))


def test_pictures_are_shown_only_to_who_may_see_them(signed_in: SignIn) -> None:
    make_image()
    assert signed_in().get(reverse(PICTURES)).json() == {"pictures": []}


# --- A clean paste --------------------------------------------------------------------------------------------------


def test_a_paste_comes_back_as_it_would_be_stored_but_without_ids(signed_in: SignIn) -> None:
    answer = signed_in().post(
        reverse(CLEAN), {"html": "<h1 id=x>T</h1><p onclick=alert(1)>a <b>b</b><img src=//evil.example/a.png></p>"}
    )
    assert answer.json() == {"html": "<h2>T</h2>\n<p>a <strong>b</strong></p>"}


def test_plain_text_is_pasted_as_text_whatever_it_looks_like(signed_in: SignIn) -> None:
    answer = signed_in().post(reverse(CLEAN), {"text": "if a < b\n<script>alert(1)</script>"})
    assert answer.json() == {"html": "<p>if a &lt; b</p>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"}


def test_only_staff_may_have_a_paste_cleaned(client: Client) -> None:
    assert client.post(reverse(CLEAN), {"html": "x"}).status_code == 403


# --- The form that the admin shows ----------------------------------------------------------------------------------


def form(*, data: bytes | None = None, name: str = "a-quiet_room.jpeg", **fields: Any) -> ImageForm:
    file = SimpleUploadedFile(name, data or make_picture(kind="JPEG"))
    return ImageForm(fields, MultiValueDict({"file": [file]}))


def test_the_title_is_taken_from_the_files_name_where_none_is_given(uploads: Path) -> None:
    assert form(alt_text="x").save().title == "a quiet room"
    assert form(alt_text="x", title="Mine").save().title == "Mine"
    assert len(form(alt_text="x", name="n" * 90 + "m" * 90 + ".png").save().title) <= 120
    assert form(alt_text="x", name=".png").save().title


def test_the_form_says_beside_the_field_that_words_are_missing(uploads: Path) -> None:
    assert form().errors == {"alt_text": ["Describe the picture, or mark it as decorative."]}


def test_the_form_says_beside_the_field_that_the_file_is_no_picture(uploads: Path) -> None:
    assert list(form(data=b"x", alt_text="x").errors) == ["file"]


def test_what_the_form_stores_was_drawn_anew(uploads: Path) -> None:
    image = form(data=make_picture(kind="JPEG", size=(3000, 30)) + b"<script>", alt_text="x").save()
    assert b"<script>" not in Path(image.file.path).read_bytes()
    assert image.width == 2400


def test_changing_the_words_leaves_the_file_alone(uploads: Path) -> None:
    image = form(alt_text="x").save()
    name = image.file.name
    changed = ImageForm({"alt_text": "y", "title": "t"}, instance=image).save()
    assert (changed.file.name, changed.alt_text) == (name, "y")
