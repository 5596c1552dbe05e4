"""Old addresses keep working."""

from typing import Any

import pytest
from django.contrib.redirects.models import Redirect
from django.test import Client

from editorial import acts
from editorial.revisions import snapshot
from tests.factories import (
    MAKERS,
    make_article,
    make_clinician,
    make_condition,
    make_credential,
    make_standing,
)
from tests.reading import is_redirect_to
from tests.staff import admin_url, signed_in, typed

pytestmark = pytest.mark.django_db
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def moved(page: Any, *slugs: str) -> list[str]:
    """Moves the page, once for each slug, as staff do; returns every address it had, the last one last."""
    addresses = [page.get_absolute_url()]
    for slug in slugs:
        page = saved_at(page, slug)
        if page.is_published:
            page = published(page)
        addresses.append(page.get_absolute_url())
    return addresses


def saved_at(page: Any, slug: str) -> Any:
    """With the other address in its newest revision; readers of a public page still find it at the old one."""
    data = snapshot(page)
    data["fields"]["slug"] = slug
    return acts.save_draft(page, data, by=None, base=None)


def published(page: Any) -> Any:
    """Its newest revision, signed off, for readers to see."""
    clinician = make_clinician()
    make_credential(person=clinician)
    if page.approval is None:
        page = acts.ask_for_review(page, by=None)
        page = acts.approve(page, by=None, person=clinician, seen=page.latest.digest)
    return acts.publish(page, by=None, change="minor")


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


def test_a_page_that_nobody_could_see_leaves_no_redirect() -> None:
    moved(make_article(slug="secret", state="draft"), "other")
    assert not Redirect.objects.exists()


@every_kind
def test_a_public_page_moves_when_its_new_address_is_published_and_not_before(client: Client, make: Any) -> None:
    page = make(slug="old")
    old = page.get_absolute_url()
    page = saved_at(page, "new")
    assert client.get(old).status_code == 200
    assert not Redirect.objects.exists()
    new = published(page).get_absolute_url()
    assert new != old
    assert is_redirect_to(client.get(old), new)


def test_looking_at_a_revision_with_another_address_moves_nothing(client: Client) -> None:
    page = saved_at(make_article(slug="old"), "new")
    staff = signed_in("superuser")
    for name in ("change", "preview", "status", "compare", "ask"):
        assert staff.get(admin_url(page, name)).status_code == 200
    assert staff.post(admin_url(page, "preview"), typed(page, slug="third")).status_code == 200
    assert not Redirect.objects.exists()
    assert client.get("/articles/old/").status_code == 200
    for nowhere in ("/articles/new/", "/articles/third/"):
        assert client.get(nowhere).status_code == 404


def test_a_page_that_was_taken_down_and_moved_leads_nobody_astray(client: Client) -> None:
    page = make_article(slug="old", state="taken down")
    old, new = moved(page, "new")
    assert client.get(old, follow=True).status_code == 404
    page.refresh_from_db()
    published(page)
    assert is_redirect_to(client.get(old), new)


def test_a_new_page_takes_an_address_that_another_has_left(client: Client) -> None:
    moved(make_article(slug="old"), "new")
    newcomer = make_article(slug="old", title="A newcomer")
    assert client.get("/articles/old/").context["article"] == newcomer


def test_taking_down_a_page_does_not_bring_back_a_redirect_to_another(client: Client) -> None:
    moved(make_article(slug="old"), "new")
    newcomer = published(saved_at(make_article(slug="old", state="draft"), "old"))
    assert client.get("/articles/old/").status_code == 200
    acts.unpublish(newcomer, by=None)
    assert client.get("/articles/old/").status_code == 404


# --- Where readers of a page that was taken down are led ------------------------------------------------------------


@every_kind
def test_a_page_that_was_taken_down_leads_where_staff_said(client: Client, make: Any) -> None:
    page, target = acts.adopt(make(slug="old")), make_article(slug="instead").get_absolute_url()
    old = page.get_absolute_url()
    acts.unpublish(page, by=None, redirect_to=target)
    assert is_redirect_to(client.get(old), target)


def test_it_leads_there_while_its_next_text_is_written_and_until_it_is_public_again(client: Client) -> None:
    page, target = acts.adopt(make_article(slug="old")), make_article(slug="instead").get_absolute_url()
    page = acts.unpublish(page, by=None, redirect_to=target)
    page = saved_at(page, "old")
    assert is_redirect_to(client.get("/articles/old/"), target)
    published(page)
    assert client.get("/articles/old/").status_code == 200


def test_it_leads_there_also_when_its_next_text_gets_another_address(client: Client) -> None:
    page, target = acts.adopt(make_article(slug="old")), make_article(slug="instead").get_absolute_url()
    page = saved_at(acts.unpublish(page, by=None, redirect_to=target), "new")
    assert is_redirect_to(client.get("/articles/old/"), target)
    saved_at(page, "old")
    assert is_redirect_to(client.get("/articles/old/"), target)


def test_a_page_that_was_deleted_leads_where_staff_said(client: Client) -> None:
    page, target = acts.adopt(make_article(slug="old")), make_article(slug="instead").get_absolute_url()
    acts.delete(page, by=None, redirect_to=target)
    assert is_redirect_to(client.get("/articles/old/"), target)


@pytest.mark.parametrize(
    "target", ["/articles/old/", "//elsewhere.org/", "https://elsewhere.org/", "articles", "/a b/"]
)
def test_nobody_is_led_in_circles_or_off_the_site(client: Client, target: str) -> None:
    page = acts.adopt(make_article(slug="old"))
    for act in (acts.unpublish, acts.delete):
        with pytest.raises(acts.Refused, match=r"leads back|beginning with"):
            act(page, by=None, redirect_to=target)
    assert client.get("/articles/old/").status_code == 200
    assert not Redirect.objects.exists()


def test_a_taken_down_page_that_moves_back_leaves_no_loop(client: Client) -> None:
    for address in moved(make_article(slug="one", state="taken down"), "two", "one", "two", "one"):
        assert client.get(address, follow=True).status_code == 404


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
