"""The clinic's own facts."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from pages.models import Clinic, Statement
from tests.factories import make_clinic
from tests.reading import tree, words

pytestmark = pytest.mark.django_db


def test_there_is_one_clinic() -> None:
    make_clinic()
    with pytest.raises(IntegrityError, match="clinic_one_row"), transaction.atomic():
        Clinic.objects.bulk_create([Clinic(pk=2)])


def test_a_clinic_is_stored_whatever_numbers_were_used_up_before() -> None:
    with transaction.atomic():
        make_clinic()
        Clinic.objects.all().delete()
    first = Clinic(name="First try")
    first.save()
    Clinic.objects.all().delete()
    Clinic(name="Second try").save()
    assert Clinic.current().name == "Second try"


def test_a_site_without_facts_still_has_neutral_words(client: Client) -> None:
    assert Clinic.current().name == "The clinic"
    assert client.get("/").status_code == 200


def test_every_page_shows_the_crisis_line_and_the_way_out(client: Client) -> None:
    make_clinic(crisis_text="Free, <day> or night.", exit_url="https://www.weather.gov/")
    for address in ("/", "/articles/", "/search/", "/never-was/"):
        page = tree(client.get(address))
        strip = page.xpath("//div[@class='strip']")[0]
        assert "In crisis? Call or text 988" in words(strip)
        assert "Free, <day> or night." in words(strip)
        assert {"tel:988", "sms:988"} <= set(strip.xpath(".//a/@href"))
        (leave,) = strip.xpath(".//a[@class='leave']")
        assert (leave.get("href"), leave.get("rel")) == ("https://www.weather.gov/", "noreferrer")


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "articles/"]
)
def test_a_statement_leads_to_a_page_of_this_site_only(link: str) -> None:
    statement = Statement(clinic=make_clinic(), heading="H", text="T", link=link)
    with pytest.raises(ValidationError) as caught:
        statement.full_clean()
    assert list(caught.value.message_dict) == ["link"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x"])
def test_the_way_out_leads_to_a_web_page(url: str) -> None:
    clinic = make_clinic()
    clinic.exit_url = url
    with pytest.raises(ValidationError) as caught:
        clinic.full_clean()
    assert list(caught.value.message_dict) == ["exit_url"]
