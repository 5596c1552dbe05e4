"""Old addresses keep working."""

from typing import Any

import pytest
from django.contrib.redirects.models import Redirect
from django.test import Client

from tests.factories import MAKERS, make_article, make_condition, make_standing
from tests.reading import is_redirect_to

pytestmark = pytest.mark.django_db
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def moved(page: Any, *slugs: str) -> list[str]:
    """Renames the page, once for each slug, as the admin would; returns every address it had, the last one last."""
    addresses = [page.get_absolute_url()]
    for slug in slugs:
        page = type(page).objects.get(pk=page.pk)
        page.slug = slug
        page.save()
        addresses.append(page.get_absolute_url())
    return addresses


@every_kind
def test_the_old_address_leads_to_the_new_one(client: Client, make: Any) -> None:
    old, new = moved(make(slug="old"), "new")
    assert is_redirect_to(client.get(old), new)
    assert client.get(new).status_code == 200


def test_every_old_address_leads_to_the_newest_in_one_step(client: Client) -> None:
    *old, newest = moved(make_article(slug="one"), "two", "three", "four")
    for address in old:
        assert is_redirect_to(client.get(address), newest)


def test_a_page_that_moves_back_leaves_no_loop(client: Client) -> None:
    first, second, _third = moved(make_article(slug="one"), "two", "one")
    assert client.get(first).status_code == 200
    assert is_redirect_to(client.get(second), first)


def test_two_pages_that_swap_their_addresses_leave_no_loop(client: Client) -> None:
    one, two = make_article(slug="one"), make_article(slug="two")
    moved(one, "between")
    moved(two, "one")
    moved(one, "two")
    for address in ("/articles/one/", "/articles/two/"):
        assert client.get(address).status_code == 200
    assert is_redirect_to(client.get("/articles/between/"), "/articles/two/")
    for redirect in Redirect.objects.all():
        assert not Redirect.objects.filter(old_path=redirect.new_path).exists()


def test_a_page_moved_twice_before_it_is_loaded_again_keeps_every_address(client: Client) -> None:
    page = make_article(slug="one")
    for slug in ("two", "three"):
        page.slug = slug
        page.save()
    for old in ("/articles/one/", "/articles/two/"):
        assert is_redirect_to(client.get(old), "/articles/three/")


def test_what_comes_after_the_question_mark_does_not_stop_a_redirect(client: Client) -> None:
    old, new = moved(make_article(slug="old"), "new")
    assert is_redirect_to(client.get(f"{old}?utm_source=elsewhere"), new)


def test_an_old_address_without_its_last_slash_arrives_too(client: Client) -> None:
    old, new = moved(make_article(slug="old"), "new")
    assert client.get(old.rstrip("/"), follow=True).redirect_chain[-1][0] == new


@pytest.mark.parametrize("state", ["draft", "scheduled"])
def test_a_page_that_nobody_could_see_leaves_no_redirect(state: str) -> None:
    moved(make_article(slug="secret", state=state), "other")
    assert not Redirect.objects.exists()


def test_a_page_that_was_taken_down_and_moved_leads_nobody_astray(client: Client) -> None:
    old, new = moved(make_article(slug="old", state="taken down"), "new")
    assert client.get(old, follow=True).status_code == 404
    page = make_article().__class__.objects.get(slug="new")
    page.publish()
    assert is_redirect_to(client.get(old), new)


def test_a_new_page_takes_an_address_that_another_has_left(client: Client) -> None:
    moved(make_article(slug="old"), "new")
    newcomer = make_article(slug="old", title="A newcomer")
    assert client.get("/articles/old/").context["article"] == newcomer


def test_taking_down_a_page_does_not_bring_back_a_redirect_to_another(client: Client) -> None:
    moved(make_article(slug="old"), "new")
    newcomer = make_article(slug="old", state="draft")
    newcomer.publish()
    newcomer.unpublish()
    assert client.get("/articles/old/").status_code == 404


def test_a_draft_at_an_old_address_does_not_break_the_redirect(client: Client) -> None:
    old, new = moved(make_article(slug="old"), "new")
    make_article(slug="old", state="draft")
    assert is_redirect_to(client.get(old), new)


def test_a_conditions_list_and_feed_move_with_it(client: Client) -> None:
    moved(make_condition(slug="old"), "new")
    assert is_redirect_to(client.get("/conditions/old/articles/"), "/conditions/new/articles/")
    assert is_redirect_to(client.get("/conditions/old/feed/"), "/conditions/new/feed/")


def test_a_redirect_stays_on_this_site(client: Client) -> None:
    old, _new = moved(make_standing(slug="old"), "new")
    assert client.get(old, headers={"host": "testserver"}).headers["Location"] == "/new/"
