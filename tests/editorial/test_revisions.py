"""Revisions: a page as data and back, looks that leave no trace, and a record that the database itself keeps."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from blog.models import Article
from editorial import acts
from editorial.models import Act, Image, Publication, Revision, SignOff
from editorial.publishing import Publishable, Stage
from editorial.revisions import lay_over, locked, rehearsal, snapshot
from tests.editorial.acting import make_editor, make_reviewer, newest, saved
from tests.factories import (
    MAKERS,
    make_article,
    make_clinician,
    make_condition,
    make_image,
    make_person,
)
from tests.staff import admin_url, signed_in

pytestmark = pytest.mark.django_db


def laid_over(page: Publishable, data: dict[str, Any]) -> Publishable:
    with transaction.atomic():
        lay_over(locked(page), data)
    return type(page).objects.get(pk=page.pk)


# --- There and back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MAKERS)
def test_what_a_page_said_is_said_again_field_by_field(kind: str) -> None:
    image = make_image()
    page = MAKERS[kind](title="Before", key_points="One\nTwo", search_description="Found", cover=image, cover_alt="A")
    before = snapshot(page)
    for name in ("title", "summary", "key_points", "body", "search_description", "cover_alt"):
        setattr(page, name, "<p>After</p>")
    page.author, page.slug, page.shows_risks = make_person(), "after", False
    page.save()
    assert snapshot(page) != before
    assert snapshot(laid_over(page, before)) == before


def test_topics_and_related_articles_come_back() -> None:
    conditions, related = [make_condition(), make_condition()], [make_article()]
    article = make_article(conditions=conditions, related=related)
    before = snapshot(article)
    article.conditions.set([])
    article.related.set([make_article()])
    laid_over(article, before)
    assert set(article.conditions.all()) == set(conditions)
    assert list(article.related.all()) == related


def test_questions_keep_their_ids_and_those_that_came_later_go() -> None:
    page = make_condition(questions=[("Is it safe?", "<p>For many.</p>"), ("Is it costly?", "<p>Yes.</p>")])
    before, ids = snapshot(page), list(page.questions.values_list("pk", flat=True))
    page.questions.get(pk=ids[0]).delete()
    page.questions.filter(pk=ids[1]).update(answer="<p>No.</p>")
    page.questions.create(question="Later?", answer="<p>Later.</p>")
    laid_over(page, before)
    assert list(page.questions.values_list("pk", "answer")) == [(ids[0], "<p>For many.</p>"), (ids[1], "<p>Yes.</p>")]


def test_what_has_been_deleted_since_is_left_out() -> None:
    gone, kept = make_condition(), make_condition()
    lost = make_article(state="draft")
    article = make_article(conditions=[gone, kept], related=[lost], cover=make_image(), cover_alt="A room")
    before = snapshot(article)
    author, cover = article.author, article.cover
    assert author is not None
    assert cover is not None
    article.author, article.cover = make_person(), None
    article.save()
    for row in (gone, lost, author, cover):
        row.delete()
    after = laid_over(article, before)
    assert isinstance(after, Article)
    assert list(after.conditions.all()) == [kept]
    assert list(after.related.all()) == []
    assert (after.author, after.cover) == (None, None)
    connection.check_constraints()


# --- Looks without a trace ------------------------------------------------------------------------------------------


def rows(page: Publishable) -> list[Any]:
    kind = type(page)
    return [
        list(kind.objects.order_by("pk").values()),
        snapshot(kind.objects.get(pk=page.pk)),
        Act.objects.count(),
        Revision.objects.count(),
        Publication.objects.count(),
    ]


def test_a_rehearsal_shows_the_revision_and_leaves_no_trace() -> None:
    page = make_condition(questions=[("Is it safe?", "<p>For many.</p>")], reviewer=make_clinician())
    data = newest(page)
    data["fields"] |= {"title": "Not yet public", "slug": "elsewhere"}
    data["parts"] = {"questions": []}
    page = acts.save_draft(page, data, by=None, base=None)
    before = rows(page)
    with rehearsal(page, page.latest) as shown:
        assert (shown.title, shown.questions.count()) == ("Not yet public", 0)
        shown.title = "Something else again"
        shown.save()
    assert rows(page) == before


def test_a_rehearsal_that_fails_leaves_no_trace_either() -> None:
    page = saved(make_article(reviewer=make_clinician()), title="Not yet public")
    before = rows(page)
    with pytest.raises(ZeroDivisionError), rehearsal(page, page.latest):
        raise ZeroDivisionError
    assert rows(page) == before


@pytest.mark.parametrize("look", ["status", "change", "compare"])
def test_looking_at_a_page_in_the_admin_leaves_no_trace(look: str) -> None:
    page = saved(make_article(reviewer=make_clinician()), title="Not yet public")
    before = rows(page)
    assert signed_in("superuser").get(admin_url(page, look)).status_code == 200
    assert rows(page) == before


# --- Kept for good --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Revision, SignOff, Publication, Act])
@pytest.mark.parametrize("statement", ["UPDATE {table} SET object_id = object_id + 1", "DELETE FROM {table}"])
def test_the_database_itself_refuses_to_change_or_delete_history(kind: Any, statement: str) -> None:
    make_article(reviewer=make_clinician())
    before = list(kind.objects.values())
    assert before
    with (
        pytest.raises(IntegrityError, match="kept for good"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table=kind._meta.db_table))
    assert list(kind.objects.values()) == before


def test_a_page_that_is_deleted_leaves_its_record() -> None:
    page = make_article(reviewer=make_clinician())
    kept = [list(kind.objects.values()) for kind in (Revision, SignOff, Publication)]  # type: ignore[misc]
    acts.delete(page, by=make_editor())
    assert not Article.objects.exists()
    for kind, before in zip((Revision, SignOff, Publication), kept, strict=True):
        after = list(kind.objects.values())  # type: ignore[misc]
        assert all(row in after for row in before)


# --- Restoring ------------------------------------------------------------------------------------------------------


def test_a_restored_revision_is_a_draft_without_its_sign_off_and_readers_see_nothing_of_it() -> None:
    page = make_article(title="First words", reviewer=make_clinician())
    first = page.latest
    assert first is not None
    page = saved(page, title="Second words")
    page = acts.restore(page, first, by=make_editor())
    assert page.latest is not None
    assert (page.latest.number, page.latest.restored_from) == (3, first)
    assert page.latest.data == first.data
    assert (page.stage, page.approval) == (Stage.DRAFT, None)
    assert page.live == first
    with pytest.raises(acts.Refused, match="not approved"):
        acts.publish(page, by=make_reviewer(), change="minor")


def test_a_revision_whose_address_is_taken_by_now_is_not_restored_and_the_reason_is_said() -> None:
    page = make_article(slug="first", reviewer=make_clinician())
    first = page.latest
    assert first is not None
    page = saved(page, slug="second")
    page = acts.unpublish(page, by=make_editor())
    make_article(slug="first")
    with pytest.raises(acts.Refused, match="stands at this address"):
        acts.restore(page, first, by=make_editor())
    assert Article.objects.get(pk=page.pk).slug == "second"


# --- Pictures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["cover", "text", "answer"])
def test_a_picture_that_any_revision_shows_cannot_be_deleted_in_the_admin(where: str) -> None:
    image = make_image()
    text = f'<p><img src="/media/{image.file.name}" alt="A room" width="40" height="30"></p>'
    page: Publishable = make_condition(state="draft")
    if where == "cover":
        page = saved(page, cover_id=image.pk, cover_alt="A room")
    elif where == "text":
        page = saved(page, body=text)
    else:
        page.questions.create(question="What is it like?", answer=text)  # type: ignore[attr-defined]
        page = acts.save_draft(page, snapshot(page), by=None, base=None)
    data = newest(page)
    data["fields"] |= {"cover_id": None, "body": "<p>Words alone.</p>"}
    acts.save_draft(page, {**data, "parts": {"questions": []}}, by=None, base=None)
    assert signed_in("superuser").post(admin_url(image, "delete"), {"post": "yes"}).status_code == 403
    assert Image.objects.filter(pk=image.pk).exists()


def test_a_picture_that_no_revision_shows_can_be_deleted() -> None:
    image = make_image()
    assert signed_in("superuser").post(admin_url(image, "delete"), {"post": "yes"}).status_code == 302
    assert not Image.objects.filter(pk=image.pk).exists()
