"""Nothing that was typed is lost when a session has ended."""

from typing import Any

import pytest
from django.test import Client

from blog.models import Article
from tests.factories import PASSWORD, make_article, make_condition, make_person
from tests.reading import form_data, texts, tree, words
from tests.staff import Staff, admin_url, signed_in, typed

pytestmark = pytest.mark.django_db
FORM = "//form[@method='post'][.//button]"


@pytest.fixture
def editor() -> Staff:
    return signed_in("superuser")


def sent_too_late(editor: Staff, address: str, data: dict[str, Any]) -> Any:
    """The form is sent after the session has gone; the answer of the admin."""
    editor.logout()
    return editor.post(address, data)


def signed_in_again(editor: Staff, response: Any, password: str = PASSWORD) -> Any:
    assert editor.user is not None
    kept = form_data(response, FORM)
    return editor.post("/admin/resume/", {**kept, "username": editor.user.username, "password": password})


def test_a_form_sent_too_late_asks_for_a_new_sign_in_and_keeps_what_was_typed(editor: Staff) -> None:
    page = make_article(state="draft")
    data = typed(page, title="Typed <title> & more", body="<p>Typed\ntext</p>")
    response = sent_too_late(editor, admin_url(page, "change"), data)
    assert response.status_code == 403
    assert texts(response, "//h1")[-1:] == ["Your session has ended"]
    kept = form_data(response, FORM)
    assert kept["kept-title"] == "Typed <title> & more"
    assert kept["kept-body"] == "<p>Typed\ntext</p>"
    assert kept["target"] == admin_url(page, "change")
    page.refresh_from_db()
    assert page.title != "Typed <title> & more"


def test_after_signing_in_one_click_saves_it(editor: Staff) -> None:
    condition, page = make_condition(), make_article(state="draft")
    data = typed(page, title="Typed title", body="<p>Typed &amp; kept</p>", conditions=[str(condition.pk)])
    ended = sent_too_late(editor, admin_url(page, "change"), data)
    resumed = signed_in_again(editor, ended)
    assert resumed.status_code == 200
    assert texts(resumed, "//h1")[-1:] == ["You are signed in again"]
    form = tree(resumed).xpath(FORM)[-1]
    again = form_data(resumed, f"({FORM})[last()]")
    assert editor.post(form.get("action"), again).status_code == 302
    page.refresh_from_db()
    assert (page.title, page.body) == ("Typed title", "<p>Typed &amp; kept</p>")
    assert list(page.conditions.all()) == [condition]


def test_it_holds_for_a_new_page_and_its_rows_too(editor: Staff) -> None:
    page = make_condition(state="draft", questions=[("Why?", "<p>So.</p>")])
    data = typed(page, **{"questions-0-answer": "<p>Typed answer.</p>"})
    resumed = signed_in_again(editor, sent_too_late(editor, admin_url(page, "change"), data))
    editor.post(admin_url(page, "change"), form_data(resumed, f"({FORM})[last()]"))
    assert page.questions.get().answer == "<p>Typed answer.</p>"


def test_an_account_can_be_edited_over_a_new_sign_in(editor: Staff) -> None:
    """Its form has a user name of its own, which is not that of who signs in."""
    other = signed_in("writer").user
    assert other is not None
    data = form_data(editor.get(f"/admin/auth/user/{other.pk}/change/")) | {
        "username": "renamed",
        "first_name": "Typed",
    }
    resumed = signed_in_again(editor, sent_too_late(editor, f"/admin/auth/user/{other.pk}/change/", data))
    response = editor.post(f"/admin/auth/user/{other.pk}/change/", form_data(resumed, f"({FORM})[last()]"))
    assert response.status_code == 302
    other.refresh_from_db()
    assert (other.username, other.first_name) == ("renamed", "Typed")


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_says_so_and_keeps_what_was_typed(editor: Staff, password: str) -> None:
    page = make_article(state="draft")
    ended = sent_too_late(editor, admin_url(page, "change"), typed(page, title="Typed title"))
    for _attempt in range(3):
        ended = signed_in_again(editor, ended, password)
        assert ended.status_code == 403
        assert tree(ended).xpath("//*[@class='errornote']")
        kept = form_data(ended, FORM)
        assert kept["kept-title"] == "Typed title"
        assert kept["target"] == admin_url(page, "change")
        assert "kept-kept-title" not in kept
    assert signed_in_again(editor, ended).status_code == 200


def test_passwords_and_tokens_are_never_carried_along(editor: Staff) -> None:
    secrets = {
        "password": "s3cret-a",
        "password1": "s3cret-b",
        "old_password": "s3cret-c",
        "csrfmiddlewaretoken": "s3cret-d",
    }
    ended = sent_too_late(editor, "/admin/auth/user/add/", {"username": "new", **secrets})
    assert "kept-username" in form_data(ended, FORM)
    assert "s3cret" not in ended.content.decode()
    wrong = signed_in_again(editor, ended, "s3cret-e")
    assert "s3cret" not in wrong.content.decode()
    resumed = signed_in_again(editor, ended)
    assert PASSWORD not in resumed.content.decode()
    smuggled = {**form_data(ended, FORM), "kept-csrfmiddlewaretoken": "s3cret-f", "kept-password": "s3cret-g"}
    assert editor.user is not None
    resumed = editor.post("/admin/resume/", {**smuggled, "username": editor.user.username, "password": PASSWORD})
    assert "s3cret" not in resumed.content.decode()


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/admin/", "/\\evil.example/", "/newsletter/unsubscribe/",
        "/admin/../newsletter/unsubscribe/", "/admin/%2e%2e/newsletter/", "javascript:alert(1)", "",
        "https://evil.example/admin/", "/administrator/",
    ],
)  # fmt: skip
def test_what_was_typed_goes_to_a_page_of_the_admin_and_nowhere_else(editor: Staff, target: str) -> None:
    assert editor.user is not None
    data = {"target": target, "kept-title": "x", "username": editor.user.username, "password": PASSWORD}
    editor.logout()
    response = editor.post("/admin/resume/", data)
    assert response.status_code == 302
    assert response.headers["Location"] == "/admin/"


def test_only_staff_resume(editor: Staff) -> None:
    reader = signed_in("reader with an account").user
    assert reader is not None
    data = {"target": "/admin/", "kept-title": "x", "username": reader.username, "password": PASSWORD}
    editor.logout()
    response = editor.post("/admin/resume/", data)
    assert response.status_code == 403
    assert form_data(response, FORM)["kept-title"] == "x"


def test_who_signs_in_again_may_do_no_more_than_they_may(editor: Staff) -> None:
    page = make_article(state="draft", author=make_person())
    ended = sent_too_late(editor, admin_url(page, "change"), typed(page, title="Slipped in"))
    writer = signed_in("writer").user
    assert writer is not None
    resumed = editor.post(
        "/admin/resume/", {**form_data(ended, FORM), "username": writer.username, "password": PASSWORD}
    )
    assert editor.post(admin_url(page, "change"), form_data(resumed, f"({FORM})[last()]")).status_code == 403
    assert not Article.objects.filter(title="Slipped in").exists()


def test_a_preview_and_what_an_act_was_told_are_kept_too(editor: Staff) -> None:
    page = make_article(state="draft")
    for address, data in [
        (admin_url(page, "preview"), typed(page, title="Typed title")),
        (admin_url(page, "ask"), {"of": "", "note": "Look at the numbers."}),
    ]:
        ended = sent_too_late(editor, address, data)
        assert form_data(ended, FORM)["target"] == address
        name = "note" if "note" in data else "title"
        assert tree(ended).xpath(f"//input[@name='kept-{name}']/@value") == [data[name]]
        resumed = signed_in_again(editor, ended)
        assert tree(resumed).xpath(FORM)[-1].get("action") == address


def test_chosen_files_are_said_to_be_lost(editor: Staff) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    picture = SimpleUploadedFile("a.png", b"x", content_type="image/png")
    ended = sent_too_late(editor, "/admin/editorial/image/add/", {"title": "Typed", "file": picture})
    assert "Choose them again after signing in." in words(tree(ended))
    assert form_data(ended, FORM)["kept-title"] == "Typed"


def test_reading_without_a_session_leads_to_the_sign_in() -> None:
    response = Client().get("/admin/blog/article/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/admin/login/?next=/admin/blog/article/"


def test_nobody_can_be_made_to_send_a_form_from_elsewhere(editor: Staff) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert editor.user is not None
    for address in ("/admin/resume/", "/admin/blog/article/add/"):
        data = {"target": "/admin/", "username": editor.user.username, "password": PASSWORD, "title": "x"}
        assert browser.post(address, data).status_code == 403
    assert "sessionid" not in browser.cookies


def test_the_pages_in_between_are_kept_nowhere(editor: Staff) -> None:
    page = make_article(state="draft")
    ended = sent_too_late(editor, admin_url(page, "change"), typed(page))
    for response in (ended, signed_in_again(editor, ended)):
        assert "no-store" in response.headers["Cache-Control"]


def test_resuming_is_only_ever_sent() -> None:
    assert Client().get("/admin/resume/").status_code == 405
