"""The editor in a real browser, on the admin's real pages, under the policy that production sends."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, Request, expect
from pytest_django import Settings

from blog.models import Article
from editorial.models import Image
from editorial.richtext import clean
from editorial.uploads import ImageForm
from tests.editorial.conftest import make_picture
from tests.editorial.test_paste import as_a_web_page, words
from tests.editorial.test_richtext import ATTACKS
from tests.factories import make_article, make_condition

HERE = Path(__file__).parent
SEED = HERE.parent / "seed" / "article.txt"
CLIPBOARD = HERE.parent / "editorial" / "clipboard"
PASSWORD = "a long enough password"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _uploads_go_elsewhere(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def requests(context: BrowserContext) -> list[Request]:
    """Every request the browser wants to make, also those that its policy then forbids."""
    seen: list[Request] = []
    context.on("request", lambda request: seen.append(request))  # noqa: PLW0108  (a builtin method would not do)
    return seen


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Errors of scripts, and what the policy forbade."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def sign_in(page: Page, address: str) -> None:
    User.objects.create_superuser("maya", password=PASSWORD)
    page.goto(address)
    page.fill("#id_username", "maya")
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")


@pytest.fixture
def editor(requests: list[Request], complaints: list[str], page: Page) -> Iterator[Page]:
    """A new article's page, signed in, the editor ready. In the end nothing complained and nobody else was asked."""
    sign_in(page, reverse("admin:blog_article_add"))
    until_ready(page)
    yield page
    assert complaints == []
    assert others(requests) == []


def others(requests: list[Request]) -> list[str]:
    """What was asked of anybody but the site itself."""
    asked = [urlsplit(request.url) for request in requests]
    return [url.geturl() for url in asked if url.scheme in ("http", "https", "ws") and url.hostname != "localhost"]


def until(page: Page, condition: str) -> None:
    """Waits for a condition in the page. (Playwright's own way needs eval, which the page's policy forbids.)"""
    for _attempt in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never came true: {condition}")


def until_ready(page: Page) -> None:
    until(page, "window.CKEDITOR?.instances.id_body?.status === 'ready'")


def inside(page: Page) -> FrameLocator:
    return page.frame_locator(".field-body iframe.cke_wysiwyg_frame")


def dialog(page: Page) -> Locator:
    return page.locator(".cke_dialog:visible")


def press(page: Page, button: str) -> None:
    page.click(f".field-body .cke_button__{button}")


def confirm(page: Page) -> None:
    page.click(".cke_dialog:visible .cke_dialog_ui_button_ok")


def paste(page: Page, *, html: str = "", text: str = "", picture: bytes = b"") -> None:
    """What the browser does when somebody pastes, with exactly this on the clipboard."""
    page.evaluate(
        """({html, text, picture}) => {
            const data = new DataTransfer();
            if (html) data.setData("text/html", html);
            if (text) data.setData("text/plain", text);
            if (picture.length)
                data.items.add(new File([new Uint8Array(picture)], "pasted.png", {type: "image/png"}));
            const editable = CKEDITOR.instances.id_body.editable().$;
            const view = editable.ownerDocument.defaultView;
            CKEDITOR.instances.id_body.focus();
            window.pasted = false;
            CKEDITOR.instances.id_body.once("afterPaste", () => { window.pasted = true });
            editable.dispatchEvent(new view.ClipboardEvent(
                "paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        {"html": html, "text": text, "picture": list(picture)},
    )
    if html or text:
        until(page, "window.pasted")  # the server is asked first


def written(page: Page) -> str:
    return str(page.evaluate("CKEDITOR.instances.id_body.getData()"))


def save(page: Page, title: str = "Pain and mood") -> Article:
    page.fill("#id_title", title)
    page.locator("[name=_save]").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    return Article.objects.get(title=title)


# --- Contained --------------------------------------------------------------------------------------------------------


def test_every_part_of_the_editor_works_under_the_policy_and_asks_nobody_else(editor: Page) -> None:
    """CVE-2024-43411 (versionCheck) and the rest: the `editor` fixture fails on any complaint or foreign request."""
    inside(editor).locator("body").fill("Some words to find.")
    for button in ("link", "sitepage", "picture", "table", "specialchar", "find"):
        press(editor, button)
        expect(dialog(editor)).to_be_visible()
        editor.wait_for_timeout(300)  # what it loads late comes now
        editor.keyboard.press("Escape")
        expect(dialog(editor)).to_have_count(0)
    editor.click(".field-body .cke_combo__format .cke_combo_button")
    editor.wait_for_timeout(300)
    editor.keyboard.press("Escape")
    for button in ("bold", "italic", "subscript", "bulletedlist", "numberedlist", "blockquote", "callout", "setoff"):
        press(editor, button)
    editor.click(".cke_button__maximize")
    editor.click(".cke_button__maximize")


def test_only_the_named_parts_are_loaded(editor: Page) -> None:
    """CVE-2024-43407 and others: no forbidden plugin runs, and full-page editing is off (CVE-2024-24815)."""
    loaded = set(editor.evaluate("Object.keys(CKEDITOR.instances.id_body.plugins)"))
    assert {"widget", "cleanpaste", "callout", "sitepage", "picture"} <= loaded
    assert not loaded & {
        "codesnippetgeshi",
        "preview",
        "exportpdf",
        "scayt",
        "wsc",
        "iframe",
        "sourcearea",
        "flash",
        "image",
        "filebrowser",
    }
    filter_, config = "CKEDITOR.instances.id_body.filter", "CKEDITOR.instances.id_body.config"
    assert editor.evaluate(f"[{filter_}.customConfig, {filter_}.disabled, {config}.fullPage]") == [True, False, False]


def test_the_editors_own_filter_drops_what_the_server_would_drop(editor: Page) -> None:
    nasty = "<p style='color:red' onclick='x()'>a <u>b</u><iframe src='/x/'></iframe></p><div>c</div><h1>d</h1>"
    editor.evaluate("html => { CKEDITOR.instances.id_body.setData(html); null }", nasty)
    assert not re.search(r"style|onclick|iframe|<div|<u>|<h1", written(editor))


def test_pasting_pictures_from_elsewhere_asks_nobody_and_says_why(editor: Page) -> None:
    paste(editor, html="<p>Before <img src='https://pixel.example/p.gif'> <b>after</b></p>")
    expect(editor.locator(".cke_notification")).to_contain_text("Pictures from elsewhere")
    assert "img" not in written(editor)
    assert "after" in written(editor)


def test_markup_that_came_back_with_an_error_does_not_run(
    editor: Page, complaints: list[str], requests: list[Request]
) -> None:
    """A refused form shows in the editor what was sent: cleaned, so that its own parsing is never put to the test."""
    attacks = [
        attack for attack in ATTACKS if len(attack) < 200 and "\ud800" not in attack and "plaintext" not in attack
    ]
    editor.evaluate(
        "body => { CKEDITOR.instances.id_body.destroy(true); document.getElementById('id_body').value = body; null }",
        "<p>kept</p>" + "<p>and</p>".join(attacks),
    )
    editor.evaluate("document.getElementById('id_title').required = false")
    editor.locator("[name=_save]").first.click()
    expect(editor.locator(".errornote")).to_be_visible()
    until_ready(editor)
    editor.wait_for_timeout(500)
    assert "kept" in written(editor)
    assert not re.search(r"<script|onerror=|onload=|javascript:|<svg|<iframe|evil.example/a", written(editor))
    assert others(requests) == []
    assert all("404" in complaint for complaint in complaints), complaints  # pictures of ours that are not there
    complaints.clear()


def test_what_is_stored_runs_nothing_in_a_browser_without_any_policy(browser: Browser) -> None:
    """The last word on the sanitiser: the attacks, cleaned, written into a page that forbids nothing."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content("<!doctype html><main></main>")
        page.evaluate("window.ran = []; window.alert = what => window.ran.push(what); null")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(
            "window.ran.push('the trap works'); alert(1);"
            "document.querySelector('main').innerHTML = '<img src=x: onerror=alert(2)>'"
        )
        until(page, "window.ran.length === 3")
        page.evaluate("window.ran = []")
        for attack in ATTACKS:
            page.evaluate("html => { document.querySelector('main').innerHTML = html }", clean(attack))
            for link in page.locator("main a").all():
                assert urlsplit(str(link.evaluate("a => a.href"))).scheme not in ("javascript", "data", "vbscript")
        page.wait_for_timeout(300)
        assert page.evaluate("window.ran") == []
        assert [url for url in asked if "evil" in url] == []


# --- Writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", ["word", "google-docs", "web-page", "libreoffice"])
def test_a_paste_through_the_editor_is_stored_like_one_without_it(editor: Page, program: str) -> None:
    paste(editor, html=(CLIPBOARD / f"{program}.html").read_text())
    body = save(editor).body
    expected = (CLIPBOARD / "stored" / f"{program}.html").read_text()
    for path in ("//h2", "//li", "//th | //td", "//strong", "//em", "//a", "//blockquote"):
        assert words(body, path) == words(expected, path), path


def test_the_seed_is_pasted_given_a_picture_a_box_and_a_link_and_read_back(editor: Page) -> None:
    make_condition(title="Chronic pain", slug="chronic-pain")
    paste(editor, html=as_a_web_page(SEED.read_text()))
    frame = inside(editor)
    expect(frame.locator("li").first).to_contain_text("Serotonin")

    frame.locator("p").first.click()
    press(editor, "callout")
    expect(frame.locator("div.callout > p")).to_have_count(1)

    frame.locator("p", has_text="Both statements are true").click()
    press(editor, "setoff")
    expect(frame.locator("p.set-off")).to_have_count(1)

    frame.locator("p", has_text="Learn more about the full process").click()
    editor.keyboard.press("End")
    editor.keyboard.type(" See ")
    press(editor, "sitepage")
    dialog(editor).get_by_label("Find a page by its title").press_sequentially("chronic")
    dialog(editor).get_by_label("Pages").select_option(label="Chronic pain (condition page)")
    confirm(editor)

    frame.locator("p", has_text="The statistics are striking").click()
    editor.keyboard.press("Home")
    press(editor, "picture")
    editor.set_input_files(
        ".cke_dialog:visible input[type=file]",
        {"name": "contours.png", "mimeType": "image/png", "buffer": make_picture()},
    )
    dialog(editor).get_by_label("What the picture tells").fill("Lines of a map")
    confirm(editor)
    expect(frame.locator("figure img")).to_have_attribute("alt", "Lines of a map")
    frame.locator("figcaption").click()
    editor.keyboard.type("Drawn by us")

    article = save(editor)
    image = Image.objects.get()
    assert (image.title, image.alt_text, str(image.uploaded_by)) == ("contours", "Lines of a map", "maya")
    assert (
        f'<figure><img src="{image.file.url}" alt="Lines of a map" width="40" height="30">'
        "<figcaption>Drawn by us</figcaption></figure>" in article.body
    )
    assert len(words(article.body, "//div[@class='callout']/p")) == 1
    assert words(article.body, "//p[@class='set-off']")[0].startswith("Both statements are true")
    assert '<a href="/conditions/chronic-pain/">Chronic pain</a>' in article.body
    assert len(words(article.body, "//h2")) == 16
    assert len(words(article.body, "//li")) == 38

    # Opened again and saved without a change, the text stays as it is.
    editor.goto(reverse("admin:blog_article_change", args=[article.pk]))
    until_ready(editor)
    expect(inside(editor).locator("figure img")).to_be_visible()
    assert clean(written(editor)) == article.body
    assert save(editor).body == article.body


def test_plain_text_is_pasted_in_paragraphs_and_lists(editor: Page) -> None:
    paste(editor, text=SEED.read_text())
    body = save(editor).body
    assert len(words(body, "//ul/li")) == 38
    assert len(words(body, "//p")) > 40


def test_a_box_can_be_made_around_several_paragraphs_and_taken_away(editor: Page) -> None:
    editor.evaluate("CKEDITOR.instances.id_body.setData('<h2>Get help</h2><p>one</p><ul><li>two</li></ul>')")
    frame = inside(editor)
    frame.locator("h2").click()
    editor.keyboard.press("Control+a")
    press(editor, "callout")
    assert clean(written(editor)).startswith('<div class="callout">\n<h2 id="get-help">Get help</h2>\n<p>one</p>\n<ul>')
    frame.locator("li").click()
    press(editor, "callout")
    assert "callout" not in written(editor)
    editor.keyboard.press("Control+z")
    assert "callout" in written(editor)


def test_words_that_are_chosen_become_a_link_to_a_page_of_the_site(editor: Page) -> None:
    make_article(title="Sleep", slug="sleep", state="draft")
    editor.evaluate("CKEDITOR.instances.id_body.setData('<p>rest</p>')")
    inside(editor).locator("p").dblclick()
    press(editor, "sitepage")
    dialog(editor).get_by_label("Pages").select_option(label="Sleep (article, Draft)")
    confirm(editor)
    assert clean(written(editor)) == '<p><a href="/articles/sleep/">rest</a></p>'


def test_a_picture_is_not_taken_without_words_unless_it_is_decorative(editor: Page) -> None:
    press(editor, "picture")
    confirm(editor)
    expect(dialog(editor).get_by_role("alert")).to_have_text("Choose a picture first.")
    editor.set_input_files(
        ".cke_dialog:visible input[type=file]", {"name": "a.png", "mimeType": "image/png", "buffer": make_picture()}
    )
    confirm(editor)
    expect(dialog(editor).get_by_role("alert")).to_have_text("Describe the picture, or mark it as decorative.")
    assert not Image.objects.exists()
    dialog(editor).get_by_label("It is decorative").check()
    confirm(editor)
    expect(inside(editor).locator("figure img")).to_have_attribute("alt", "")
    assert Image.objects.get().is_decorative


def test_a_file_that_is_no_picture_is_refused_in_the_dialog(editor: Page) -> None:
    press(editor, "picture")
    editor.set_input_files(
        ".cke_dialog:visible input[type=file]", {"name": "a.png", "mimeType": "image/png", "buffer": b"<svg/>"}
    )
    dialog(editor).get_by_label("What the picture tells").fill("x")
    confirm(editor)
    expect(dialog(editor).get_by_role("alert")).to_contain_text("can’t be read as a picture")


def test_a_pasted_picture_asks_for_its_description(editor: Page) -> None:
    paste(editor, picture=make_picture())
    expect(dialog(editor)).to_be_visible()
    dialog(editor).get_by_label("What the picture tells").fill("A hand")
    confirm(editor)
    expect(inside(editor).locator("figure img")).to_have_attribute("alt", "A hand")
    assert clean(written(editor)).count("<img") == 1


def test_a_picture_that_was_uploaded_before_can_be_chosen_again_and_described_anew(editor: Page) -> None:
    window = ImageForm(
        {"title": "Window", "alt_text": "A window"},
        MultiValueDict({"file": [SimpleUploadedFile("w.png", make_picture())]}),
    )
    window.save()
    press(editor, "picture")
    expect(dialog(editor).locator("option", has_text="Window")).to_have_count(1)
    dialog(editor).get_by_label("or choose one").select_option(label="Window")
    confirm(editor)
    expect(inside(editor).locator("figure img")).to_have_attribute("alt", "A window")
    inside(editor).locator("figure img").dblclick()
    dialog(editor).get_by_label("What the picture tells").fill("A window at dusk")
    confirm(editor)
    assert 'alt="A window at dusk"' in clean(written(editor))


def test_upload_says_so_when_the_session_has_ended(
    editor: Page, context: BrowserContext, complaints: list[str]
) -> None:
    context.clear_cookies(name="sessionid")
    press(editor, "picture")
    editor.set_input_files(
        ".cke_dialog:visible input[type=file]", {"name": "a.png", "mimeType": "image/png", "buffer": make_picture()}
    )
    dialog(editor).get_by_label("What the picture tells").fill("x")
    confirm(editor)
    expect(dialog(editor).get_by_role("alert")).to_contain_text("You are signed out")
    assert all(
        "403" in complaint for complaint in complaints
    )  # the browser notes the refusals; nothing else went wrong
    complaints.clear()


def test_the_toolbar_is_reached_and_used_by_keyboard(editor: Page) -> None:
    inside(editor).locator("body").click()
    editor.keyboard.type("word")
    editor.keyboard.press("Control+a")
    editor.keyboard.press("Control+b")
    assert clean(written(editor)) == "<p><strong>word</strong></p>"
    editor.keyboard.press("Alt+F10")
    for _step in range(3):
        editor.keyboard.press("ArrowRight")
    focused = editor.evaluate("document.activeElement.className")
    assert "cke_" in focused


def test_what_was_typed_is_still_there_when_the_form_is_refused(editor: Page) -> None:
    inside(editor).locator("body").fill("Hours of work")
    editor.evaluate("document.getElementById('id_title').required = false")
    editor.locator("[name=_save]").first.click()
    expect(editor.locator(".errornote")).to_be_visible()
    until_ready(editor)
    expect(inside(editor).locator("body")).to_contain_text("Hours of work")


def test_without_scripts_it_is_a_plain_text_area(browser: Browser, live_site: str) -> None:
    with browser.new_context(base_url=live_site, java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, reverse("admin:blog_article_add"))
        page.fill("#id_title", "Plain")
        page.fill("#id_slug", "plain")
        page.fill("#id_body", "First words.\n\nSecond <words>.")
        page.fill("#id_body", "First words.\n\nSecond words & more.")
        page.locator("[name=_save]").first.click()
        expect(page.locator(".messagelist .success")).to_be_visible()
    assert Article.objects.get(title="Plain").body == "<p>First words.</p>\n<p>Second words &amp; more.</p>"
