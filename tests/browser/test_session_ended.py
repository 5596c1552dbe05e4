"""A session that ends while somebody types costs nothing of what was typed."""

from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from blog.models import Article

from .people import People
from .writing import field, save, text

LONG = "\n".join(f"Point {number}: “quotes”, <tags> & ümlauts." for number in range(12))


def test_everything_typed_is_saved_after_signing_in_again(people: People) -> None:
    writer = people.staff("writer")
    add = reverse("admin:blog_article_add")
    writer.goto(add)
    text(writer).click()
    writer.keyboard.type("Written over a long afternoon.")
    field(writer, "Title").press_sequentially("A long afternoon")
    field(writer, "Summary").fill("What happened when the session ended.")
    field(writer, "Key points").fill(LONG)
    writer.get_by_label("Anxiety").check()
    writer.get_by_label("PTSD").check()
    writer.get_by_label("Shows the risk block").uncheck()
    Session.objects.all().delete()

    people.expect(403, add)
    save(writer)
    expect(writer.get_by_role("heading", level=1)).to_have_text("Your session has ended")
    people.expect(403, reverse("admin:resume"))
    writer.get_by_label("Username").fill("writer")
    writer.get_by_label("Password").fill("not the password")
    writer.get_by_role("button", name="Sign in and go on").click()
    expect(writer.locator(".errornote")).to_contain_text("correct username and password")
    assert not Article.objects.filter(slug="a-long-afternoon").exists()

    writer.get_by_label("Username").fill("writer")
    writer.get_by_label("Password").fill(people.passwords["writer"])
    writer.get_by_role("button", name="Sign in and go on").click()
    writer.get_by_role("button", name="Save what I had typed").click()
    expect(writer.locator(".messagelist")).to_contain_text("is saved as a new revision")
    article = Article.objects.get(slug="a-long-afternoon")
    assert article.body == "<p>Written over a long afternoon.</p>"
    assert article.summary == "What happened when the session ended."
    assert article.key_points.splitlines() == LONG.splitlines()
    assert sorted(condition.slug for condition in article.conditions.all()) == ["anxiety", "ptsd"]
    assert not article.shows_risks
    assert article.author is not None
    assert article.author.slug == "maya-lindqvist"


def test_a_change_of_a_page_with_many_parts_survives_too(people: People) -> None:
    """A condition page sends its questions along, each with an editor of its own."""
    editor = people.staff("editor")
    editor.goto(reverse("admin:pages_conditionpage_changelist"))
    editor.get_by_role("link", name="PTSD", exact=True).click()
    text(editor)
    path = editor.url.removeprefix(people.site)
    question = editor.locator("#id_questions-0-question")
    question.fill("Is this asked often?")
    field(editor, "Summary").fill("A new summary.")
    Session.objects.all().delete()
    people.expect(403, path)
    save(editor)
    editor.get_by_label("Username").fill("editor")
    editor.get_by_label("Password").fill(people.passwords["editor"])
    editor.get_by_role("button", name="Sign in and go on").click()
    editor.get_by_role("button", name="Save what I had typed").click()
    expect(editor.locator(".messagelist")).to_contain_text("is saved as a new revision")
    editor.goto(path)
    expect(editor.locator("#id_questions-0-question")).to_have_value("Is this asked often?")
    expect(field(editor, "Summary")).to_have_value("A new summary.")
