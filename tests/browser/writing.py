"""Writing in the admin's forms as people do: into the editor's frame, over the clipboard, with its dialogs."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

MAY_PASTE = {"permissions": ["clipboard-read", "clipboard-write"]}  # of a browser context

PUT_ON_CLIPBOARD = """async ([html, plain]) => navigator.clipboard.write([new ClipboardItem({
    "text/html": new Blob([html], {type: "text/html"}), "text/plain": new Blob([plain], {type: "text/plain"}),
})])"""


def text(page: Page) -> Locator:
    """What is written in the editor of the field “Text”, once the editor is ready."""
    frame = page.frame_locator("#cke_id_body iframe.cke_wysiwyg_frame")
    inside = frame.locator("body[contenteditable=true]")
    inside.wait_for()
    return inside


def paste(page: Page, html: str, plain: str = "") -> None:
    """Copies rich text as another program does, and pastes it at the end of the text."""
    page.evaluate(PUT_ON_CLIPBOARD, [html, plain])
    text(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+V")


def upload_picture(page: Page, file: Path, description: str) -> None:
    """Through the editor's own dialog."""
    dialog = picture_dialog(page)
    dialog.get_by_label("Upload a picture").set_input_files(file)
    dialog.get_by_label("What the picture tells").fill(description)
    dialog.get_by_role("button", name="OK").click()
    dialog.wait_for(state="hidden")
    expect(text(page).get_by_role("img", name=description)).to_be_visible()


def picture_dialog(page: Page) -> Locator:
    page.get_by_role("button", name="Picture", exact=True).click()
    dialog = page.get_by_role("dialog", name="Picture")
    expect(dialog.get_by_label("Upload a picture")).to_be_focused()  # until then it is being filled
    return dialog


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(f"{label}:", exact=True)


def row(page: Page, name: str) -> Locator:
    """A field with its label, its help and what is wrong with it."""
    return page.locator(f".form-row.field-{name}")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()
