"""Working on pages in the admin: messages, preview, lists."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from blog.models import Article
from editorial import acts
from editorial.models import Person, Reference, SafetyText
from editorial.publishing import Publishable, Status
from pages.models import Clinic, ConditionPage, StandingPage
from tests.factories import (
    MAKERS,
    STATES,
    make_article,
    make_clinic,
    make_clinician,
    make_condition,
    make_credential,
    make_image,
    make_person,
    make_reference,
    make_safety_text,
    make_standing,
    make_user,
)
from tests.reading import errors, form_data, texts, tree, words
from tests.rows import everything
from tests.staff import ROLES, Staff, admin_url, signed_in, typed, typed_anew

pytestmark = pytest.mark.django_db
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@pytest.fixture
def editor() -> Staff:
    return signed_in("superuser")


# --- Messages beside the field --------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"body": "<p>[@nobody-1999]</p>"}, "body", "“nobody-1999”"),
        ({"body": "<p>[@Nobody 1999]</p>"}, "body", "is no citation"),
        ({"slug": "with space"}, "slug", "letters, numbers"),
        ({"title": ""}, "title", "required"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    editor: Staff, make: Any, changes: dict[str, str], field: str, says: str
) -> None:
    page = make(state="draft")
    data = typed(page, **{"key_points": "Typed and not lost", **changes})
    response = editor.post(admin_url(page, "change"), data)
    found = {name.removesuffix("_1").removesuffix("_0"): said for name, said in errors(response).items()}
    assert response.status_code == 200
    assert says in " ".join(found[field.removesuffix("_0")])
    again = form_data(response)
    assert again["key_points"] == "Typed and not lost"
    for name, value in changes.items():
        assert value in again[name]
    page.refresh_from_db()
    assert (page.status, page.key_points) == (Status.DRAFT, "")


def test_a_cover_without_a_description_is_refused_beside_the_field(editor: Staff) -> None:
    page = make_article(state="draft")
    response = editor.post(admin_url(page, "change"), typed(page, cover=str(make_image().pk)))
    assert "Describe the cover" in " ".join(errors(response)["cover_alt"])


def test_an_address_of_another_part_of_the_site_is_refused_beside_the_field(editor: Staff) -> None:
    page = make_standing(state="draft")
    response = editor.post(admin_url(page, "change"), typed(page, slug="articles"))
    assert "taken by another part" in " ".join(errors(response)["slug"])


def test_an_answer_that_cites_what_is_not_there_is_refused_beside_it(editor: Staff) -> None:
    page = make_condition(state="draft", questions=[("Why?", "<p>So.</p>")])
    data = typed(page, **{"questions-0-answer": "<p>[@nobody-1999]</p>"})
    assert "“nobody-1999”" in " ".join(errors(editor.post(admin_url(page, "change"), data))["questions-0-answer"])


# --- Saving ---------------------------------------------------------------------------------------------------------


@every_kind
def test_saving_makes_a_revision_and_leaves_what_readers_see(editor: Staff, make: Any) -> None:
    parts = {"questions": [("Kept?", "<p>Old answer.</p>"), ("Dropped?", "<p>x</p>")]} if make is make_condition else {}
    page = acts.adopt(make(summary="Old.", **parts))
    served = editor.get(page.get_absolute_url()).content
    changes: dict[str, Any] = {"title": "Changed", "summary": "New.", "slug": "elsewhere", "_note": "Shorter"}
    if make is make_condition:
        changes |= {"questions-0-answer": "<p>New answer.</p>", "questions-1-DELETE": "on"}
    if make is make_article:
        changes |= {"conditions": [str(make_condition().pk)], "related": [str(make_article().pk)]}
        served = editor.get(page.get_absolute_url()).content
    assert editor.post(admin_url(page, "change"), typed(page, **changes)).status_code == 302
    assert editor.get(page.get_absolute_url()).content == served
    page.refresh_from_db()
    assert (page.latest.number, page.latest.note, page.live.number) == (2, "Shorter", 1)
    again = form_data(editor.get(admin_url(page, "change")))
    for name, value in changes.items():
        if not name.endswith("DELETE") and name != "_note":
            assert again[name] == value
    if make is make_condition:
        assert again["questions-TOTAL_FORMS"] == "1"
        assert [q.answer for q in page.questions.all()] == ["<p>Old answer.</p>", "<p>x</p>"]


@every_kind
def test_a_stale_save_is_refused_with_both_texts_shown_and_nothing_lost(editor: Staff, make: Any) -> None:
    page = acts.adopt(make(summary="Old."))
    mine, theirs = typed(page, summary="Mine."), typed(page, summary="Theirs.")
    assert editor.post(admin_url(page, "change"), theirs).status_code == 302
    response = editor.post(admin_url(page, "change"), mine)
    assert response.status_code == 200
    assert "Somebody has saved a newer revision" in words(tree(response))
    assert "Theirs." in words(tree(response).xpath("//section[@class='theirs']")[0])
    again = form_data(response)
    assert again["summary"] == "Mine."
    page.refresh_from_db()
    assert page.latest.number == 2
    assert editor.post(admin_url(page, "change"), again).status_code == 302
    page.refresh_from_db()
    assert (page.latest.number, page.latest.data["fields"]["summary"]) == (3, "Mine.")


def test_a_form_without_its_base_is_stale(editor: Staff) -> None:
    page = acts.adopt(make_article())
    data = typed(page, summary="Mine.")
    for base in ("", "0", "x", "99"):
        assert editor.post(admin_url(page, "change"), {**data, "_base": base}).status_code == 200
    page.refresh_from_db()
    assert page.latest.number == 1


@every_kind
def test_saving_a_page_as_it_stands_changes_none_of_its_words(editor: Staff, make: Any) -> None:
    make_reference(key="a")
    body = "<h2>A heading &amp; more</h2><p>“Text” [@a]<br>x</p><ul><li>A</li><li><em>B</em></li></ul>"
    fields = {"questions": [("Why?", "<p>So &amp; so.</p>")]} if make is make_condition else {}
    page = make(body=body, key_points="One\nTwo", **fields)
    editor.post(admin_url(page, "change"), typed(page))
    page.refresh_from_db()
    first = page.latest.digest
    assert editor.post(admin_url(page, "change"), typed(page)).status_code == 302
    page.refresh_from_db()
    assert (page.latest.number, page.latest.digest) == (2, first)


@pytest.mark.parametrize("kind", [Article, ConditionPage, StandingPage])
def test_a_page_is_written_from_nothing(editor: Staff, kind: type[Publishable]) -> None:
    data = typed_anew(kind, body="<p onclick='x()'>Text<script>alert(1)</script></p>", author=str(make_person().pk))
    assert editor.post(admin_url(kind, "add"), data | {"status": "published"}).status_code == 302
    page = kind.objects.get()
    assert (page.title, page.body, page.status) == ("A new page", "<p>Text</p>", Status.DRAFT)
    assert (page.latest.number, page.latest.saved_by) == (1, editor.user)


def test_the_list_shows_where_each_page_stands(editor: Staff) -> None:
    make_article(state="draft", title="A draft")
    acts.adopt(make_article(title="Public"))
    changed = acts.adopt(make_article(title="Public and changed"))
    editor.post(admin_url(changed, "change"), typed(changed, summary="New."))
    rows = tree(editor.get(admin_url(Article, "changelist"))).xpath("//table[@id='result_list']/tbody/tr")
    shown = {words(row.xpath("./th")[0]): words(row.xpath("./td[@class='field-state_label']")[0]) for row in rows}
    assert shown == {"A draft": "Draft", "Public": "Published", "Public and changed": "Published Change: Draft"}


# --- Preview --------------------------------------------------------------------------------------------------------


def test_a_preview_shows_what_is_typed_and_saves_nothing(editor: Staff) -> None:
    make_reference(key="a", title="A study that is cited")
    make_safety_text(kind="risks", title="The risks")
    condition, other = make_condition(name="Chosen condition"), make_article(title="A chosen article")
    page = make_article(slug="old", title="Stored title", related=[make_article()])
    data = typed(
        page,
        title="Typed title",
        slug="typed",
        summary="Typed summary.",
        key_points="Typed point",
        body="<h2>Typed heading</h2><p>Typed text [@a].<script>alert(1)</script></p>",
        author=str(make_person(name="Typed Author").pk),
        conditions=[str(condition.pk)],
        related=[str(other.pk)],
    )
    before = everything()
    response = editor.post(admin_url(page, "preview"), data)
    assert response.status_code == 200
    main = words(tree(response).xpath("//main")[0])
    for piece in (
        "Typed title", "Typed summary.", "Typed point", "Typed heading", "Typed text", "Typed Author",
        "Chosen condition", "A chosen article", "A study that is cited", "The risks",
    ):  # fmt: skip
        assert piece in main
    assert "Stored title" not in main
    assert b"alert(1)" not in response.content
    assert everything() == before
    assert editor.get("/articles/old/").status_code == 200
    assert editor.get("/articles/typed/").status_code == 404


def test_a_preview_of_a_condition_shows_the_answers_as_typed(editor: Staff) -> None:
    page = make_condition(questions=[("Kept?", "<p>Stored answer.</p>"), ("Dropped?", "<p>x</p>")])
    data = typed(page) | {
        "questions-0-answer": "<p>Typed answer.</p>",
        "questions-1-DELETE": "on",
        "questions-2-question": "Added?",
        "questions-2-answer": "<p>Added answer.</p>",
        "questions-2-order": "9",
        "questions-TOTAL_FORMS": "3",
    }
    before = everything()
    main = words(tree(editor.post(admin_url(page, "preview"), data)).xpath("//main")[0])
    assert "Typed answer." in main
    assert "Added answer." in main
    assert "Stored answer." not in main
    assert "Dropped?" not in main
    assert everything() == before


@pytest.mark.parametrize("kind", [Article, ConditionPage, StandingPage])
def test_a_page_that_was_never_saved_can_be_previewed(editor: Staff, kind: type[Publishable]) -> None:
    data = typed_anew(kind, title="Typed title")
    before = everything()
    response = editor.post(admin_url(kind, "preview_new"), data)
    assert response.status_code == 200
    assert texts(response, "//h1") == ["Typed title"]
    assert everything() == before


@every_kind
def test_a_preview_of_a_form_with_mistakes_names_them_and_saves_nothing(editor: Staff, make: Any) -> None:
    page = make(state="draft")
    before = everything()
    response = editor.post(admin_url(page, "preview"), typed(page, title="", body="<p>[@nobody-1999]</p>"))
    assert response.status_code == 422
    said = words(tree(response))
    assert "This field is required." in said
    assert "“nobody-1999”" in said
    assert everything() == before


@every_kind
@pytest.mark.parametrize("state", STATES)
def test_a_stored_page_is_previewed_in_every_state_and_for_staff_only(editor: Staff, make: Any, state: str) -> None:
    page = make(state=state)
    response = editor.get(admin_url(page, "preview"))
    assert response.status_code == 200
    document = tree(response)
    assert "Preview: readers do not see this." in words(document)
    assert document.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert "no-store" in response.headers["Cache-Control"]
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]


def test_a_preview_of_what_is_not_there_leads_to_the_list(editor: Staff) -> None:
    response = editor.get(reverse("admin:blog_article_preview", args=[99999]))
    assert response.status_code == 302


def test_the_form_offers_the_preview_and_the_page_as_readers_see_it(editor: Staff) -> None:
    public, draft = make_article(), make_article(state="draft")
    for page in (public, draft):
        response = editor.get(admin_url(page, "change"))
        assert admin_url(page, "preview") in tree(response).xpath("//button/@formaction")
        views = tree(response).xpath("//a[@class='viewsitelink']")
        assert bool(views) is page.is_published
    writer = signed_in("writer")
    assert not tree(writer.get(admin_url(public, "change"))).xpath("//button/@formaction")


# --- Every page of the admin opens ----------------------------------------------------------------------------------

OURS = [model for model in admin.site._registry if model.__module__.split(".")[0] != "django"]


def rows_of_everything() -> None:
    for state in STATES:
        for make in MAKERS.values():
            make(state=state)
    make_condition(questions=[("Why?", "<p>So.</p>")], reviewer=make_clinician(), reviewed_on=timezone.localdate())
    make_credential(person=make_person(user=make_user()))
    make_clinic(statements=2, steps=2)
    make_image()
    make_safety_text(kind="risks")


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("not signed in", "reader with an account")])
def test_every_list_form_and_search_opens_for_whoever_may_see_it(role: str, rf: Any) -> None:
    rows_of_everything()
    browser = signed_in(role)
    request = rf.get("/")
    request.user = browser.user
    for model, model_admin in admin.site._registry.items():
        may_see, may_add = model_admin.has_view_permission(request), model_admin.has_add_permission(request)
        listed = browser.get(admin_url(model, "changelist"))
        assert listed.status_code == (403 if not may_see else 302 if model is Clinic else 200), model
        if may_see:
            assert browser.get(admin_url(model, "changelist"), {"q": "x y"}, follow=True).status_code == 200, model
        assert browser.get(admin_url(model, "add")).status_code == (200 if may_add else 403), model
        for row in model._default_manager.all()[:3]:
            assert browser.get(admin_url(row, "change")).status_code == (200 if may_see else 403), row
    assert browser.get(reverse("admin:index")).status_code == 200


def test_every_filter_of_a_list_works(editor: Staff) -> None:
    rows_of_everything()
    for kind in (Article, ConditionPage, StandingPage, Person, Reference):
        document = tree(editor.get(admin_url(kind, "changelist")))
        for query in document.xpath("//nav[@id='changelist-filter']//a/@href | //*[@id='changelist-filter']//a/@href"):
            assert editor.get(admin_url(kind, "changelist") + query).status_code == 200, (kind, query)


# --- No more queries for more rows ----------------------------------------------------------------------------------


def queries_of(browser: Staff, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def more(kind: type[Any]) -> None:
    """One more row, with rows of its own."""
    reviewed: dict[str, Any] = {
        "reviewer": make_clinician(),
        "reviewed_on": timezone.localdate(),
        "author": make_person(user=make_user()),
    }
    if kind is Article:
        make_article(conditions=[make_condition(), make_condition()], **reviewed)
    elif kind is ConditionPage:
        make_condition(questions=[("Why?", "<p>So.</p>")], **reviewed)
    elif kind is StandingPage:
        make_standing(**reviewed)
    elif kind is Person:
        make_credential(person=reviewed["author"])
    elif kind is Reference:
        make_reference()
    elif kind is SafetyText:
        make_safety_text(kind=f"kind-{SafetyText.objects.count()}")
    else:
        make_image()


@pytest.mark.parametrize(
    "kind", [m for m in OURS if m._meta.app_label in ("blog", "pages", "editorial") and m is not Clinic]
)
@pytest.mark.parametrize("role", ["superuser", "writer"])
def test_a_list_of_four_takes_the_queries_of_a_list_of_one(role: str, kind: type[Any]) -> None:
    browser = signed_in(role)
    more(kind)
    few = queries_of(browser, admin_url(kind, "changelist"))
    for _number in range(3):
        more(kind)
    assert queries_of(browser, admin_url(kind, "changelist")) == few


@pytest.mark.parametrize("kind", [Article, ConditionPage, StandingPage, Person])
def test_a_form_takes_the_same_queries_however_much_there_is_to_choose_from(editor: Staff, kind: type[Any]) -> None:
    for _number in range(2):
        more(kind)
    row = kind._default_manager.order_by("pk")[0]
    few = queries_of(editor, admin_url(row, "change"))
    for _number in range(3):
        more(kind)
        if kind is Person:
            make_credential(person=row)
        if kind is ConditionPage:
            row.questions.create(question="Why?", answer="<p>So.</p>")
    assert queries_of(editor, admin_url(row, "change")) == few
