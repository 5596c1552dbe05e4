"""What stands under “Read next”."""

import pytest
from django.utils import timezone

from tests.factories import SEEN, UNSEEN, make_article, make_condition

pytestmark = pytest.mark.django_db


def test_what_staff_chose_comes_first() -> None:
    condition = make_condition()
    alike = make_article(conditions=[condition])
    chosen = [make_article(), make_article()]
    article = make_article(conditions=[condition], related=chosen)
    found = article.read_next()
    assert set(found[:2]) == set(chosen)
    assert found[2] == alike


def test_then_come_those_that_share_most_conditions() -> None:
    one, two = make_condition(), make_condition()
    nothing, half, all_ = make_article(), make_article(conditions=[one]), make_article(conditions=[one, two])
    article = make_article(conditions=[one, two])
    assert article.read_next() == [all_, half, nothing]


def test_then_come_those_that_are_most_alike_in_words() -> None:
    bladder = make_article(title="Ketamine and your bladder", summary="Bladder pain, urgency and cystitis.")
    make_article(title="Moral injury", summary="Guilt after service.")
    make_article(title="Panic attacks", summary="Fear that peaks.")
    article = make_article(title="When the bladder hurts:", summary="Urgency, bladder; and (pain).")
    assert article.read_next()[0] == bladder


def test_words_are_compared_without_the_marks_beside_them() -> None:
    cystitis = make_article(title="About", summary="Cystitis.")
    for _number in range(3):
        make_article(title="About", summary="Other.")
    article = make_article(title="“Cystitis”, explained", summary="x")
    assert article.read_next()[0] == cystitis


def test_an_article_is_never_related_to_itself() -> None:
    article = make_article()
    article.related.add(article)
    other = make_article()
    assert article.read_next() == [other]


@pytest.mark.parametrize("state", UNSEEN)
def test_nothing_that_readers_may_not_see_is_related(state: str) -> None:
    condition = make_condition()
    hidden = make_article(conditions=[condition], state=state)
    article = make_article(conditions=[condition], related=[hidden])
    assert article.read_next() == []


@pytest.mark.parametrize("state", SEEN)
def test_what_readers_may_see_is_related(state: str) -> None:
    other = make_article(state=state)
    assert make_article(related=[other]).read_next() == [other]


def test_there_are_three_and_none_twice() -> None:
    others = [make_article() for _number in range(6)]
    for number in range(6):
        found = make_article(related=others[:number]).read_next()
        assert len(found) == len(set(found)) == 3


@pytest.mark.parametrize("title", ["The and of", "!?&|", "'; drop table", "Ω≈ç", "1234", "a:* & b"])
def test_any_title_can_be_compared(title: str) -> None:
    other = make_article()
    assert make_article(title=title, summary=title).read_next() == [other]


def test_a_draft_knows_what_would_be_related_for_its_preview() -> None:
    other = make_article()
    assert make_article(state="draft").read_next() == [other]
    assert other.published_at is not None
    assert other.published_at <= timezone.now()
