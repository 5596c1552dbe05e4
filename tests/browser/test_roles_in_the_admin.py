"""Each of the demonstration's accounts signs in, sees what it may, and is refused what it may not."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from blog.models import Article
from newsletter.models import Subscriber

from .people import People
from .writing import field, row, save, text

ARTICLES, ADD_ARTICLE = "admin:blog_article_changelist", "admin:blog_article_add"
SUBSCRIBERS, SUPPRESSIONS = "admin:newsletter_subscriber_changelist", "admin:newsletter_suppression_add"
USERS, CLINIC, REDIRECTS = (
    "admin:auth_user_changelist",
    "admin:pages_clinic_changelist",
    "admin:redirects_redirect_changelist",
)
SAFETY, REFERENCES = "admin:editorial_safetytext_changelist", "admin:editorial_reference_changelist"
REFERENCE, PERSON = "admin:editorial_reference_add", "admin:editorial_person_add"
CONDITIONS = "admin:pages_conditionpage_changelist"
MAY: dict[str, list[str]] = {
    "editor": [ARTICLES, ADD_ARTICLE, SUBSCRIBERS, SUPPRESSIONS, USERS, CLINIC, REDIRECTS, SAFETY, REFERENCE, PERSON],
    "writer": [ARTICLES, ADD_ARTICLE, CONDITIONS, REFERENCES, REFERENCE, SAFETY],
    "clinician": [ARTICLES, CONDITIONS, REFERENCES, REFERENCE, SAFETY],
    "letters": [SUBSCRIBERS, SUPPRESSIONS, ARTICLES, CONDITIONS, REFERENCES],
}
MAY_NOT: dict[str, list[str]] = {
    "writer": [SUBSCRIBERS, SUPPRESSIONS, USERS, CLINIC, REDIRECTS, PERSON],
    "clinician": [ADD_ARTICLE, SUBSCRIBERS, USERS, CLINIC, REDIRECTS, PERSON],
    "letters": [ADD_ARTICLE, USERS, CLINIC, REDIRECTS, REFERENCE, PERSON],
}
LISTS = ["Waiting for me", "My drafts", "Other drafts", "Going live next", "Due for review", "Changed last, public"]


def desk(page: Page) -> list[str]:
    page.goto(reverse("admin:index"))
    return [words.strip() for words in page.locator(".desk-list h2").all_inner_texts()]


@pytest.mark.parametrize("name", MAY)
def test_the_desk_and_the_pages_of_an_account(people: People, name: str) -> None:
    Subscriber.objects.create(email="sam.reader@example.org")
    page = people.staff(name)
    assert desk(page) == [*LISTS, *(["Newsletter"] if name in ("editor", "letters") else [])]
    page.get_by_text("Everything that can be edited").click()
    offered = {link.get_attribute("href") for link in page.locator(".all-models a[href]").all()}
    assert offered >= {reverse(allowed) for allowed in MAY[name]}
    assert not offered & {reverse(refused) for refused in MAY_NOT.get(name, [])}
    for allowed in MAY[name]:
        answer = page.goto(reverse(allowed))
        assert answer is not None
        assert answer.status == 200, allowed
        expect(page.get_by_role("link", name="Log out").or_(page.get_by_role("button", name="Log out"))).to_be_visible()
    for refused in MAY_NOT.get(name, []):
        people.expect(403, reverse(refused))
        answer = page.goto(reverse(refused))
        assert answer is not None
        assert answer.status == 403, refused
        expect(page.get_by_role("heading", level=1)).to_have_text("This page is not open to you")


def test_a_writer_reads_what_is_public_and_changes_nothing_of_it(people: People) -> None:
    article = Article.objects.get(slug="ketamine-and-ect")
    writer = people.staff("writer")
    writer.goto(reverse("admin:blog_article_change", args=[article.pk]))
    expect(writer.get_by_role("heading", level=1)).to_have_text("View article")
    expect(row(writer, "body")).to_contain_text("ketamine")
    expect(writer.get_by_role("button", name="Save")).to_have_count(0)
    expect(writer.get_by_role("button", name="Preview what I have typed")).to_have_count(0)


def test_a_writer_can_not_publish_their_own_draft(people: People) -> None:
    writer = people.staff("writer")
    writer.goto(reverse(ADD_ARTICLE))
    text(writer)
    expect(row(writer, "status")).to_have_count(0)
    assert field(writer, "Author").locator("option").all_inner_texts() == ["---------", "Maya Lindqvist"]
    field(writer, "Title").press_sequentially("My own")
    save(writer)
    expect(writer.get_by_role("heading", level=1)).to_have_text("My own")
    acts = writer.locator(".acts").get_by_role("link").all_inner_texts()
    assert acts == ["Edit", "Ask for review"]


def test_whoever_cares_for_subscribers_sees_their_addresses(people: People) -> None:
    subscriber = Subscriber.objects.create(email="sam.reader@example.org")
    page = people.staff("letters")
    page.goto(reverse(SUBSCRIBERS))
    page.get_by_role("link", name="sam.reader@example.org").click()
    assert page.url.endswith(f"/{subscriber.pk}/change/")
    assert "sam.reader" not in page.title() + page.url, "neither shows in a history or on a shared screen"


def test_nobody_gets_in_without_signing_in(people: People) -> None:
    stranger = people.visitor()
    people.is_staff(stranger)  # the sign-in page sets a cookie
    for name in {name for names in MAY.values() for name in names}:
        stranger.goto(reverse(name))
        assert stranger.url.startswith(people.site + reverse("admin:login"))
    stranger.goto("/")
    assert stranger.evaluate("document.cookie") == ""
