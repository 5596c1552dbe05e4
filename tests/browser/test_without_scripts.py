"""With scripts off, on a small phone: everything a reader, a subscriber and a writer need still works."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from blog.models import Article
from newsletter.models import Subscriber
from tests.newsletter.conftest import PostOffice

from .mail import a_day_passes, link, next_letter
from .people import People

PHONE = {"java_script_enabled": False, "viewport": {"width": 360, "height": 740}}


@pytest.fixture
def reader(people: People) -> Page:
    return people.visitor(**PHONE)


def test_the_menu_opens_leads_on_and_shuts(reader: Page) -> None:
    reader.goto("/")
    menu = reader.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    reader.get_by_role("button", name="Menu", exact=True).click()
    expect(menu).to_be_visible()
    menu.get_by_role("button", name="Close menu").click()
    expect(menu).to_be_hidden()
    reader.get_by_role("button", name="Menu", exact=True).click()
    menu.get_by_role("link", name="Articles").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Articles")


def test_lists_are_paged_and_searched(reader: Page) -> None:
    reader.goto("/articles/")
    newest = reader.locator(".toc li").all_inner_texts()
    reader.get_by_role("link", name="Older articles").click()
    expect(reader.locator(".pages")).to_contain_text("Page 2 of 2")
    older = reader.locator(".toc li").all_inner_texts()
    assert len({*newest, *older}) == Article.objects.count()

    reader.get_by_role("link", name="Search", exact=True).click()
    reader.get_by_role("main").get_by_label("Search this site").fill("bladder")
    reader.get_by_role("main").get_by_role("button", name="Search").click()
    expect(reader.get_by_role("status")).to_contain_text("“bladder”")
    reader.get_by_role("link", name="Your bladder and ketamine: what to watch for").click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Your bladder and ketamine")


def test_an_article_is_read_by_its_contents_list(reader: Page) -> None:
    reader.goto("/articles/ketamine-and-ect/")
    contents = reader.get_by_role("navigation", name="On this page")
    last = contents.get_by_role("link").last
    last.click()
    expect(reader.get_by_role("heading", name="References")).to_be_in_viewport()


def test_somebody_signs_up_confirms_and_leaves(people: People, reader: Page, post_office: PostOffice) -> None:
    people.expect(422, "/newsletter/")
    reader.goto("/articles/ketamine-and-ect/")
    reader.get_by_label("Your e-mail address").fill("sam@example")
    reader.get_by_role("button", name="Send me the letter").click()
    expect(reader.get_by_role("alert")).to_contain_text("This address looks incomplete.")
    expect(reader.get_by_role("alert")).to_be_in_viewport()
    expect(reader.get_by_label("Your e-mail address")).to_have_value("sam@example")
    reader.get_by_label("Your e-mail address").fill("sam@example.org")
    reader.get_by_role("button", name="Send me the letter").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Now look into your mail")

    reader.goto(link(next_letter(post_office), "confirm", people.site))
    reader.get_by_role("button", name="Yes, send me the letter").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("You are on the list")
    a_day_passes()
    reader.goto("/newsletter/")
    reader.get_by_label("Your e-mail address").fill("sam@example.org")
    reader.get_by_role("button", name="Send me the letter").click()
    reader.goto(link(next_letter(post_office), "unsubscribe", people.site))
    reader.get_by_role("button", name="Stop the letter").click()
    reader.wait_for_url("**/unsubscribe/done/")
    assert Subscriber.objects.get().status == "unsubscribed"


def test_a_writer_types_and_saves_in_a_plain_text_area(people: People) -> None:
    writer = people.staff("writer", **PHONE)
    writer.goto(reverse("admin:blog_article_add"))
    writer.get_by_label("Title:").fill("Typed without scripts")
    writer.get_by_label("Address:").fill("typed-without-scripts")
    area = writer.get_by_label("Text:", exact=True)
    expect(area).to_be_visible()
    box = area.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["height"] > 200
    area.fill("The first paragraph.\n\nThe second, with <strong>weight</strong> & a sign.")
    writer.get_by_role("button", name="Save and continue editing").last.click()
    expect(writer.locator(".messagelist")).to_contain_text("is saved as a new revision")
    body = Article.objects.get(slug="typed-without-scripts").body
    assert "<p>The first paragraph.</p>" in body
    expect(writer.get_by_label("Text:", exact=True)).to_have_value(body)
    writer.get_by_role("button", name="Save", exact=True).last.click()
    assert Article.objects.get(slug="typed-without-scripts").body == body, "saving again changes nothing"
