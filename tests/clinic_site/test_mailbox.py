"""The mailbox of a development machine."""

from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from pytest_django import Settings

from clinic_site import mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.SHOW_MAILBOX = True
    return tmp_path / "mail"


def send(subject: str = "Hello", text: str = "Open http://127.0.0.1:8000/x/?token=1%3A2 now", html: str = "") -> None:
    message = EmailMultiAlternatives(subject, text, to=["sam@example.org"])
    if html:
        message.attach_alternative(html, "text/html")
    message.send()


def show(**query: str) -> HttpResponse:
    return mailbox.mailbox(RequestFactory().get("/mailbox/", query))


def test_it_is_not_there_outside_development(client: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("mailbox")
    assert client.get("/mailbox/").status_code == 404
    with pytest.raises(Http404):
        show()


def test_an_empty_mailbox_says_what_to_do(folder: Path) -> None:
    assert b"The worker sends a few seconds after a sign-up" in show().content


def test_messages_are_listed_newest_first_with_links_to_press(folder: Path) -> None:
    send("First")
    send("Second")
    page = show().content.decode()
    assert page.index("Second") < page.index("First")
    assert '<a href="http://127.0.0.1:8000/x/?token=1%3A2"' in page
    assert "To sam@example.org" in page


def test_two_messages_of_one_connection_are_two(folder: Path) -> None:
    from django.core.mail import get_connection

    messages = [EmailMultiAlternatives(subject, "Text", to=["sam@example.org"]) for subject in ("One", "Two")]
    get_connection().send_messages(messages)
    assert [mail.subject for mail in mailbox.mails()] == ["Two", "One"]


def test_what_a_message_holds_cannot_act_on_the_page(folder: Path) -> None:
    send("<script>1</script>", "<script>2</script>", "<script>3</script>")
    page = show().content.decode()
    for number in (1, 2, 3):
        assert f"<script>{number}" not in page


def test_html_is_shown_by_itself_where_no_script_runs(folder: Path) -> None:
    send(html="<p style='color:red'>Größe</p>")
    answer = show(html=mailbox.mails()[0].key)
    assert "Größe" in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith("default-src 'none';")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "allow-scripts" not in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("key", ["", "x", "../../etc/passwd", "../mail/1-0"])
def test_only_messages_can_be_asked_for(folder: Path, key: str) -> None:
    send(html="<p>Hello</p>")
    with pytest.raises(Http404):
        show(html=key)
