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
from editorial.publishing import Publishable
from tests.factories import (
    MAKERS,
    changed_long_ago,
    make_article,
    make_clinic,
    make_clinician,
    make_condition,
    make_person,
    make_standing,
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


def test_what_goes_live_next_comes_first() -> None:
    now = timezone.now()
    later = make_article(state="scheduled", publish_at=now + timedelta(days=9))
    next_ = make_condition(state="scheduled", publish_at=now + timedelta(days=1))
    make_article(state="due")
    assert pages(seen_by(signed_in("superuser"))["next"]) == [next_, later]


def test_what_is_due_for_review_comes_in_the_order_of_its_dates() -> None:
    today = timezone.localdate()

    def reviewed(days_ago: int, state: str = "published") -> Publishable:
        fields: dict[str, Any] = {"reviewer": make_clinician(), "reviewed_on": today - timedelta(days=days_ago)}
        page: Publishable = make_article(state=state, **fields)
        return page

    soon, overdue = reviewed(340), reviewed(400)
    reviewed(100)
    reviewed(400, "draft")
    rows = seen_by(signed_in("clinical reviewer"))["review"]
    assert [(row["page"], row["is_overdue"]) for row in rows] == [(overdue, True), (soon, False)]


def test_what_changed_last_comes_first_and_is_public() -> None:
    old, new = make_article(), make_standing()
    changed_long_ago(old)
    make_article(state="draft")
    due = make_condition(state="due")
    changed_long_ago(due, at=timezone.now() - timedelta(days=99))
    assert pages(seen_by(signed_in("superuser"))["changes"]) == [new, old, due]


def test_a_list_is_never_longer_than_a_glance() -> None:
    for _number in range(LONGEST_LIST + 2):
        make_article(state="draft")
        make_condition(state="draft")
    assert len(seen_by(signed_in("superuser"))["drafts"]) == LONGEST_LIST


def test_nobody_sees_what_they_may_not_see() -> None:
    for make in MAKERS.values():
        make(state="draft")
        make(state="published")
        make(state="scheduled")
    found = seen_by(signed_in("staff without a group"))
    assert {name: found[name] for name in ("mine", "drafts", "next", "review", "changes", "newsletter")} == {
        "mine": [], "drafts": [], "next": [], "review": [], "changes": [], "newsletter": None,
    }  # fmt: skip


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
    leads = admin_url(draft, "change") in page.xpath("//a/@href")
    assert leads is (role != "staff without a group")
    assert ("A <b>draft</b>" in words(page)) is leads
    assert b"<b>draft</b>" not in response.content
    assert "Example & clinic" in texts(response, "//title")[0]


def test_more_rows_take_no_more_queries() -> None:
    browser = signed_in("superuser")

    def fill() -> None:
        for make in MAKERS.values():
            for state in ("draft", "published", "scheduled"):
                make(state=state, reviewer=make_clinician(), reviewed_on=timezone.localdate() - timedelta(days=350))

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
