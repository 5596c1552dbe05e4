"""Sign-offs: what they are bound to, who may give them, and what readers are told of them."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from editorial import acts, rechecks
from editorial.models import Act, Publication, Reference, SafetyText
from editorial.publishing import Publishable, Stage
from editorial.signoff import current_digest
from pages.models import ConditionPage
from tests.editorial.acting import approved, digest_to_sign, make_editor, make_reviewer, person_of, saved
from tests.factories import (
    make_article,
    make_clinician,
    make_condition,
    make_image,
    make_person,
    make_reference,
    make_safety_text,
    make_standing,
    make_user,
    make_writer,
)
from tests.reading import form_data
from tests.staff import admin_url, signed_in

pytestmark = pytest.mark.django_db
BODY = '<h2>What it is</h2><p>Words[@smith-2020] and <a href="/privacy/">a link</a>.</p><p>More.</p>'


# --- What the hash is bound to --------------------------------------------------------------------------------------


@pytest.fixture
def page() -> ConditionPage:
    make_reference(key="smith-2020")
    make_safety_text(kind="risks")
    make_safety_text(kind="crisis-help")
    made = make_condition(body=BODY, questions=[("Is it safe?", "<p>For many.</p>"), ("Costly?", "<p>Yes.</p>")])
    made.key_points = "It may help.\nIt may not."
    made.save()
    return made


def digest_after(page: ConditionPage, change: Callable[[ConditionPage], object]) -> str:
    change(page)
    page.save()
    return current_digest(ConditionPage.objects.get(pk=page.pk))


def sets(**fields: Any) -> Callable[[Any], None]:
    def change(row: Any) -> None:
        for name, value in fields.items():
            setattr(row, name, value)

    return change


def body(old: str, new: str) -> Callable[[ConditionPage], None]:
    def change(page: ConditionPage) -> None:
        assert old in page.body
        page.body = page.body.replace(old, new)

    return change


def reference(**fields: Any) -> Callable[[Any], object]:
    return lambda _page: Reference.objects.update(**fields)


PICTURE = '<p><img src="/media/images/a.png" alt="{}" width="4" height="3"></p>'
CLINICAL: dict[str, Callable[[Any], object]] = {
    "title": sets(title="Other"),
    "summary": sets(summary="Other."),
    "key points": sets(key_points="It helps."),
    "their order": sets(key_points="It may not.\nIt may help."),
    "a word of the text": body("More", "Less"),
    "a link's address": body("/privacy/", "/contact/"),
    "a picture": body("<p>More.</p>", PICTURE.format("A room")),
    "emphasis": body("More", "<strong>More</strong>"),
    "a heading made a paragraph": body("h2", "p"),
    "one paragraph made two": body("<p>More.</p>", "<p>More</p><p>.</p>"),
    "a citation taken out": body("[@smith-2020]", ""),
    "evidence": sets(evidence_summary="Much is known."),
    "the risk block taken out": sets(shows_risks=False),
    "an answer": lambda page: page.questions.filter(order=0).update(answer="<p>For few.</p>"),
    "a question": lambda page: page.questions.filter(order=0).update(question="Is it not?"),
    "the order of answers": lambda page: page.questions.filter(order=0).update(order=9),
    "a reference's title": reference(title="Other"),
    "a reference's authors": reference(authors="Other A"),
    "a reference's year": reference(year=1999),
    "a reference's DOI": reference(doi="10.1000/other"),
    "a reference's design": reference(design="animal"),
    "a reference's margin note": reference(note="Mice."),
    "the risk text": lambda _page: SafetyText.objects.filter(kind="risks").update(body="<p>Other.</p>"),
    "crisis help": lambda _page: SafetyText.objects.filter(kind="crisis-help").update(body="<p>Other.</p>"),
    "a new disclaimer": lambda _page: make_safety_text(kind="site-disclaimer"),
}


@pytest.mark.parametrize("change", CLINICAL)
def test_the_hash_changes_with_what_readers_are_told(page: ConditionPage, change: str) -> None:
    before = current_digest(page)
    assert digest_after(page, CLINICAL[change]) != before


def test_the_hash_changes_with_a_pictures_description_and_the_cover(page: ConditionPage) -> None:
    seen = {current_digest(page)}
    image = make_image()
    for fields in (
        {"body": PICTURE.format("A room")},
        {"body": PICTURE.format("A mouse")},
        {"cover": image, "cover_alt": "A room"},
        {"cover_alt": "A mouse"},
    ):
        digest = digest_after(page, sets(**fields))
        assert digest not in seen, fields
        seen.add(digest)


DRESS: dict[str, Callable[[Any], object]] = {
    "place in the menu": sets(order=9, in_menu=False),
    "search description": sets(search_description="Other"),
    "address": sets(slug="elsewhere"),
    "author": lambda page: setattr(page, "author", make_person()),
    "a heading's id": body('id="what-it-is"', 'id="other"'),
    "white space": body("</p>\n<p>", "</p>\n\n\n<p>"),
    "a reference that is not cited": lambda _page: make_reference(key="other-1999"),
    "a safety text that is not shown": lambda _page: make_safety_text(kind="drug-status"),
}


@pytest.mark.parametrize("change", DRESS)
def test_the_hash_stays_where_readers_are_told_the_same(page: ConditionPage, change: str) -> None:
    before = current_digest(page)
    assert digest_after(page, DRESS[change]) == before


# --- Who may sign ---------------------------------------------------------------------------------------------------


def in_review(*, by: Any = None, page: Publishable | None = None, **fields: Any) -> Any:
    page = saved(page or make_article(state="draft"), by=by, **fields)
    return acts.ask_for_review(page, by=None)


def refused(page: Publishable, by: User, words: str) -> None:
    before = type(page).objects.values().get(pk=page.pk)
    with pytest.raises(acts.Refused, match=words):
        acts.approve(page, by=by, seen=digest_to_sign(page))
    assert type(page).objects.values().get(pk=page.pk) == before


def test_a_clinical_sign_off_keeps_the_words_the_day_and_the_credential_as_it_was() -> None:
    reviewer = make_reviewer()
    page = approved(in_review(), by=reviewer)
    signed = page.approval
    assert (signed.kind, signed.person, signed.signed_by) == ("clinical", person_of(reviewer), reviewer)
    assert signed.reviewed_on == timezone.localdate()
    assert signed.credential["number"] == "X-1"
    person_of(reviewer).credentials.update(number="Y-2")
    signed.refresh_from_db()
    assert signed.credential["number"] == "X-1"


def test_whoever_saved_a_revision_since_the_last_sign_off_cannot_sign() -> None:
    writer_too = make_reviewer()
    page = in_review(by=writer_too, title="My words")
    page = saved(page, by=make_editor(), title="And somebody else's")
    refused(acts.ask_for_review(page, by=None), writer_too, "written part")


def test_whose_words_somebody_else_has_signed_can_sign_the_next_change() -> None:
    writer_too = make_reviewer()
    page = approved(in_review(by=writer_too, title="My words"), by=make_reviewer())
    page = saved(page, by=make_editor(), title="A change by another")
    assert approved(page, by=writer_too).stage == Stage.APPROVED


def test_whose_words_were_restored_by_another_cannot_sign_them() -> None:
    writer_too, editor = make_reviewer(), make_editor()
    page = in_review(by=writer_too, title="My words, never signed")
    mine = page.latest
    page = approved(saved(page, by=editor, title="Other words"), by=make_reviewer())
    page = acts.ask_for_review(acts.restore(page, mine, by=editor), by=None)
    refused(page, writer_too, "written part")


def test_the_author_named_on_the_page_cannot_sign() -> None:
    reviewer = make_reviewer()
    refused(in_review(by=make_editor(), author_id=person_of(reviewer).pk), reviewer, "written part")


def test_who_signed_cannot_be_named_as_author_afterwards() -> None:
    reviewer = make_reviewer()
    page = saved(approved(in_review(), by=reviewer), author_id=person_of(reviewer).pk)
    assert (page.stage, page.approval) == (Stage.DRAFT, None)


@pytest.mark.parametrize(
    ("register", "words"),
    [
        ("no credential", "no valid credential"),
        ("expired", "no valid credential"),
        ("no clinician", "Only a clinician"),
        ("not in the register", "Only a clinician"),
    ],
)
def test_who_holds_no_valid_credential_cannot_sign(register: str, words: str) -> None:
    reviewer = make_reviewer()
    person = person_of(reviewer)
    if register == "no credential":
        person.credentials.all().delete()
    elif register == "expired":
        person.credentials.update(expires_on=timezone.localdate() - timedelta(days=1))
    elif register == "no clinician":
        person.is_clinician = False
        person.save()
    else:
        person.delete()
    reviewer = User.objects.get(pk=reviewer.pk)
    refused(in_review(), reviewer, words)


def test_a_credential_holds_through_its_last_day() -> None:
    reviewer = make_reviewer()
    person_of(reviewer).credentials.update(expires_on=timezone.localdate())
    assert approved(in_review(), by=reviewer).stage == Stage.APPROVED


@pytest.mark.parametrize("make", [make_editor, make_writer, lambda: make_user(group="newsletter manager")])
def test_accounts_without_the_right_to_review_cannot_sign_clinically(make: Callable[[], User]) -> None:
    page = in_review()
    with pytest.raises(PermissionDenied):
        acts.approve(page, by=make(), seen=digest_to_sign(page))


def test_other_words_than_those_that_were_read_are_never_signed() -> None:
    reviewer = make_reviewer()
    page = in_review()
    read = digest_to_sign(page)
    page = in_review(page=page, title="Changed while it was read")
    with pytest.raises(acts.Refused, match="has changed since you opened"):
        acts.approve(page, by=reviewer, seen=read)
    assert not page.approval


def test_a_safety_text_that_changed_while_it_was_read_counts_too() -> None:
    text = make_safety_text(kind="risks")
    page = in_review()
    read = digest_to_sign(page)
    text.body = "<p>Other.</p>"
    text.save()
    with pytest.raises(acts.Refused, match="has changed since you opened"):
        acts.approve(page, by=make_reviewer(), seen=read)


def test_an_open_remark_keeps_a_page_from_being_signed_until_it_is_resolved() -> None:
    reviewer = make_reviewer()
    page = in_review()
    mark = acts.remark(page, by=make_reviewer(), text="Who says so?")
    refused(page, reviewer, "still open")
    acts.resolve(mark, by=make_editor(), answer="Cited now.")
    assert approved(page, by=reviewer).stage == Stage.APPROVED


# --- What stays of an approval --------------------------------------------------------------------------------------


def test_an_approval_outlives_a_change_that_tells_readers_nothing_and_no_other() -> None:
    page = approved(in_review(page=make_standing(state="draft")), by=make_reviewer())
    page = saved(page, order=7, search_description="Found")
    assert (page.stage, bool(page.approval)) == (Stage.APPROVED, True)
    page = saved(page, summary="Other.")
    assert (page.stage, page.approval) == (Stage.DRAFT, None)


def test_a_page_that_says_nothing_about_treatment_needs_no_clinician() -> None:
    editor = make_editor()
    page = approved(in_review(page=make_standing(state="draft"), is_clinical=False), by=editor)
    assert page.approval.kind == "editorial"
    page = acts.publish(page, by=editor, change="first")
    assert page.reviewer is None
    answer = Client().get(page.get_absolute_url())
    assert answer.status_code == 200
    assert "Clinically reviewed by" not in answer.content.decode()


def test_a_page_that_comes_to_speak_about_treatment_needs_a_clinician_though_no_word_changed() -> None:
    editor = make_editor()
    page = approved(in_review(page=make_standing(state="draft"), is_clinical=False), by=editor)
    page = saved(page, is_clinical=True)
    assert (page.stage, page.approval) == (Stage.DRAFT, None)
    with pytest.raises(acts.Refused):
        acts.publish(page, by=editor, change="first")


def test_an_editors_sign_off_does_not_let_a_clinician_sign_their_own_words() -> None:
    writer_too = make_reviewer()
    page = in_review(page=make_standing(state="draft"), by=writer_too, is_clinical=False)
    page = saved(approved(page, by=make_editor()), by=make_editor(), is_clinical=True)
    refused(acts.ask_for_review(page, by=None), writer_too, "written part")


# --- Minor differences ----------------------------------------------------------------------------------------------


def reviewed_in_march(**fields: Any) -> Any:
    return make_article(reviewer=make_clinician(name="Dr. March"), reviewed_on=date(2026, 3, 4), **fields)


def test_a_difference_called_minor_carries_the_day_of_review() -> None:
    page = saved(reviewed_in_march(), by=make_editor(), title="One comma, moved")
    page = acts.call_minor(page, by=make_reviewer(), seen=digest_to_sign(page))
    assert page.stage == Stage.APPROVED
    assert page.approval is not None
    assert page.approval.carried_from == page.sign_off
    assert page.approval.reviewed_on == date(2026, 3, 4)
    page = acts.publish(page, by=make_editor(), change="minor")
    assert page.reviewed_on == date(2026, 3, 4)
    assert page.review_due_on == date(2027, 3, 4)


def test_minor_is_said_by_whoever_could_have_signed_and_of_words_that_were_read() -> None:
    page = saved(reviewed_in_march(), by=make_editor(), title="One comma, moved")
    read = digest_to_sign(page)
    with pytest.raises(PermissionDenied):
        acts.call_minor(page, by=make_editor(), seen=read)
    writer_too = make_reviewer()
    page = saved(page, by=writer_too, title="And a word")
    with pytest.raises(acts.Refused, match="has changed since you opened"):
        acts.call_minor(page, by=make_reviewer(), seen=read)
    with pytest.raises(acts.Refused, match="written part"):
        acts.call_minor(page, by=writer_too, seen=digest_to_sign(page))


def test_a_page_that_no_clinician_has_read_has_no_minor_difference() -> None:
    page = approved(in_review(page=make_standing(state="draft"), is_clinical=False), by=make_editor())
    page = saved(page, by=make_editor(), is_clinical=True, title="Another")
    with pytest.raises(acts.Refused, match="never signed off"):
        acts.call_minor(page, by=make_reviewer(), seen=digest_to_sign(page))


# --- What readers are told ------------------------------------------------------------------------------------------


def told(page: Publishable) -> bool:
    answer = Client().get(page.get_absolute_url())
    assert answer.status_code == 200
    return "Clinically reviewed by" in answer.content.decode()


def change_in_admin(row: Reference | SafetyText, **fields: str) -> None:
    browser = signed_in("superuser")
    url = admin_url(row, "change")
    assert browser.post(url, {**form_data(browser.get(url)), **fields}).status_code == 302


@pytest.mark.parametrize("what", ["reference", "safety text"])
def test_a_change_of_what_surrounds_a_page_ends_its_sign_off_and_the_old_words_bring_it_back(what: str) -> None:
    row: Any = make_reference(key="smith-2020", note="In people.")
    field, old = "note", "In people."
    if what == "safety text":
        row, field, old = make_safety_text(kind="risks", body="<p>In people.</p>"), "body", "<p>In people.</p>"
    page = make_article(body="<p>So they found.[@smith-2020]</p>", reviewer=make_clinician())
    assert told(page)
    change_in_admin(row, **{field: "<p>In mice.</p>" if field == "body" else "In mice."})
    assert not told(page), "at once, before a worker has looked"
    assert rechecks.run() == 1
    page.refresh_from_db()
    lapsed, kept = Act.objects.of(page).first(), Publication.objects.of(page).first()
    assert lapsed.kind == Act.Kind.LAPSED
    assert "changed" in lapsed.sentence
    assert (kept.cause, kept.sign_off) == ("surroundings", None)
    assert "In mice." in kept.html
    assert "Clinically reviewed by" not in kept.html
    assert (page.reviewer, page.reviewed_on) == (None, None)
    change_in_admin(row, **{field: old})
    assert told(page)
    assert rechecks.run() == 1
    page.refresh_from_db()
    assert Act.objects.of(page).first().kind == Act.Kind.HOLDS_AGAIN
    again = Publication.objects.of(page).first()
    assert again.sign_off == page.sign_off
    assert "Clinically reviewed by" in again.html
    assert page.reviewed_on is not None
    assert Publication.objects.of(page).count() == 3
    assert rechecks.run() == 0


def test_pages_that_do_not_cite_a_reference_are_left_alone() -> None:
    row = make_reference(key="smith-2020")
    make_reference(key="smith-2020b")
    page = make_article(body="<p>So they found.[@smith-2020b]</p>", reviewer=make_clinician())
    change_in_admin(row, note="In mice.")
    assert rechecks.run() == 0
    assert told(page)


def test_a_lapsed_sign_off_is_carried_over_the_change_of_a_safety_text() -> None:
    row = make_safety_text(kind="risks")
    page = reviewed_in_march()
    change_in_admin(row, body="<p>Other.</p>")
    rechecks.run()
    page.refresh_from_db()
    page = acts.call_minor(page, by=make_reviewer(), seen=current_digest(page), live=True)
    assert page.reviewed_on == date(2026, 3, 4)
    assert told(page)
    assert Publication.objects.of(page).first().sign_off == page.sign_off
    assert page.sign_off is not None


def test_a_page_is_not_published_where_a_reference_changed_after_the_sign_off() -> None:
    row = make_reference(key="smith-2020")
    page = approved(in_review(body="<p>So they found.[@smith-2020]</p>"), by=make_reviewer())
    change_in_admin(row, note="In mice.")
    with pytest.raises(acts.Refused, match="not for these words"):
        acts.publish(page, by=make_editor(), change="first")
    page.refresh_from_db()
    assert not page.is_published
