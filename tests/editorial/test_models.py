"""People, references, images, safety texts: what they know of themselves."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from editorial.models import Person, Reference, SafetyText, citation_problem
from pages.models import Question
from tests.factories import make_article, make_condition, make_image, make_person, make_reference, make_safety_text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("authors", "short"),
    [
        ("Ferraro MC and others", "Ferraro and others"),
        ("Bair MJ, Robinson RL, Katon W", "Bair and others"),
        ("Woolf CJ", "Woolf"),
        ("van der Berg A, Other B", "van der Berg and others"),
        ("U.S. Food and Drug Administration", "U.S. Food and Drug Administration"),
        ("FDA", "FDA"),
        ("", ""),
    ],
)
def test_a_margin_note_names_the_first_author(authors: str, short: str) -> None:
    assert make_reference(authors=authors).short_authors == short


def test_a_reference_leads_to_its_doi_else_to_its_pmid_else_to_its_address() -> None:
    everything = {"doi": "10.1000/x", "pmid": "123", "url": "https://example.org/a"}
    assert Reference(**everything).link == "https://doi.org/10.1000/x"
    assert Reference(**{**everything, "doi": ""}).link == "https://pubmed.ncbi.nlm.nih.gov/123/"
    assert Reference(url="https://example.org/a").link == "https://example.org/a"
    assert Reference().link == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("doi", "https://doi.org/10.1000/x"),
        ("doi", "10.1000/with space"),
        ("doi", "javascript:alert(1)"),
        ("pmid", "PMID 12"),
        ("url", "javascript:alert(1)"),
        ("key", "with space"),
        ("key", "Ferraro-2025"),  # could never be cited: citations are in small letters
        ("key", "ferraro_2025"),
    ],
)
def test_a_reference_that_nobody_could_follow_or_cite_is_refused(field: str, value: str) -> None:
    reference = make_reference()
    setattr(reference, field, value)
    with pytest.raises(ValidationError) as caught:
        reference.full_clean()
    assert list(caught.value.message_dict) == [field]


@pytest.mark.parametrize("field", ["doi", "pmid"])
def test_the_same_publication_is_entered_once(field: str) -> None:
    make_reference(**{"doi": "", "pmid": "", field: "10.1000/1" if field == "doi" else "77"})
    with pytest.raises(IntegrityError), transaction.atomic():
        make_reference(**{"doi": "", "pmid": "", field: "10.1000/1" if field == "doi" else "77"})
    make_reference(doi="", pmid="")
    make_reference(doi="", pmid="")


def test_an_image_is_described_or_decorative() -> None:
    with pytest.raises(IntegrityError, match="alt_text_or_decorative"), transaction.atomic():
        make_image(alt_text="")
    make_image(alt_text="", is_decorative=True)


def test_there_is_one_safety_text_of_each_kind() -> None:
    make_safety_text(kind="risks")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_safety_text(kind="risks")


def test_a_safety_text_is_cleaned_like_any_other_text() -> None:
    text = make_safety_text(kind=SafetyText.Kind.RISKS, body="<p onclick='x()'>Risks<script>alert(1)</script></p>")
    text.refresh_from_db()
    assert text.body == "<p>Risks</p>"


def test_people_are_listed_in_the_order_that_staff_gave_them() -> None:
    last, first = make_person(order=2), make_person(order=1)
    assert list(type(first).objects.all()) == [first, last]


# --- Citations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "<p>None.</p>", "<p>[@known-2020][@known-2020] and a mail@example.org</p>"])
def test_citations_of_what_the_library_has_are_fine(text: str) -> None:
    make_reference(key="known-2020")
    assert citation_problem(text) == ""


@pytest.mark.parametrize(
    "typed", ["[@Known-2020]", "[@known 2020]", "[@ known-2020]", "[ @known-2020]", "[@known-2020", "[@]"]
)
def test_a_citation_with_a_slip_is_named_and_never_shown_to_readers(typed: str) -> None:
    make_reference(key="known-2020")
    assert f"“{typed}” is no citation" in citation_problem(f"<p>Text {typed}</p>")


def test_unknown_references_are_named_in_the_order_in_which_they_are_cited() -> None:
    make_reference(key="known-2020")
    assert "“b-2021”, “a-2022”," in citation_problem("<p>[@b-2021] [@known-2020]</p>", "<p>[@a-2022] [@b-2021]</p>")


def test_every_text_that_is_rendered_refuses_unknown_references() -> None:
    bad = "<p>[@unknown-2021]</p>"
    rows: list[tuple[Model, str]] = [
        (Person(name="P", slug="p", role="R", biography=bad), "biography"),
        (SafetyText(kind="risks", title="T", body=bad), "body"),
        (Question(condition=make_condition(), question="Q?", answer=bad), "answer"),
        (make_article(state="draft", body=bad), "body"),
    ]
    for row, field in rows:
        with pytest.raises(ValidationError) as caught:
            row.full_clean()
        assert list(caught.value.message_dict) == [field]
