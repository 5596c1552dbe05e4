"""Who may see a page, the acts that change its state, and the rules that form and database hold."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from editorial.publishing import Status, publishable_models, published_pages
from tests.factories import (
    MAKERS,
    SEEN,
    STATES,
    UNSEEN,
    changed_long_ago,
    make_article,
    make_clinician,
    make_condition,
    make_image,
    make_person,
    make_reference,
    make_standing,
)

pytestmark = pytest.mark.django_db
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def test_every_kind_of_page_is_covered_here() -> None:
    assert {type(make()) for make in MAKERS.values()} == set(publishable_models())


# --- Who may see it -------------------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("state", STATES)
def test_readers_see_what_is_published_or_due_and_nothing_else(make: Any, state: str) -> None:
    page = make(state=state)
    assert type(page).objects.published().filter(pk=page.pk).exists() is (state in SEEN)
    assert page.is_published is (state in SEEN)


@every_kind
def test_a_page_goes_live_at_its_time_whether_or_not_a_worker_runs(make: Any) -> None:
    page = make(state="due")
    assert page.state == Status.PUBLISHED
    assert page.status == Status.SCHEDULED


@every_kind
def test_going_live_marks_what_is_due_and_leaves_the_rest(make: Any) -> None:
    pages = {state: make(state=state) for state in STATES}
    assert type(pages["due"]).objects.go_live() == 1
    assert type(pages["due"]).objects.go_live() == 0
    for page in pages.values():
        page.refresh_from_db()
    assert pages["due"].status == Status.PUBLISHED
    assert pages["scheduled"].status == Status.SCHEDULED
    assert pages["draft"].status == pages["taken down"].status == Status.DRAFT


def test_going_live_does_not_count_as_a_change_of_the_text() -> None:
    page = make_article(state="due")
    before = changed_long_ago(page)
    type(page).objects.go_live()
    page.refresh_from_db()
    assert page.changed_at == before


def test_a_persons_pages_are_those_that_readers_may_see_newest_first() -> None:
    person = make_clinician()
    old = make_standing(author=person, publish_at=timezone.now() - timedelta(days=9))
    new = make_article(author=person)
    for state in UNSEEN:
        make_condition(author=person, state=state)
    reviewed = make_condition(reviewer=person, reviewed_on=timezone.localdate())
    assert published_pages(author=person) == [new, old]
    assert published_pages(reviewer=person) == [reviewed]


# --- Acts -----------------------------------------------------------------------------------------------------------


@every_kind
def test_publishing_makes_a_page_public_now(make: Any) -> None:
    page = make(state="draft")
    page.publish()
    assert type(page).objects.published().get() == page
    assert abs(page.publish_at - timezone.now()) < timedelta(minutes=1)


def test_publishing_at_a_later_time_schedules() -> None:
    page, later = make_article(state="draft"), timezone.now() + timedelta(days=2)
    page.publish(later)
    assert (page.status, page.publish_at) == (Status.SCHEDULED, later)
    assert not page.is_published


def test_publishing_what_was_scheduled_makes_it_public_now() -> None:
    page = make_article(state="scheduled")
    page.publish()
    assert page.is_published


@pytest.mark.parametrize("state", ["published", "taken down"])
def test_publishing_again_keeps_the_first_publication_time(state: str) -> None:
    page = make_article(state=state)
    first = page.publish_at
    page.publish()
    page.refresh_from_db()
    assert (page.status, page.publish_at) == (Status.PUBLISHED, first)


def test_taking_down_keeps_the_text_and_the_first_publication_time() -> None:
    page = make_article(body="<p>Kept.</p>")
    first = page.publish_at
    page.unpublish()
    page.refresh_from_db()
    assert (page.status, page.publish_at, page.body) == (Status.DRAFT, first, "<p>Kept.</p>")


def test_taking_back_what_was_only_scheduled_leaves_no_publication_time() -> None:
    page = make_article(state="scheduled")
    page.unpublish()
    page.refresh_from_db()
    assert (page.status, page.publish_at) == (Status.DRAFT, None)
    assert not page.was_ever_public


@every_kind
@pytest.mark.parametrize(
    ("lack", "field"),
    [
        ({"summary": ""}, "summary"),
        ({"body": ""}, "body"),
        ({"body": "<p> </p>"}, "body"),
        ({"author": None}, "author"),
        ({"reviewed_on": timezone.localdate()}, "reviewer"),
    ],
    ids=["no summary", "no text", "blank text", "no author", "a review without a reviewer"],
)
def test_a_page_that_lacks_something_is_not_published_and_says_what_it_lacks(
    make: Any, lack: dict[str, Any], field: str
) -> None:
    page = make(state="draft", **lack)
    for at in (None, timezone.now() + timedelta(days=1)):
        with pytest.raises(ValidationError) as caught:
            page.publish(at)
        assert list(caught.value.message_dict) == [field]
    page.refresh_from_db()
    assert (page.status, page.publish_at) == (Status.DRAFT, None)


def test_a_reviewer_without_a_day_of_review_is_not_published() -> None:
    page = make_article(state="draft", reviewer=make_clinician())
    with pytest.raises(ValidationError) as caught:
        page.publish()
    assert list(caught.value.message_dict) == ["reviewed_on"]


def test_a_page_that_lacks_everything_hears_it_all_at_once() -> None:
    page = make_article(state="draft", summary="", body="", author=None)
    assert set(page.missing_for_readers()) == {"summary", "body", "author"}


# --- Rules of the form and of the database --------------------------------------------------------------------------


def refused(page: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        page.full_clean()
    return dict(caught.value.message_dict)


@every_kind
def test_nobody_reviews_their_own_text(make: Any) -> None:
    page = make(state="draft", author=make_clinician())
    page.reviewer, page.reviewed_on = page.author, timezone.localdate()
    assert "reviewer" in refused(page)
    with pytest.raises(IntegrityError, match="reviewer_not_author"), transaction.atomic():
        page.save()


@every_kind
def test_a_cover_is_described_or_decorative(make: Any) -> None:
    page = make(state="draft")
    page.cover = make_image()
    assert "cover_alt" in refused(page)
    with pytest.raises(IntegrityError, match="cover_described"), transaction.atomic():
        page.save()
    page.cover_is_decorative = True
    page.full_clean()
    page.cover_is_decorative, page.cover_alt = False, "A quiet room"
    page.full_clean()
    page.save()


@every_kind
@pytest.mark.parametrize("status", ["published", "scheduled"])
def test_the_database_refuses_a_public_page_without_a_time(make: Any, status: str) -> None:
    page = make(state="draft")
    with pytest.raises(IntegrityError, match="published_has_time"), transaction.atomic():
        type(page).objects.filter(pk=page.pk).update(status=status)


@every_kind
def test_the_database_refuses_a_status_that_nobody_knows(make: Any) -> None:
    page = make(state="draft")
    with pytest.raises(IntegrityError, match="status_known"), transaction.atomic():
        type(page).objects.filter(pk=page.pk).update(status="hidden", publish_at=timezone.now())


def test_only_a_clinician_can_be_the_reviewer() -> None:
    page = make_article(state="draft")
    page.reviewer = make_person(is_clinician=False)
    assert "reviewer" in refused(page)


def test_a_review_does_not_lie_in_the_future() -> None:
    page = make_article(state="draft", reviewer=make_clinician())
    page.reviewed_on = timezone.localdate() + timedelta(days=1)
    assert "reviewed_on" in refused(page)


def test_a_text_cites_only_what_the_library_has() -> None:
    make_reference(key="known-2020")
    page = make_article(state="draft")
    page.body = "<p>[@known-2020] [@unknown-2021] [@other-2022] [@unknown-2021]</p>"
    (message,) = refused(page)["body"]
    assert "“unknown-2021”, “other-2022”" in message
    assert "known-2020”," not in message.replace("unknown", "")


# --- What counts as a change ----------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another title"},
        {"summary": "Another summary."},
        {"key_points": "Another point"},
        {"body": "<p>Another text.</p>"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_what_readers_see_moves_the_date_of_the_text(make: Any, change: dict[str, str]) -> None:
    page = make()
    before, digest = changed_long_ago(page), page.content_digest
    for field, value in change.items():
        setattr(page, field, value)
    page.save()
    page.refresh_from_db()
    assert page.changed_at > before
    assert page.content_digest != digest


@every_kind
def test_a_new_author_or_review_moves_the_date_of_the_text(make: Any) -> None:
    page = make()
    before = changed_long_ago(page)
    page.reviewer, page.reviewed_on = make_clinician(), timezone.localdate()
    page.save()
    assert page.changed_at > before


@every_kind
def test_what_readers_do_not_read_moves_nothing(make: Any) -> None:
    page = make(state="draft")
    before, digest = changed_long_ago(page), page.content_digest
    page.slug, page.search_description, page.shows_risks = "elsewhere", "For search engines.", False
    page.save()
    page.publish()
    page.unpublish()
    page.refresh_from_db()
    assert (page.changed_at, page.content_digest) == (before, digest)


def test_saving_the_same_text_again_moves_nothing_even_where_cleaning_changed_it() -> None:
    page = make_article(body="<h2 onclick='x()'>A heading</h2><div><p>Text &amp; more</p></div><script>1</script>")
    before = changed_long_ago(page)
    page.save()
    page.body = page.body.replace("\n", "\r\n")
    page.save()
    page.refresh_from_db()
    assert page.changed_at == before


def test_an_answer_is_part_of_what_readers_see() -> None:
    condition = make_condition(questions=[("Why?", "<p>Because.</p>")])
    before = changed_long_ago(condition)
    question = condition.questions.get()
    question.answer = "<p>For another reason.</p>"
    question.save()
    condition.save()
    assert condition.changed_at > before


def test_reading_time_is_counted_from_the_text_and_never_nothing() -> None:
    assert make_article(body="").reading_minutes == 1
    assert make_article(body="<p>" + "word " * 1000 + "</p>").reading_minutes == 5


def test_the_description_for_search_engines_falls_back_to_the_summary() -> None:
    assert make_article(summary="Short.", search_description="").description == "Short."
    assert make_article(summary="Short.", search_description="Found.").description == "Found."


def test_the_next_review_follows_from_the_last() -> None:
    page = make_article(reviewer=make_clinician(), reviewed_on=timezone.localdate())
    assert page.next_review_on == timezone.localdate() + page.REVIEW_EVERY
    assert make_article().next_review_on is None
