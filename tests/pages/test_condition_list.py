"""The list of conditions."""

import pytest
from django.test import Client

from tests.counting import queries_of
from tests.factories import SEEN, STATES, make_clinic, make_condition
from tests.reading import links, texts

pytestmark = pytest.mark.django_db


def test_it_lists_what_readers_may_see_in_the_order_that_staff_gave(client: Client) -> None:
    conditions = {state: make_condition(state=state, order=9 - n) for n, state in enumerate(STATES)}
    response = client.get("/conditions/")
    assert texts(response, "//main//ol/li//h2") == [conditions[state].name for state in reversed(SEEN)]
    assert links(response, "//main//ol") == [conditions[state].get_absolute_url() for state in reversed(SEEN)]


def test_a_condition_outside_the_menus_is_listed_here_all_the_same(client: Client) -> None:
    condition = make_condition(in_menu=False)
    assert condition.get_absolute_url() in links(client.get("/conditions/"))
    assert condition.get_absolute_url() not in links(client.get("/conditions/"), "//footer")


def test_an_entry_says_how_much_is_known(client: Client) -> None:
    make_condition(evidence_label="Most studied.", evidence_summary="Two small trials <b>only</b>.")
    assert "Most studied. Two small trials <b>only</b>." in texts(client.get("/conditions/"), "//main//ol/li")[0]


def test_an_empty_list_says_so(client: Client) -> None:
    assert texts(client.get("/conditions/"), "//main//p[@class='none']")


def test_more_conditions_take_no_more_queries(client: Client) -> None:
    make_clinic()
    make_condition()
    few = queries_of(client, "/conditions/")
    for _number in range(4):
        make_condition()
    assert queries_of(client, "/conditions/") == few
