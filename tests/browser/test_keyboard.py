"""By keyboard alone. At every step it shows where one is, and what one is on is covered by nothing."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from blog.models import Article

from .people import People
from .writing import text

MOST_STEPS = 160  # of the Tab key to reach anything on a page

# Where the focus is, whether it shows there, and whether the strip at the top of the window or another thing covers it.
FOCUS = """() => {
    const element = document.activeElement;
    const style = getComputedStyle(element.closest(".select2-selection") ?? element);  // of a list one types into
    const box = element.getClientRects()[0] ?? element.getBoundingClientRect();
    const points = [[.5, .5], [.1, .5], [.9, .5]].map(([x, y]) => [box.left + box.width * x, box.top + box.height * y]);
    const isOn = ([x, y]) => {
        const top = document.elementFromPoint(x, y);
        return top && (element.contains(top) || top.contains(element) && !top.matches(".strip"));
    };
    const label = element.labels?.[0]?.innerText ?? "";
    return {
        tag: element.tagName,
        id: element.id,
        name: (element.innerText || element.getAttribute("aria-label") || label || element.name || "").trim(),
        href: element.getAttribute("href"),
        isOutlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        isOnScreen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        isUncovered: points.some(isOn),
    };
}"""


def focus(page: Page) -> dict[str, str]:
    """What is focused; fails where that can't be seen."""
    found = page.evaluate(FOCUS)
    where = f"{found['tag']} #{found['id']} “{found['name'][:80]}” on {page.url}"
    assert found["isOutlined"], f"nothing shows the focus on {where}"
    assert found["isOnScreen"], f"the focus is out of sight on {where}"
    assert found["isUncovered"], f"something covers {where}"
    return dict(found)


def steps(page: Page, key: str = "Tab") -> Iterator[dict[str, str]]:
    """What one is on, step by step, to the end of the page."""
    seen = set()
    for _step in range(MOST_STEPS):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement === document.body"):
            return  # past the last: the browser's own parts come next
        here = focus(page)
        mark = page.evaluate("document.activeElement.dataset.step ??= String(performance.now())")
        if mark in seen:
            return
        seen.add(mark)
        yield here


def go_to(page: Page, name: str, tag: str = "") -> dict[str, str]:
    page.wait_for_load_state()  # its words may stand there before its style sheets have been read
    passed = []
    for here in steps(page):
        passed.append(here["name"])
        if here["name"] == name and here["tag"] in (tag or here["tag"]):
            return here
    raise AssertionError(f"Tab never reaches “{name}”: {passed}")


@pytest.fixture(params=[1280, 360], ids=["desk", "phone"])
def reader(people: People, request: pytest.FixtureRequest) -> Page:
    return people.visitor(viewport={"width": request.param, "height": 740})


def test_from_the_top_of_the_home_page_to_an_article(reader: Page) -> None:
    reader.goto("/")
    title = Article.objects.published().newest_first()[0].title
    go_to(reader, title)
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("heading", level=1)).to_have_text(title)


def test_the_first_step_skips_to_the_text(reader: Page) -> None:
    reader.goto("/articles/ketamine-and-ect/")
    first = next(steps(reader))
    assert first["name"] == "Skip to the text"
    reader.keyboard.press("Enter")
    next(steps(reader))
    assert reader.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("path", ["/", "/articles/ketamine-and-ect/", "/conditions/depression/"])
def test_every_step_can_be_seen(reader: Page, path: str) -> None:
    reader.goto(path)
    assert len(list(steps(reader))) > 20


def test_every_step_back_can_be_seen(reader: Page) -> None:
    """Backwards things come into sight from below the strip."""
    reader.goto("/articles/ketamine-and-ect/")
    assert [here["name"] for here in steps(reader, "Shift+Tab")][-1] == "Skip to the text"


def test_the_menu_of_a_phone(people: People) -> None:
    phone = people.visitor(viewport={"width": 360, "height": 740})
    phone.goto("/")
    menu = phone.get_by_role("navigation", name="Main")
    go_to(phone, "Menu")
    phone.keyboard.press("Enter")
    expect(menu).to_be_visible()
    assert next(steps(phone))["name"] == "Search this site", "the menu follows its button"
    phone.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(phone.get_by_role("button", name="Menu", exact=True)).to_be_focused()
    phone.keyboard.press("Enter")
    go_to(phone, "Close menu")
    phone.keyboard.press("Enter")
    expect(menu).to_be_hidden()
    expect(phone.get_by_role("button", name="Menu", exact=True)).to_be_focused()
    phone.keyboard.press("Space")
    go_to(phone, "Articles")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Articles")


def test_search(reader: Page) -> None:
    reader.goto("/search/")
    go_to(reader, "Search this site", "INPUT")
    reader.keyboard.type("bladder")
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("status")).to_contain_text("“bladder”")
    go_to(reader, "Your bladder and ketamine: what to watch for")
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Your bladder and ketamine")


def test_the_sign_up_form(people: People, reader: Page) -> None:
    people.expect(422, "/newsletter/")
    reader.goto("/conditions/depression/")
    go_to(reader, "Your e-mail address")
    reader.keyboard.type("sam@example")
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("alert")).to_contain_text("This address looks incomplete.")
    expect(reader.get_by_label("Your e-mail address")).to_be_focused()  # where something is to be mended
    focus(reader)
    reader.keyboard.press("End")
    reader.keyboard.type(".org")
    reader.keyboard.press("Tab")
    assert focus(reader)["name"] == "Send me the letter", "the trap for robots is no stop"
    reader.keyboard.press("Space")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Now look into your mail")


def test_leaving_leads_away_and_the_page_is_not_one_step_back(people: People, reader: Page) -> None:
    people.may_leave_for("www.weather.gov")
    reader.goto("/articles/")
    reader.goto("/articles/ketamine-and-ect/")
    go_to(reader, "Leave this page")
    with reader.expect_request("https://www.weather.gov/") as asked:
        reader.keyboard.press("Enter")
    reader.wait_for_url("https://www.weather.gov/")
    assert "referer" not in asked.value.all_headers()
    reader.go_back()
    assert reader.url == f"{people.site}/articles/"


def test_a_writer_signs_in_and_saves_a_draft(people: People) -> None:
    writer = people.visitor(viewport={"width": 1280, "height": 900})
    people.is_staff(writer)
    writer.goto(reverse("admin:index"))
    assert focus(writer)["id"] == "id_username"
    writer.keyboard.type("writer")
    writer.keyboard.press("Tab")
    writer.keyboard.type(people.passwords["writer"])
    writer.keyboard.press("Enter")
    expect(writer.get_by_role("heading", level=1)).to_have_text("Desk")
    go_to(writer, "Everything that can be edited")
    writer.keyboard.press("Enter")
    while go_to(writer, "Add")["href"] != reverse("admin:blog_article_add"):
        pass
    writer.keyboard.press("Enter")
    text(writer)

    assert focus(writer)["id"] == "id_title", "one begins with the title, not with a button"
    writer.keyboard.type("Typed by hand")
    writer.keyboard.press("Tab")
    assert focus(writer)["id"] == "id_slug"
    writer.keyboard.press("Tab")
    writer.keyboard.type("A summary.")
    writer.keyboard.press("Tab")
    writer.keyboard.type("A point.")
    writer.keyboard.press("Tab")
    writer.keyboard.type("What stands in the text.")
    expect(text(writer)).to_have_text("What stands in the text.")
    writer.keyboard.press("Tab")  # out of the editor
    assert focus(writer)["id"] == "id_shows_risks"
    go_to(writer, "_save")
    writer.keyboard.press("Enter")
    expect(writer.locator(".messagelist")).to_contain_text("is saved as a new revision")
    article = Article.objects.get(slug="typed-by-hand")
    assert (article.title, article.body) == ("Typed by hand", "<p>What stands in the text.</p>")
