"""Who may do what to which page, by form and by a request that no form offers."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from blog.models import Article
from editorial.publishing import Publishable, Status
from pages.models import ConditionPage, StandingPage
from tests.factories import MAKERS, STATES, make_article, make_clinician, make_condition, make_person, make_standing
from tests.reading import errors
from tests.staff import NOT_SIGNED_IN, ROLES, Staff, admin_url, signed_in, typed, typed_anew

pytestmark = pytest.mark.django_db
KINDS: list[type[Publishable]] = [Article, ConditionPage, StandingPage]
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
every_role = pytest.mark.parametrize("role", ROLES)
PUBLISHERS = ("clinical reviewer", "superuser")
READERS = ("writer", "newsletter manager", *PUBLISHERS)  # of the admin's pages


def answer(browser: Staff, address: str, data: dict[str, Any] | None = None) -> str:
    """What came of it, in a word: “shown”, “done”, “refused”, “sign in”."""
    response = browser.get(address) if data is None else browser.post(address, data)
    if response.status_code == 302:
        return "sign in" if "/login/" in response.headers["Location"] else "done"
    if response.status_code == 403 and b"Your session has ended" in response.content:
        return "sign in"
    return {200: "shown", 403: "refused"}[response.status_code]


def expected(role: str, allowed: tuple[str, ...], word: str) -> str:
    if role in allowed:
        return word
    return "sign in" if role in (NOT_SIGNED_IN, "reader with an account") else "refused"


def unchanged(page: Publishable) -> bool:
    stored = type(page).objects.get(pk=page.pk)
    fields = [field.attname for field in page._meta.concrete_fields if field.attname != "search_vector"]
    return all(getattr(stored, field) == getattr(page, field) for field in fields)


# --- Reading --------------------------------------------------------------------------------------------------------


@every_role
@every_kind
def test_who_may_read_lists_pages_and_their_history(make: Any, role: str) -> None:
    page, browser = make(state="draft"), signed_in(role)
    for address in (
        admin_url(type(page), "changelist"),
        admin_url(page, "change"),
        admin_url(page, "history"),
        admin_url(page, "preview"),
    ):
        assert answer(browser, address) == expected(role, READERS, "shown"), address


# --- Changing -------------------------------------------------------------------------------------------------------


def page_of(browser: Staff, role: str, make: Any, whose: str, state: str) -> Any:
    if whose == "own":
        return make(state=state, author=browser.person)
    return make(state=state, author=make_person())


# Articles in every state; of the other kinds, which share all of it, enough to see that they do.
CASES = [
    (kind, whose, state, role)
    for kind in MAKERS
    for whose in ("own", "another's")
    for state in STATES
    for role in ROLES
    if (whose == "another's" or role in ("writer", "clinical reviewer"))
    and (kind == "article" or (state in ("draft", "published") and role in ("writer", "clinical reviewer")))
]


@pytest.mark.parametrize(("kind", "whose", "state", "role"), CASES)
def test_who_may_change_and_preview_which_page(kind: str, whose: str, state: str, role: str) -> None:
    """A writer changes own drafts, taken-down ones too; who may publish changes everything; nobody else anything."""
    browser = signed_in(role)
    page = page_of(browser, role, MAKERS[kind], whose, state)
    may = role in PUBLISHERS or (role == "writer" and whose == "own" and page.status == Status.DRAFT)
    allowed = (role,) if may else ()
    data = typed(page, title="Changed", **({"status": "published"} if state == "due" else {}))
    assert answer(browser, admin_url(page, "preview"), data) == expected(role, allowed, "shown")
    assert unchanged(page)
    assert answer(browser, admin_url(page, "change"), data) == expected(role, allowed, "done")
    assert type(page).objects.filter(pk=page.pk, title="Changed").exists() is may
    assert may or unchanged(page)


@every_role
@pytest.mark.parametrize("kind", KINDS)
def test_who_may_add_a_page(kind: type[Publishable], role: str) -> None:
    browser, allowed = signed_in(role), ("writer", "superuser")
    data = typed_anew(kind, author=str(browser.person.pk) if role == "writer" else "")
    assert answer(browser, admin_url(kind, "add")) == expected(role, allowed, "shown")
    assert answer(browser, admin_url(kind, "preview_new"), data) == expected(role, allowed, "shown")
    assert not kind.objects.exists()
    assert answer(browser, admin_url(kind, "add"), data) == expected(role, allowed, "done")
    assert kind.objects.filter(slug="a-new-page", status=Status.DRAFT).exists() is (role in allowed)


@every_role
@pytest.mark.parametrize("state", ["draft", "published"])
@every_kind
def test_only_a_superuser_deletes(make: Any, state: str, role: str) -> None:
    browser = signed_in(role)
    page = make(state=state, author=browser.person if role in ("writer", "clinical reviewer") else make_person())
    selected = {"action": "delete_selected", "_selected_action": [page.pk], "post": "yes"}
    if role != "superuser":
        answer(browser, admin_url(type(page), "changelist"), selected)
        assert unchanged(page)
    assert answer(browser, admin_url(page, "delete"), {"post": "yes"}) == expected(role, ("superuser",), "done")
    assert type(page).objects.filter(pk=page.pk).exists() is (role != "superuser")


# --- Publishing -----------------------------------------------------------------------------------------------------


@every_role
@every_kind
def test_who_may_publish_by_the_form(make: Any, role: str) -> None:
    browser = signed_in(role)
    page = make(state="draft", author=browser.person if role == "writer" else make_person())
    answer(browser, admin_url(page, "change"), typed(page, status="published"))
    assert type(page).objects.published().exists() is (role in PUBLISHERS)


@every_role
@pytest.mark.parametrize(("act", "state"), [("publish_selected", "draft"), ("unpublish_selected", "published")])
@every_kind
def test_who_may_publish_and_take_down_from_the_list(make: Any, act: str, state: str, role: str) -> None:
    browser = signed_in(role)
    page = make(state=state, author=browser.person if role == "writer" else make_person())
    answer(browser, admin_url(type(page), "changelist"), {"action": act, "_selected_action": [page.pk]})
    if role in PUBLISHERS:
        page.refresh_from_db()
        assert page.is_published is (act == "publish_selected")
        assert LogEntry.objects.filter(object_id=str(page.pk), user=browser.user).exists()
    else:
        assert unchanged(page)
        assert not LogEntry.objects.exists()


def test_the_right_to_publish_is_asked_for_each_kind() -> None:
    browser = signed_in("clinical reviewer")
    assert browser.user is not None
    group = browser.user.groups.get()
    group.permissions.remove(group.permissions.get(codename="publish_conditionpage"))
    article, condition = make_article(state="draft"), make_condition(state="draft")
    for page in (article, condition):
        selected = {"action": "publish_selected", "_selected_action": [page.pk]}
        browser.post(admin_url(type(page), "changelist"), selected)
    assert Article.objects.published().exists()
    assert not ConditionPage.objects.published().exists()


# --- What a writer might try to slip in -----------------------------------------------------------------------------


@every_kind
def test_a_writer_slips_in_neither_state_nor_time_nor_review(make: Any) -> None:
    browser = signed_in("writer")
    page = make(state="draft", author=browser.person)
    data = typed(
        page,
        title="Changed",
        status="published",
        publish_at_0="2020-01-01",
        publish_at_1="09:00:00",
        reviewer=str(make_clinician().pk),
        reviewed_on="2026-01-01",
        content_digest="x",
        changed_at="2020-01-01",
    )
    assert answer(browser, admin_url(page, "change"), data) == "done"
    page.refresh_from_db()
    assert page.title == "Changed"
    assert (page.status, page.publish_at, page.reviewer, page.reviewed_on) == (Status.DRAFT, None, None, None)


@every_kind
def test_a_writer_keeps_the_review_that_somebody_else_entered(make: Any) -> None:
    browser, reviewer = signed_in("writer"), make_clinician()
    page = make(state="draft", author=browser.person, reviewer=reviewer)
    assert answer(browser, admin_url(page, "change"), typed(page, title="Changed", reviewer="")) == "done"
    page.refresh_from_db()
    assert (page.title, page.reviewer) == ("Changed", reviewer)


@every_kind
@pytest.mark.parametrize("whom", ["another", "nobody"])
def test_a_writer_writes_in_nobody_elses_name(make: Any, whom: str) -> None:
    browser = signed_in("writer")
    author = str(make_person().pk) if whom == "another" else ""
    page = make(state="draft", author=browser.person)
    response = browser.post(admin_url(page, "change"), typed(page, author=author))
    assert "author" in errors(response)
    assert unchanged(page)
    response = browser.post(admin_url(type(page), "add"), typed_anew(type(page), author=author))
    assert "author" in errors(response)
    assert type(page).objects.count() == 1


@pytest.mark.parametrize("state", ["draft", "published"])
def test_a_writer_changes_no_order_and_no_menu_from_the_list(state: str) -> None:
    browser = signed_in("writer")
    for page, field, value in [
        (make_condition(state=state), "order", "7"),
        (make_standing(state=state), "menu_place", "header"),
    ]:
        form = {f"form-0-{name}": str(getattr(page, name)) for name in ("order", "menu_place") if hasattr(page, name)}
        data = {
            "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-MIN_NUM_FORMS": "0", "form-MAX_NUM_FORMS": "1000",
            "form-0-id": str(page.pk), **form, f"form-0-{field}": value, "_save": "Save",
        }  # fmt: skip
        browser.post(admin_url(type(page), "changelist"), data)
        assert unchanged(page)
        assert f'name="form-0-{field}"' not in browser.get(admin_url(type(page), "changelist")).content.decode()
        assert signed_in("clinical reviewer").post(admin_url(type(page), "changelist"), data).status_code == 302
        page.refresh_from_db()
        assert str(getattr(page, field)) == value


def test_a_writer_adds_no_question_to_a_condition_that_is_not_theirs() -> None:
    browser, page = signed_in("writer"), make_condition(state="published")
    data = typed(page) | {
        "questions-TOTAL_FORMS": "1",
        "questions-0-question": "Slipped in?",
        "questions-0-answer": "<p>Yes.</p>",
        "questions-0-order": "0",
    }
    assert answer(browser, admin_url(page, "change"), data) == "refused"
    assert not page.questions.exists()


def test_a_writer_without_a_person_adds_nothing_and_is_told_why() -> None:
    browser = signed_in("writer")
    browser.person.delete()
    response = browser.post(admin_url(Article, "add"), typed_anew(Article))
    assert "author" in errors(response)
    assert not Article.objects.exists()


def test_a_reviewer_who_wrote_a_page_does_not_review_it() -> None:
    browser = signed_in("clinical reviewer")
    page = make_article(state="draft", author=browser.person)
    data = typed(page, reviewer=str(browser.person.pk), reviewed_on="2026-01-01")
    assert "reviewer" in errors(browser.post(admin_url(page, "change"), data))
    assert unchanged(page)


def test_somebody_who_is_no_clinician_is_never_the_reviewer() -> None:
    browser, page = signed_in("superuser"), make_article(state="draft")
    data = typed(page, reviewer=str(make_person().pk), reviewed_on="2026-01-01")
    assert "reviewer" in errors(browser.post(admin_url(page, "change"), data))
    assert unchanged(page)
