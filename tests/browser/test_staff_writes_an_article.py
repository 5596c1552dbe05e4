"""From an empty form to a page that readers see: written, looked at, reviewed, published and read."""

from pathlib import Path
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from blog.models import Article
from editorial import schedule
from editorial.models import Image, ScheduledAct
from tests.editorial.conftest import make_picture

from .people import People
from .writing import MAY_PASTE, field, paste, picture_dialog, row, save, text, upload_picture

SEED = Path(__file__).parent.parent / "seed" / "article.txt"
SUBHEADINGS = (
    "Shared Neurotransmitter Pathways", "Central Sensitization: When the Brain Amplifies Pain",
    "Neuroinflammation: The Hidden Driver", "Overlapping Brain Regions",
    "NMDA Receptor Antagonism: Turning Down Pain Amplification", "Glutamate Modulation: Resetting Mood Circuits",
    "Neuroplasticity: Building New Pathways", "Anti-Inflammatory Effects",
)  # fmt: skip
LINKS = {
    "chronic pain page": "/conditions/chronic-pain/",
    "depression page": "/conditions/depression/",
    "what to expect page": "/what-to-expect/",
}


def as_rich_text(lines: list[str]) -> str:
    """The seed as a word processor puts it onto the clipboard: its own dress around headings, lists and links."""
    html = "<html><body><!--StartFragment-->"
    for line in lines:
        for words, address in LINKS.items():
            line = line.replace(words, f'<a href="{address}" style="color:#1155cc">{words}</a>')
        if line.startswith("- "):
            html += f'<ul style="margin:0"><li style="font-size:11pt"><span>{line[2:]}</span></li></ul>'
        elif line in SUBHEADINGS:
            html += f'<h3 style="font-family:Arial">{line}</h3>'
        elif not line.endswith((".", ":", "?")) or line == "Who Is a Candidate?":
            html += f'<h2 style="font-family:Arial">{line}</h2>'
        else:
            html += f'<p class="MsoNormal" style="line-height:107%"><span style="color:black">{line}</span></p>'
    return html.replace('</ul><ul style="margin:0">', "") + "<!--EndFragment--></body></html>"


def seed() -> tuple[str, str, str]:
    """Its title, its summary, and its text as rich text."""
    title, summary, *lines = SEED.read_text("utf-8").partition("\nDisclaimer:")[0].splitlines()
    return title, summary, as_rich_text(lines)


def open_new_article(page: Page) -> None:
    """From the desk, as somebody who looks for the place."""
    page.get_by_text("Everything that can be edited").click()
    page.locator(".model-article").get_by_role("link", name="Add").click()
    text(page)


def test_an_article_is_written_reviewed_published_and_read(people: People, tmp_path: Path) -> None:
    title, summary, html = seed()
    picture = tmp_path / "IMG_2041.png"
    picture.write_bytes(make_picture(size=(640, 360)))

    writer = people.staff("writer", **MAY_PASTE)
    open_new_article(writer)
    field(writer, "Title").press_sequentially(title)
    field(writer, "Summary").fill(summary)
    field(writer, "Key points").fill("Pain and low mood feed each other.\nKetamine can harm the bladder.")
    writer.get_by_label("Depression").check()
    writer.get_by_label("Chronic pain").check()
    paste(writer, html)
    expect(text(writer).get_by_role("heading", name="Neuroinflammation: The Hidden Driver")).to_be_visible()
    upload_picture(writer, picture, "Two halves of a field, one white")
    assert field(writer, "Author").locator("option:checked").inner_text() == "Maya Lindqvist"

    preview = preview_in_new_tab(writer)
    assert not Article.objects.filter(title=title).exists(), "a preview stores nothing"
    expect(preview.get_by_role("heading", level=1, name=title)).to_be_visible()
    expect(preview.get_by_text("Preview: readers do not see this.")).to_be_visible()
    expect(preview.get_by_role("link", name="chronic pain page")).to_be_visible()
    assert is_loaded(preview, "Two halves of a field, one white")
    preview.close()

    save(writer)
    expect(writer.locator(".messagelist")).to_contain_text("is saved as a new revision")
    draft = Article.objects.get(title=title)
    assert draft.status == "draft"
    assert Image.objects.get(alt_text="Two halves of a field, one white").title == "IMG 2041"
    path = draft.get_absolute_url()
    people.expect(404, path)
    visitor = people.visitor(viewport={"width": 1440, "height": 900})
    visitor.goto(path)
    expect(visitor.get_by_role("heading", level=1)).not_to_have_text(title)

    do(writer, "Ask for review")
    clinician = people.staff("clinician")
    clinician.get_by_role("region", name="Waiting for me").get_by_role("link", name=title).click()
    status = clinician.url
    clinician.get_by_role("link", name="Remark").click()
    expect(clinician.get_by_role("heading", name="Overlapping Brain Regions")).to_be_visible()
    clinician.get_by_label("Paragraph").select_option(index=2)
    clinician.get_by_label("Remark", exact=False).last.fill("Say in how many people.")
    clinician.get_by_role("button", name="Add the remark").click()
    people.expect(422, urlsplit(status).path.replace("status", "approve"))
    do(clinician, "Approve")
    expect(clinician.get_by_role("alert")).to_contain_text("Remarks are still open.")
    clinician.goto(status)
    do(clinician, "Return to the author")

    writer.goto(reverse("admin:index"))
    writer.get_by_role("region", name="Waiting for me").get_by_role("link", name=title).click()
    expect(writer.get_by_text("Say in how many people.").first).to_be_visible()
    writer.get_by_role("link", name="Edit", exact=True).click()
    text(writer)
    field(writer, "Key points").fill("Pain and low mood feed each other.\nKetamine can harm some bladders.")
    writer.get_by_label("What changed, for colleagues").fill("How many people, said")
    save(writer)
    writer.get_by_label("Answer").fill("Said in the key points.")
    writer.get_by_role("button", name="Resolve").click()
    do(writer, "Ask for review")

    clinician.goto(status)
    do(clinician, "Approve")
    do(clinician, "Publish now")
    expect(clinician.get_by_text("Readers see revision 2.")).to_be_visible()

    visitor.goto("/")
    visitor.get_by_role("region", name="Newest articles").get_by_role("link", name=title).click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(title)
    assert urlsplit(visitor.url).path == path
    read(visitor, summary)


def do(page: Page, act: str) -> None:
    """From the page on which it stands where the article is: looks at what will happen, and lets it."""
    page.locator(".acts").get_by_role("link", name=act, exact=True).click()
    page.get_by_role("button", name=act, exact=True).click()


def test_a_public_page_is_changed_compared_scheduled_and_brought_back(people: People) -> None:
    article = Article.objects.get(slug="ketamine-and-ect")
    path, was = article.get_absolute_url(), article.summary
    editor, clinician = people.staff("editor"), people.staff("clinician")
    editor.goto(reverse("admin:blog_article_change", args=[article.pk]))
    text(editor)
    field(editor, "Summary").fill("A summary that says something new.")
    save(editor)
    reader = people.visitor()
    reader.goto(path)
    expect(reader.get_by_text(was)).to_be_visible()
    expect(reader.get_by_text("Clinically reviewed by")).to_be_visible()

    editor.get_by_role("link", name="Compare two of them").click()
    expect(editor.locator(".difference ins").first).to_contain_text("summary that says something new")
    editor.get_by_role("link", name="Back").click()
    do(editor, "Ask for review")
    clinician.goto(editor.url)
    do(clinician, "Approve")
    editor.reload()
    editor.get_by_role("link", name="Schedule").click()
    editor.get_by_label("Date", exact=True).fill("2050-01-31")
    editor.get_by_label("Time", exact=True).fill("09:00")
    editor.get_by_label("Substantive").check()
    editor.get_by_label("What changed, for readers").fill("The summary says more.")
    editor.get_by_role("button", name="Schedule").click()
    expect(editor.get_by_role("region", name="Scheduled")).to_contain_text("Go live, revision 2")
    ScheduledAct.objects.update(due_at=timezone.now())
    schedule.run_due()
    reader.goto(path)
    expect(reader.get_by_text("A summary that says something new.")).to_be_visible()
    expect(reader.get_by_text("Clinically reviewed by")).to_be_visible()
    expect(reader.locator(".ledger")).to_contain_text("The summary says more.")

    editor.reload()
    editor.get_by_role("button", name="Restore as a draft").last.click()
    expect(editor.locator(".messagelist")).to_contain_text("needs a sign-off of its own")
    expect(editor.get_by_role("link", name="Publish now")).to_have_count(0)
    editor.get_by_role("link", name="The page as it was").last.click()
    expect(editor.get_by_text(was)).to_be_visible()


def preview_in_new_tab(page: Page) -> Page:
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Preview what I have typed").last.click()
    opened.value.wait_for_load_state()
    return opened.value


def is_loaded(page: Page, description: str) -> bool:
    picture = page.get_by_role("img", name=description)
    picture.scroll_into_view_if_needed()
    return int(picture.evaluate("image => image.decode().then(() => image.naturalWidth)")) > 0


def read(page: Page, summary: str) -> None:
    """Everything that the seed's page has, and that it works."""
    expect(page.get_by_text(summary)).to_be_visible()
    facts = page.locator("dl.facts")
    expect(facts).to_contain_text("Maya Lindqvist")
    expect(facts).to_contain_text("Dr. Amara Okafor")
    expect(facts).to_contain_text(f"{timezone.localdate():%B} {timezone.localdate().day}, {timezone.localdate().year}")

    contents = page.get_by_role("navigation", name="On this page")
    entries = contents.get_by_role("link")
    names = entries.all_inner_texts()
    assert names[0] == "The Cycle Most Doctors Don't Talk About"
    assert names[-2:] == ["Taking the First Step", "References"], "the risk block cites its sources"
    for entry in entries.all():
        entry.click()
        heading = page.get_by_role("main").get_by_role("heading", name=entry.inner_text(), exact=True)
        expect(heading).to_be_in_viewport()
        assert is_uncovered(page, entry.get_attribute("href") or ""), f"“{entry.inner_text()}” is covered"

    assert is_loaded(page, "Two halves of a field, one white")
    assert page.locator(".text ul").first.locator("li").count() == 3
    expect(page.get_by_role("heading", name="The risks, in plain words")).to_be_visible()
    related = page.get_by_role("region", name="Read next").get_by_role("listitem")
    expect(related).to_have_count(3)
    assert all(len(entry.inner_text()) > 80 for entry in related.all()), "each has a teaser"
    expect(page.get_by_role("region", name="What this page is, and what it is not")).to_contain_text("988")
    expect(page.get_by_label("Your e-mail address")).to_be_visible()
    expect(page.get_by_role("contentinfo")).to_contain_text("has no FDA approval")
    page.get_by_role("main").get_by_role("link", name="chronic pain page").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("pain")


def is_uncovered(page: Page, anchor: str) -> bool:
    """Whether the element can be seen where it stands, not hidden by what sticks to the window's edge."""
    return bool(
        page.evaluate(
            """anchor => {
                const target = document.querySelector(anchor), box = target.getBoundingClientRect();
                const there = document.elementFromPoint(box.left + 4, box.top + 4);
                return target.contains(there) || there === target;
            }""",
            anchor,
        )
    )


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(people: People) -> None:
    writer = people.staff("writer", **MAY_PASTE)
    open_new_article(writer)
    field(writer, "Title").press_sequentially("Sleep and pain")
    field(writer, "Address").fill("no good address")
    field(writer, "Summary").fill("Two plain sentences. “Here” they are & stay.")
    field(writer, "Key points").fill("One\nTwo")
    writer.get_by_label("PTSD").check()
    writer.get_by_label("Shows the risk block").uncheck()
    paste(writer, "<p>They are <strong>long</strong>.[@nobody-2020]</p><h2>Nights</h2>")
    expect(text(writer)).to_contain_text("nobody-2020")
    save(writer)

    expect(writer.get_by_text("Please correct the errors below.")).to_be_visible()
    expect(row(writer, "slug").locator(".errorlist")).to_contain_text("letters, numbers, underscores or hyphens")
    expect(row(writer, "body").locator(".errorlist")).to_contain_text("“nobody-2020”")
    for name in ("title", "summary", "key_points"):
        expect(row(writer, name).locator(".errorlist")).to_have_count(0)
    expect(field(writer, "Title")).to_have_value("Sleep and pain")
    expect(field(writer, "Address")).to_have_value("no good address")
    expect(field(writer, "Summary")).to_have_value("Two plain sentences. “Here” they are & stay.")
    expect(field(writer, "Key points")).to_have_value("One\nTwo")
    expect(writer.get_by_label("PTSD")).to_be_checked()
    expect(writer.get_by_label("Shows the risk block")).not_to_be_checked()
    expect(text(writer).get_by_role("heading", name="Nights")).to_be_visible()
    expect(text(writer).locator("strong")).to_have_text("long")

    field(writer, "Address").fill("sleep-and-pain")
    text(writer).get_by_text("They are").click()
    writer.keyboard.press("Control+A")
    writer.keyboard.type("Nights are long.")
    save(writer)
    expect(writer.locator(".messagelist")).to_contain_text("is saved as a new revision")
    assert Article.objects.get(slug="sleep-and-pain").body == "<p>Nights are long.</p>"


def test_a_page_that_lacks_something_is_kept_but_not_reviewed_and_says_why(people: People) -> None:
    article = Article.objects.get(slug="ketamine-and-ect")
    editor = people.staff("editor")
    editor.goto(reverse("admin:blog_article_change", args=[article.pk]))
    text(editor)
    field(editor, "Summary").fill("")
    save(editor)
    people.expect(422, reverse("admin:blog_article_ask", args=[article.pk]))
    do(editor, "Ask for review")
    expect(editor.get_by_role("alert")).to_contain_text("Write a summary")


def test_a_picture_without_a_description_is_not_taken(people: People, tmp_path: Path) -> None:
    picture = tmp_path / "plain.png"
    picture.write_bytes(make_picture())
    before = Image.objects.count()
    writer = people.staff("writer")
    open_new_article(writer)
    dialog = picture_dialog(writer)
    dialog.get_by_label("Upload a picture").set_input_files(picture)
    dialog.get_by_role("button", name="OK").click()
    expect(dialog.get_by_role("alert")).to_have_text("Describe the picture, or mark it as decorative.")
    dialog.get_by_label("It is decorative").check()
    dialog.get_by_role("button", name="OK").click()
    dialog.wait_for(state="hidden")
    assert Image.objects.count() == before + 1
