"""Every kind of public page as readers meet it: both colour schemes, narrow and wide, by keyboard, without scripts."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django import Settings

from .people import People

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ARTICLE = "/articles/chronic-pain-and-depression/"
KINDS = {
    "home": "/",
    "articles": "/articles/",
    "articles about a condition": "/conditions/depression/articles/",
    "article": ARTICLE,
    "conditions": "/conditions/",
    "condition": "/conditions/depression/",
    "standing page": "/safety-and-risks/",
    "about": "/about/",
    "contact": "/contact/",
    "person": "/people/tomas-rivera/",
    "search": "/search/",
    "found": "/search/?q=bladder",
    "nothing found": "/search/?q=zzzz",
    "newsletter": "/newsletter/",
    "no such page": "/there-is-no-such-page/",
}
WIDTHS = (320, 360, 820, 1440, 1920)


def violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{v['id']}: {[node['target'] for node in v['nodes']]}" for v in found]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("address", KINDS.values(), ids=KINDS)
def test_a_page_is_accessible_in_both_schemes_and_fits_every_width(people: People, address: str) -> None:
    if address == KINDS["no such page"]:
        people.expect(404, address)
    page = people.visitor()
    page.goto(address)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert sideways(page) <= 0, width
    page.emulate_media(color_scheme="dark")
    assert violations(page) == [], "dark and wide"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 360, "height": 900})
    assert violations(page) == [], "light and narrow"


def test_wide_letters_and_lines_lose_nothing(people: People) -> None:
    """WCAG 1.4.12: the reader's own spacing."""
    page = people.visitor(viewport={"width": 360, "height": 800}, bypass_csp=True)
    for address in (KINDS["home"], ARTICLE, KINDS["articles"]):
        page.goto(address)
        page.add_style_tag(
            content="* { line-height: 1.5 !important; letter-spacing: .12em !important }"
            "* { word-spacing: .16em !important } p { margin-bottom: 2em !important }"
        )
        assert sideways(page) <= 0, address


def test_the_menu_opens_by_keyboard_without_scripts(people: People) -> None:
    page = people.visitor(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    page.goto("/")
    menu = page.get_by_role("navigation", name="Main")
    assert menu.count() == 0  # closed: not even in the tree that screen readers walk

    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    menu.get_by_role("link", name="Conditions").wait_for()
    page.keyboard.press("Escape")
    menu.wait_for(state="hidden")

    page.get_by_role("button", name="Menu").click()
    menu.get_by_role("link", name="Conditions").click()
    page.get_by_role("heading", level=1, name="Conditions").wait_for()


def test_a_browser_without_popovers_shows_the_menu_open(people: People) -> None:
    page = people.visitor(viewport={"width": 360, "height": 800})

    def of_old(route: Any) -> None:
        answer = route.fetch()
        text = answer.text().replace(":popover-open", ":not-known-yet").replace(" popover ", " ")
        route.fulfill(response=answer, body=text.replace("popovertarget", "data-target"))

    page.route("**/frame.css", of_old)
    page.route("**/conditions/", of_old)
    page.goto("/conditions/")

    assert page.get_by_role("navigation", name="Main").get_by_role("link", name="Articles").is_visible()
    assert not page.get_by_role("button", name="Menu").is_visible()
    assert sideways(page) <= 0


def test_the_first_tab_leads_past_the_frame_and_focus_can_be_seen(people: People) -> None:
    page = people.visitor()
    page.goto(ARTICLE)

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the text")
    assert skip.bounding_box() is not None
    assert (skip.bounding_box() or {"x": -1})["x"] >= 0
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "solid 3px" in outline, page.evaluate("document.activeElement.outerHTML")


def test_leaving_takes_the_page_out_of_the_history(people: People) -> None:
    people.may_leave_for("www.weather.gov")
    page = people.visitor()
    page.goto("/about/")
    page.goto(ARTICLE)

    page.get_by_role("link", name="Leave this page").click()
    page.wait_for_url("https://www.weather.gov/**")
    page.go_back()

    assert page.url.endswith("/about/")


def test_crisis_help_and_the_way_out_stay_in_sight(people: People) -> None:
    page = people.visitor(viewport={"width": 320, "height": 256})  # also a desktop's window at 400 %
    page.goto(ARTICLE)
    page.evaluate("scrollTo(0, 3000)")

    for name in ("text 988", "Leave this page"):
        box = page.get_by_role("link", name=name).first.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 60, name


def test_a_printed_article_carries_its_text_and_nothing_to_press(people: People) -> None:
    page = people.visitor()
    page.goto(ARTICLE)
    page.emulate_media(media="print", color_scheme="dark")

    assert page.locator(".leave, .menu, .contents, .letter, .related, .foot nav").locator("visible=true").count() == 0
    assert page.locator(".key, .risks, .refs, .facts").locator("visible=true").count() == 4
    assert page.evaluate("getComputedStyle(document.querySelector('.text')).color") == "rgb(0, 0, 0)"
    assert page.get_by_text("Newest version:").is_visible()


def test_forced_colours_keep_the_boxes_apart(people: People) -> None:
    page = people.visitor(forced_colors="active")
    page.goto(ARTICLE)

    for box in (".key", ".risks", ".letter"):
        assert page.locator(box).evaluate("e => getComputedStyle(e).borderTopStyle") == "solid", box


def test_the_notice_of_a_closed_site_is_styled_and_accessible(people: People, settings: Settings) -> None:
    settings.MAINTENANCE = True
    people.expect(503, reverse("home"))
    page = people.visitor()
    page.goto("/")

    assert "Newsreader" in page.get_by_role("heading", level=1).evaluate("e => getComputedStyle(e).fontFamily")
    assert violations(page) == []
    assert page.get_by_role("link", name="text 988").is_visible()
