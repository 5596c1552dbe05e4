"""A reference that texts cite can't be taken from under them."""

import pytest
from django.urls import reverse

from editorial.models import Reference
from tests.factories import make_article, make_condition, make_reference, make_safety_text
from tests.staff import admin_url, signed_in

pytestmark = pytest.mark.django_db


def delete(reference: Reference) -> int:
    return signed_in("superuser").post(admin_url(reference, "delete"), {"post": "yes"}).status_code


def test_a_reference_that_nothing_cites_can_be_deleted() -> None:
    reference = make_reference(key="smith-2020")
    make_reference(key="smith-2020b")
    make_article(body="<p>So they found.[@smith-2020b]</p>")
    assert delete(reference) == 302
    assert not Reference.objects.filter(pk=reference.pk).exists()


@pytest.mark.parametrize("where", ["article", "draft", "answer", "safety text"])
def test_a_reference_that_a_text_cites_cannot_be_deleted(where: str) -> None:
    reference = make_reference(key="smith-2020")
    text = "<p>So they found.[@smith-2020]</p>"
    if where == "article":
        make_article(body=text)
    elif where == "draft":
        make_article(body=text, state="draft")
    elif where == "answer":
        make_condition().questions.create(question="Is it so?", answer=text)
    else:
        make_safety_text(kind="risks", body=text)
    assert delete(reference) == 403
    assert Reference.objects.filter(pk=reference.pk).exists()


def test_cited_references_cannot_be_deleted_from_the_list() -> None:
    reference = make_reference(key="smith-2020")
    make_article(body="<p>So they found.[@smith-2020]</p>")
    asked = {"action": "delete_selected", "_selected_action": [reference.pk], "post": "yes"}
    signed_in("superuser").post(reverse("admin:editorial_reference_changelist"), asked)
    assert Reference.objects.filter(pk=reference.pk).exists()


def test_the_key_of_a_stored_reference_stays_whatever_is_sent() -> None:
    reference = make_reference(key="smith-2020", title="Before")
    fields = ("authors", "source", "year", "doi", "pmid", "url", "kind", "design", "note")
    sent = {name: getattr(reference, name) for name in fields} | {"key": "other-2020", "title": "After"}
    assert signed_in("superuser").post(admin_url(reference, "change"), sent).status_code == 302
    reference.refresh_from_db()
    assert (reference.key, reference.title) == ("smith-2020", "After")
