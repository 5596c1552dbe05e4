"""The first page of the admin: what waits for whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic_site.desk import LONGEST_LIST, WORKER_SILENT, desk
from clinic_site.models import Heartbeat
from editorial import acts, schedule
from editorial.models import SafetyText, ScheduledAct
from editorial.publishing import Publishable
from tests.factories import (
    MAKERS,
    approved,
    changed_long_ago,
    make_article,
    make_clinic,
    make_clinician,
    make_condition,
    make_person,
    make_safety_text,
    make_standing,
    make_user,
)
from tests.reading import texts, tree, words
from tests.staff import ROLES, Staff, admin_url, signed_in

pytestmark = pytest.mark.django_db


def seen_by(browser: Staff) -> dict[str, Any]:
    request = RequestFactory().get("/admin/")
    request.user = browser.user or AnonymousUser()
    return desk(request)


def pages(rows: list[dict[str, Any]]) -> list[Publishable]:
    return [row["page"] for row in rows]


def test_ones_own_drafts_stand_apart_from_those_of_others() -> None:
    browser = signed_in("writer")
    own = [
        make_article(state="draft", author=browser.person),
        make_condition(state="taken down", author=browser.person),
    ]
    other, nobodys = make_standing(state="draft"), make_article(state="draft", author=None)
    make_article(author=browser.person)
    found = seen_by(browser)
    assert set(pages(found["mine"])) == set(own)
    assert set(pages(found["drafts"])) == {other, nobodys}


def test_drafts_of_somebody_without_a_person_are_all_those_of_others() -> None:
    draft = make_article(state="draft")
    found = seen_by(signed_in("superuser"))
    assert (pages(found["mine"]), pages(found["drafts"])) == ([], [draft])


def test_what_goes_live_next_comes_first_and_what_is_late_or_failed_stands_apart() -> None:
    now, boss = timezone.now(), signed_in("superuser")
    later, next_, late, failed = (approved(make(state="draft")) for make in (make_article, make_condition) * 2)
    for page, days in [(later, 9), (next_, 1), (late, 2), (failed, 3)]:
        schedule.go_live(page, by=boss.user, at=now + timedelta(days=days), change="first")
    ScheduledAct.objects.of(late).update(due_at=now - timedelta(hours=1))
    ScheduledAct.objects.of(failed).update(state="failed", ended_at=now, problem="The sign-off is not for these words.")
    found = seen_by(boss)
    assert pages(found["next"]) == [next_, later]
    assert pages(found["trouble"]) == [late, failed]
    shown = words(tree(boss.get("/admin/")).xpath("//section[@aria-labelledby='desk-failed-or-late']")[0])
    assert "late" in shown
    assert "The sign-off is not for these words." in shown


def test_each_finds_what_waits_for_them() -> None:
    writer, reviewer = signed_in("writer"), signed_in("clinical reviewer")
    editor = signed_in("editor")
    in_review = acts.ask_for_review(acts.adopt(make_article(state="draft", author=writer.person)), by=None)
    others = make_clinician()
    asked = acts.ask_for_review(acts.adopt(make_article(state="draft")), by=None, of=others)
    returned = acts.ask_for_review(acts.adopt(make_article(state="draft", author=writer.person)), by=None)
    returned = acts.return_to_author(returned, by=None, sentence="Shorter, please.")
    ready = approved(make_standing(state="draft"))
    assert pages(seen_by(writer)["waiting"]) == [returned]
    assert pages(seen_by(reviewer)["waiting"]) == [in_review, ready]
    assert pages(seen_by(editor)["waiting"]) == [ready]
    assert asked not in pages(seen_by(reviewer)["waiting"])


def test_a_sign_off_that_no_longer_holds_is_told() -> None:
    make_safety_text(kind="site-disclaimer")
    page = make_article(reviewer=make_clinician(), reviewed_on=timezone.localdate())
    SafetyText.objects.update(body="<p>Said otherwise.</p>")
    acts.recheck(page, reason="A safety text changed")
    assert pages(seen_by(signed_in("clinical reviewer"))["lapsed"]) == [page]


def test_what_is_due_for_review_comes_in_the_order_of_its_dates() -> None:
    today = timezone.localdate()

    def reviewed(days_ago: int, state: str = "published") -> Publishable:
        fields: dict[str, Any] = {"reviewer": make_clinician(), "reviewed_on": today - timedelta(days=days_ago)}
        page: Publishable = make_article(state=state, **fields)
        return page

    soon, overdue = reviewed(340), reviewed(400)
    reviewed(100)
    reviewed(400, "draft")
    rows = pages(seen_by(signed_in("clinical reviewer"))["review"])
    assert [(page, page.review_is_overdue) for page in rows] == [(overdue, True), (soon, False)]


def test_what_changed_last_comes_first_and_is_public() -> None:
    old, new = make_article(), make_standing()
    changed_long_ago(old)
    make_article(state="draft")
    assert pages(seen_by(signed_in("superuser"))["changes"]) == [new, old]


def test_a_list_is_never_longer_than_a_glance() -> None:
    for _number in range(LONGEST_LIST + 2):
        make_article(state="draft")
        make_condition(state="draft")
    assert len(seen_by(signed_in("superuser"))["drafts"]) == LONGEST_LIST


def test_nobody_sees_what_they_may_not_see() -> None:
    for make in MAKERS.values():
        make(state="draft")
        make(state="published")
        planned = approved(make(state="draft"))
        schedule.go_live(
            planned, by=make_user(is_superuser=True), at=timezone.now() + timedelta(days=1), change="first"
        )
    assert all(seen_by(signed_in("superuser"))[name] for name in ("drafts", "next", "changes"))
    found = seen_by(signed_in("staff without a group"))
    names = ("waiting", "mine", "drafts", "next", "trouble", "lapsed", "review", "changes")
    assert [found[name] for name in names] == [[]] * len(names)
    assert found["newsletter"] is None


def test_the_newsletters_figures_are_for_those_who_keep_it() -> None:
    for role, sees in [
        ("writer", False),
        ("clinical reviewer", False),
        ("newsletter manager", True),
        ("superuser", True),
    ]:
        figures = seen_by(signed_in(role))["newsletter"]
        assert (figures is not None) is sees
    assert figures["confirmed"] == 0
    assert figures["weeks"] == [0] * 12


def test_a_silent_worker_is_told() -> None:
    browser = signed_in("superuser")
    assert seen_by(browser)["worker_is_silent"]
    assert "The worker is not running" in words(tree(browser.get("/admin/")))
    beat = Heartbeat.objects.create(name="worker", beat_at=timezone.now())
    assert not seen_by(browser)["worker_is_silent"]
    assert "The worker is not running" not in words(tree(browser.get("/admin/")))
    Heartbeat.objects.filter(pk=beat.pk).update(beat_at=timezone.now() - WORKER_SILENT - timedelta(seconds=1))
    assert seen_by(browser)["worker_is_silent"]


@pytest.mark.parametrize("role", [role for role, make in ROLES.items() if make and role != "reader with an account"])
def test_it_opens_for_every_role_and_leads_to_the_pages(role: str) -> None:
    make_clinic(name="Example & clinic")
    draft = make_article(state="draft", title="A <b>draft</b>", author=make_person(name="Somebody"))
    response = signed_in(role).get("/admin/")
    assert response.status_code == 200
    page = tree(response)
    leads = admin_url(draft, "status") in page.xpath("//a/@href")
    assert leads is (role != "staff without a group")
    assert ("A <b>draft</b>" in words(page)) is leads
    assert b"<b>draft</b>" not in response.content
    assert "Example & clinic" in texts(response, "//title")[0]


def test_more_rows_take_no_more_queries() -> None:
    browser = signed_in("superuser")

    def fill() -> None:
        for make in MAKERS.values():
            for state in ("draft", "published"):
                make(state=state, reviewer=make_clinician(), reviewed_on=timezone.localdate() - timedelta(days=350))
            acts.ask_for_review(acts.adopt(make(state="draft")), by=None)
            for due_in in (timedelta(days=1), timedelta(hours=-1)):
                planned = approved(make(state="draft"))
                later = timezone.now() + timedelta(days=1)
                schedule.go_live(planned, by=browser.user, at=later, change="first")
                ScheduledAct.objects.of(planned).update(due_at=timezone.now() + due_in)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/admin/").status_code == 200
        return len(captured)

    fill()
    queries()
    few = queries()
    for _number in range(3):
        fill()
    assert queries() == few
