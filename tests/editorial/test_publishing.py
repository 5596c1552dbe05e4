"""Who may see a page, the acts that change its state, and the rules that form and database hold."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from editorial import acts
from editorial.publishing import Status, publishable_models, published_pages
from editorial.signoff import current_digest
from tests.factories import (
    MAKERS,
    SEEN,
    STATES,
    UNSEEN,
    approved,
    changed_long_ago,
    make_article,
    make_clinician,
    make_condition,
    make_image,
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
def test_readers_see_what_is_published_and_nothing_else(make: Any, state: str) -> None:
    page = make(state=state)
    assert type(page).objects.published().filter(pk=page.pk).exists() is (state in SEEN)
    assert page.is_published is (state in SEEN)


def test_a_persons_pages_are_those_that_readers_may_see_newest_first() -> None:
    person = make_clinician()
    old = make_standing(author=person, published_at=timezone.now() - timedelta(days=9))
    new = make_article(author=person)
    for state in UNSEEN:
        make_condition(author=person, state=state)
    reviewed = make_condition(reviewer=person, reviewed_on=timezone.localdate())
    assert published_pages(author=person) == [new, old]
    assert published_pages(reviewer=person) == [reviewed]


# --- Acts -----------------------------------------------------------------------------------------------------------


@every_kind
def test_publishing_makes_the_approved_revision_public_now(make: Any) -> None:
    page = acts.publish(approved(make(state="draft")), by=None, change="first")
    assert type(page).objects.published().get() == page
    assert abs(page.published_at - timezone.now()) < timedelta(minutes=1)
    assert (page.live, page.has_changes) == (page.latest, False)


@every_kind
def test_a_revision_without_a_sign_off_is_never_published(make: Any) -> None:
    page = acts.adopt(make(state="draft"))
    for bring in (lambda page: page, lambda page: acts.ask_for_review(page, by=None)):
        page = bring(page)
        with pytest.raises(acts.Refused, match="not approved"):
            acts.publish(page, by=None, change="first")
    assert not type(page).objects.published().exists()


@every_kind
def test_a_public_page_is_changed_by_publishing_alone(make: Any) -> None:
    page = acts.publish(approved(make(state="draft", summary="Old.")), by=None, change="first")
    page = approved(page, summary="New.")
    assert type(page).objects.get(pk=page.pk).summary == "Old."
    page = acts.publish(page, by=None, change="substantive", change_note="The summary says more.")
    assert type(page).objects.get(pk=page.pk).summary == "New."


@pytest.mark.parametrize("state", ["published", "taken down"])
def test_publishing_again_keeps_the_first_publication_time(state: str) -> None:
    page = make_article(state=state)
    first = page.published_at
    page = acts.publish(approved(page, summary="New."), by=None, change="minor")
    page.refresh_from_db()
    assert (page.status, page.published_at) == (Status.PUBLISHED, first)


def test_taking_down_keeps_the_text_and_the_first_publication_time() -> None:
    page = acts.adopt(make_article(body="<p>Kept.</p>"))
    first = page.published_at
    page = acts.unpublish(page, by=None)
    page.refresh_from_db()
    assert (page.status, page.published_at, page.body) == (Status.DRAFT, first, "<p>Kept.</p>")


@every_kind
@pytest.mark.parametrize(
    ("lack", "says"),
    [
        ({"summary": ""}, "Write a summary"),
        ({"body": ""}, "no text yet"),
        ({"body": "<p> </p>"}, "no text yet"),
        ({"author": None}, "Choose an author"),
    ],
    ids=["no summary", "no text", "blank text", "no author"],
)
def test_a_page_that_lacks_something_is_not_reviewed_and_says_what_it_lacks(
    make: Any, lack: dict[str, Any], says: str
) -> None:
    page = acts.adopt(make(state="draft", **lack))
    with pytest.raises(acts.Refused, match=says):
        acts.ask_for_review(page, by=None)


def test_a_page_that_lacks_everything_hears_it_all_at_once() -> None:
    page = make_article(state="draft", summary="", body="", author=None)
    assert set(page.missing_for_readers()) == {"summary", "body", "author"}


# --- Rules of the form and of the database --------------------------------------------------------------------------


def refused(page: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        page.full_clean()
    return dict(caught.value.message_dict)


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
def test_the_database_refuses_a_public_page_without_a_time(make: Any) -> None:
    page = make(state="draft")
    with pytest.raises(IntegrityError, match="published_has_time"), transaction.atomic():
        type(page).objects.filter(pk=page.pk).update(status="published")


@every_kind
def test_the_database_refuses_a_status_that_nobody_knows(make: Any) -> None:
    page = make(state="draft")
    with pytest.raises(IntegrityError, match="status_known"), transaction.atomic():
        type(page).objects.filter(pk=page.pk).update(status="hidden", published_at=timezone.now())


def test_a_text_cites_only_what_the_library_has() -> None:
    make_reference(key="known-2020")
    page = make_article(state="draft")
    page.body = "<p>[@known-2020] [@unknown-2021] [@other-2022] [@unknown-2021]</p>"
    (message,) = refused(page)["body"]
    assert "“unknown-2021”, “other-2022”" in message
    assert "known-2020”," not in message.replace("unknown", "")


# --- What counts as a change ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "moves_changed", "moves_substantially"),
    [("minor", False, False), ("correction", True, False), ("substantive", True, True)],
)
@every_kind
def test_the_dates_that_readers_and_search_engines_see_follow_the_kind_of_change(
    make: Any, change: str, moves_changed: bool, moves_substantially: bool
) -> None:
    page = make()
    before = changed_long_ago(page)
    page = acts.publish(approved(page, summary="New."), by=None, change=change, change_note="Said better.")
    assert (page.changed_at > before) is moves_changed
    assert (page.substantially_changed_at > before) is moves_substantially


@pytest.mark.parametrize("change", ["substantive", "correction"])
def test_a_change_that_matters_to_readers_is_told_them_in_a_sentence(change: str) -> None:
    page = approved(make_article(), summary="New.")
    for note in ("", "  "):
        with pytest.raises(acts.Refused, match="Tell readers"):
            acts.publish(page, by=None, change=change, change_note=note)
    for kind in ("", "first", "whatever"):
        with pytest.raises(acts.Refused, match="kind of change"):
            acts.publish(page, by=None, change=kind)


def test_saving_the_same_text_again_changes_nothing_even_where_cleaning_changed_it() -> None:
    page = make_article(body="<h2 onclick='x()'>A heading</h2><div><p>Text &amp; more</p></div><script>1</script>")
    before = current_digest(page)
    page.body = page.body.replace("\n", "\r\n")
    page.save()
    page.refresh_from_db()
    assert current_digest(page) == before


def test_reading_time_is_counted_from_the_text_and_never_nothing() -> None:
    assert make_article(body="").reading_minutes == 1
    assert make_article(body="<p>" + "word " * 1000 + "</p>").reading_minutes == 5


def test_the_description_for_search_engines_falls_back_to_the_summary() -> None:
    assert make_article(summary="Short.", search_description="").description == "Short."
    assert make_article(summary="Short.", search_description="Found.").description == "Found."


def test_the_next_review_follows_from_the_last() -> None:
    page = make_article(reviewer=make_clinician(), reviewed_on=timezone.localdate())
    assert page.review_due_on == timezone.localdate() + timedelta(days=365)
    assert make_article().review_due_on is None
