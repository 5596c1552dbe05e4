"""Who may do what to which page, by form and by a request that no form offers."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from blog.models import Article
from editorial import acts, schedule
from editorial.models import Publication, Remark, Revision, ScheduledAct, SignOff
from editorial.publishing import Publishable, Status
from editorial.revisions import rehearsal, snapshot
from editorial.signoff import current_digest
from pages.models import ConditionPage, StandingPage
from tests.factories import (
    MAKERS,
    STATES,
    make_article,
    make_clinician,
    make_condition,
    make_credential,
    make_person,
    make_standing,
    make_user,
)
from tests.reading import errors
from tests.rows import everything
from tests.staff import NOT_SIGNED_IN, ROLES, Staff, admin_url, signed_in, typed, typed_anew

pytestmark = pytest.mark.django_db
KINDS: list[type[Publishable]] = [Article, ConditionPage, StandingPage]
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
every_role = pytest.mark.parametrize("role", ROLES)
PUBLISHERS = ("clinical reviewer", "editor", "superuser")
READERS = ("writer", "newsletter manager", *PUBLISHERS)  # of the admin's pages


def answer(browser: Staff, address: str, data: dict[str, Any] | None = None) -> str:
    """What came of it, in a word: “shown”, “done”, “refused”, “said no”, “sign in”, “not this way”."""
    response = browser.get(address) if data is None else browser.post(address, data)
    if response.status_code == 302:
        return "sign in" if "/login/" in response.headers["Location"] else "done"
    if response.status_code == 403 and b"Your session has ended" in response.content:
        return "sign in"
    return {200: "shown", 403: "refused", 422: "said no", 405: "not this way"}[response.status_code]


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
    page, browser = make(reviewer=make_clinician()), signed_in(role)
    for address in (
        admin_url(type(page), "changelist"),
        admin_url(page, "change"),
        admin_url(page, "preview"),
        admin_url(page, "status"),
        admin_url(page, "compare"),
        act_url(page, "revision", 1),
        act_url(page, "as_served", Publication.objects.get().pk),
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
    """A writer saves revisions of pages that carry their name; who may publish, of every page; nobody else of any."""
    browser = signed_in(role)
    page = page_of(browser, role, MAKERS[kind], whose, state)
    may = role in PUBLISHERS or (role == "writer" and whose == "own")
    allowed = (role,) if may else ()
    data = typed(page, title="Changed")
    assert answer(browser, admin_url(page, "preview"), data) == expected(role, allowed, "shown")
    assert unchanged(page)
    assert answer(browser, admin_url(page, "change"), data) == expected(role, allowed, "done")
    saved = Revision.objects.of(page).first()
    assert (saved is not None and saved.data["fields"]["title"] == "Changed") is may
    shown = type(page).objects.get(pk=page.pk).title
    assert shown == ("Changed" if may and state != "published" else page.title)


@every_role
@pytest.mark.parametrize("kind", KINDS)
def test_who_may_add_a_page(kind: type[Publishable], role: str) -> None:
    browser, allowed = signed_in(role), ("writer", "editor", "superuser")
    data = typed_anew(kind, author=str(browser.person.pk) if role == "writer" else "")
    assert answer(browser, admin_url(kind, "add")) == expected(role, allowed, "shown")
    assert answer(browser, admin_url(kind, "preview_new"), data) == expected(role, allowed, "shown")
    assert not kind.objects.exists()
    assert answer(browser, admin_url(kind, "add"), data) == expected(role, allowed, "done")
    assert kind.objects.filter(slug="a-new-page", status=Status.DRAFT).exists() is (role in allowed)


# --- Acts -----------------------------------------------------------------------------------------------------------

# Who does what, where the page's state allows it: what comes of a POST, by role. Whoever is not named is refused.
WRITING = {"writer, own": "done", "clinical reviewer": "done", "editor": "done", "superuser": "done"}
PUBLISHING = {"clinical reviewer": "done", "editor": "done", "superuser": "done"}
SIGNING = {"clinical reviewer": "done", "superuser": "said no"}  # a superuser is no clinician
TABLE: dict[str, tuple[str, dict[str, str]]] = {
    "ask": ("draft", WRITING),
    "approve": ("in review", SIGNING),
    "return": ("in review", PUBLISHING),
    "remark": ("in review", PUBLISHING),
    "resolve": ("remarked", WRITING),
    "publish": ("approved", PUBLISHING),
    "schedule": ("approved", PUBLISHING),
    "cancel": ("scheduled", PUBLISHING),
    "minor": ("changed", SIGNING),
    "unpublish": ("public", PUBLISHING),
    "take-down-later": ("public", PUBLISHING),
    "restore": ("changed", WRITING),
    "remove": ("public", {"editor": "done", "superuser": "done"}),
}
LATER = {"at_0": "2050-01-31", "at_1": "09:00:00"}
SENT: dict[str, dict[str, str]] = {
    "return": {"sentence": "Say for how long."},
    "remark": {"text": "Say for how long."},
    "schedule": LATER,
    "take-down-later": LATER,
}
WHO = ["writer, own", *ROLES]


def act_url(page: Publishable, name: str, *args: int) -> str:
    return reverse(f"admin:{page._meta.app_label}_{page._meta.model_name}_{name}", args=[page.pk, *args])


def brought_to(page: Any, state: str) -> Any:
    """Has the program do, by right, what leads there."""
    clinician = make_clinician()
    make_credential(person=clinician)
    page = acts.save_draft(page, snapshot(page), by=None, base=None)
    if state == "draft":
        return page
    page = acts.ask_for_review(page, by=None)
    if state == "in review":
        return page
    if state == "remarked":
        acts.remark(page, by=None, text="Say for how long.")
        return page
    if state == "returned":
        return acts.return_to_author(page, by=None, sentence="Say for how long.")
    page = acts.approve(page, by=None, person=clinician, seen=page.latest.digest)
    if state == "approved":
        return page
    if state == "scheduled":
        boss = make_user(is_superuser=True)
        schedule.go_live(page, by=boss, at=timezone.now() + timedelta(days=1), change="first")
        return page
    page = acts.publish(page, by=None, change="first")
    if state == "public":
        return page
    if state == "taken down":
        return acts.unpublish(page, by=None)
    data = snapshot(page)
    data["fields"]["summary"] = "Said otherwise."
    return acts.save_draft(page, data, by=None, base=None)


def address_of(page: Any, act: str) -> str:
    if act == "resolve":
        return act_url(page, act, Remark.objects.get().pk)
    if act == "cancel":
        return act_url(page, act, ScheduledAct.objects.get().pk)
    return act_url(page, act, 1) if act == "restore" else act_url(page, act)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("act", TABLE)
@pytest.mark.parametrize("make", [make_condition, make_standing])  # articles: see below, in every state
def test_who_may_do_what(make: Any, act: str, who: str) -> None:
    """By a POST of their own making, with all that the form would send; a refusal leaves everything as it was."""
    role = who.removesuffix(", own")
    browser = signed_in(role)
    state, words = TABLE[act]
    page = brought_to(make(state="draft", author=browser.person if who == "writer, own" else make_person()), state)
    with rehearsal(page, page.latest) as shown:
        data = {**SENT.get(act, {}), "seen": current_digest(shown)}
    address, before = address_of(page, act), everything()
    allowed = (role,) if who in words else ()
    assert answer(browser, address, data) == expected(role, allowed, words.get(who, "refused"))
    assert (everything() == before) is (words.get(who) != "done")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("act", [act for act in TABLE if act not in ("resolve", "cancel", "restore")])
def test_who_is_shown_the_form_of_an_act(act: str, who: str) -> None:
    role = who.removesuffix(", own")
    browser = signed_in(role)
    state, words = TABLE[act]
    page = make_article(state="draft", author=browser.person if who == "writer, own" else make_person())
    page = brought_to(page, state)
    allowed = (role,) if who in words else ()
    assert answer(browser, act_url(page, act)) == expected(role, allowed, "shown")
    offered = browser.get(admin_url(page, "status")).content.decode()
    assert (f'href="{act_url(page, act)}"' in offered) is bool(allowed)


# In which states each act is possible, for whoever may; in the others they are told why not.
BY_STATE: dict[str, set[str]] = {
    "draft": {"ask", "remark"},
    "returned": {"ask", "remark"},
    "in review": {"approve", "return", "remark"},
    "remarked": {"return", "remark", "resolve"},
    "approved": {"publish", "schedule"},
    "scheduled": {"publish", "cancel"},
    "public": {"unpublish", "minor-live"},
    "changed": {"ask", "remark", "minor", "minor-live", "unpublish"},
    "taken down": {"publish", "schedule"},
}
ALWAYS = {"save", "restore", "remove", "take-down-later"}
BUTTONS = {"resolve", "cancel", "restore"}  # by POST alone; they lead back to the status page whatever comes of them
MAY: dict[str, dict[str, str]] = {act: words for act, (_state, words) in TABLE.items()} | {
    "minor-live": SIGNING,
    "save": WRITING,
}
READ = ("change", "preview", "status", "compare", "revision", "as_served")


def addresses_of(page: Any) -> dict[str, str]:
    """Of every act and everything to read that the page has now."""
    found = {act: act_url(page, act) for act in MAY if act not in {*BUTTONS, "save"}}
    found |= {name: act_url(page, name) for name in READ if name not in ("revision", "as_served")}
    found |= {"save": found["change"], "restore": act_url(page, "restore", 1), "revision": act_url(page, "revision", 1)}
    rows: dict[str, Any] = {
        "resolve": Remark.objects.first(),
        "cancel": ScheduledAct.objects.first(),
        "as_served": Publication.objects.exclude(html="").first(),
    }
    found |= {name: act_url(page, name, row.pk) for name, row in rows.items() if row is not None}
    return found


def digest_shown(page: Any, revision: Any) -> str:
    with rehearsal(page, revision) as shown:
        return current_digest(shown)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("state", BY_STATE)
def test_everything_that_anybody_might_try(state: str, who: str) -> None:
    """Every role, every state, every address, by GET and by POST with all that the form would send."""
    role = who.removesuffix(", own")
    browser = signed_in(role)
    page = make_article(state="draft", author=browser.person if who == "writer, own" else make_person())
    page = brought_to(page, state)
    page.refresh_from_db()
    addresses, as_typed = addresses_of(page), typed(page, title="Changed")
    seen = {"seen": digest_shown(page, page.latest), "change": "minor"}
    seen_live = {"seen": digest_shown(page, page.live)}
    outsider = role in (NOT_SIGNED_IN, "reader with an account")
    before = everything()

    for name, address in addresses.items():
        if name in BUTTONS:
            wanted = "sign in" if outsider else "not this way"
        elif name in READ or name == "save":
            wanted = expected(role, READERS, "shown")
        else:
            wanted = expected(role, (role,) if who in MAY[name] else (), "shown")
        assert answer(browser, address) == wanted, f"GET {name}"
        assert everything() == before, f"GET {name}"

    for name in ("status", "compare", "revision", "as_served"):
        if name in addresses:
            assert answer(browser, addresses[name], {}) == ("sign in" if outsider else "not this way"), name
    allowed = (role,) if who in WRITING else ()
    assert answer(browser, addresses["preview"], as_typed) == expected(role, allowed, "shown")
    assert everything() == before

    for act, words in MAY.items():
        if act not in addresses:
            continue
        entitled, possible = words.get(who), act in ALWAYS | BY_STATE[state]
        comes = "refused" if entitled is None else entitled if possible else "said no"
        data = as_typed if act == "save" else {**(seen_live if act == "minor-live" else seen), **SENT.get(act, {})}
        with transaction.atomic():
            said = answer(browser, addresses[act], data)
            is_as_before = everything() == before
            transaction.set_rollback(True)  # each act finds the page as it was
        shown = "done" if comes == "said no" and act in BUTTONS else comes
        assert said == expected(role, (role,) if entitled else (), shown), f"POST {act}"
        assert is_as_before is (comes != "done"), f"POST {act}"


def test_the_right_to_publish_is_asked_for_each_kind() -> None:
    browser = signed_in("clinical reviewer")
    assert browser.user is not None
    group = browser.user.groups.get()
    group.permissions.remove(group.permissions.get(codename="publish_conditionpage"))
    article = brought_to(make_article(state="draft"), "approved")
    condition = brought_to(make_condition(state="draft"), "approved")
    assert answer(browser, act_url(article, "publish"), {}) == "done"
    assert answer(browser, act_url(condition, "publish"), {}) == "refused"


def test_a_page_without_words_on_treatment_is_approved_by_whoever_may_publish() -> None:
    page = brought_to(make_standing(state="draft", is_clinical=False), "in review")
    assert answer(signed_in("writer"), act_url(page, "approve"), {"seen": page.latest.digest}) == "refused"
    assert answer(signed_in("editor"), act_url(page, "approve"), {"seen": page.latest.digest}) == "done"


def test_a_writer_does_not_decide_that_no_clinician_is_needed() -> None:
    browser = signed_in("writer")
    page = make_standing(state="draft", author=browser.person)
    assert answer(browser, admin_url(page, "change"), typed(page, is_clinical=[])) == "done"
    page.refresh_from_db()
    assert page.is_clinical


# --- What a writer might try to slip in -----------------------------------------------------------------------------


@every_kind
def test_a_writer_slips_in_neither_state_nor_time_nor_review(make: Any) -> None:
    browser = signed_in("writer")
    page = make(state="draft", author=browser.person)
    data = typed(
        page,
        title="Changed",
        status="published",
        published_at_0="2020-01-01",
        published_at_1="09:00:00",
        reviewer=str(make_clinician().pk),
        reviewed_on="2026-01-01",
        stage="approved",
        live="1",
        changed_at="2020-01-01",
    )
    assert answer(browser, admin_url(page, "change"), data) == "done"
    page.refresh_from_db()
    assert page.title == "Changed"
    assert (page.status, page.published_at, page.reviewer, page.reviewed_on) == (Status.DRAFT, None, None, None)


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


def test_a_reviewer_who_wrote_part_of_a_text_does_not_sign_it_off() -> None:
    browser = signed_in("clinical reviewer")
    page = make_article(state="draft")
    assert answer(browser, admin_url(page, "change"), typed(page, summary="By the reviewer.")) == "done"
    page.refresh_from_db()
    page = acts.ask_for_review(page, by=None)
    response = browser.post(act_url(page, "approve"), {"seen": page.latest.digest})
    assert "somebody else must sign it off" in response.content.decode()
    assert not SignOff.objects.exists()
