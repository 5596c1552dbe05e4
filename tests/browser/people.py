"""Who uses the site in these tests: visitors and staff, each with a browser of their own that is watched all the way.

Whatever a journey is about, at its end nobody has seen a script fail, a request fail or a request to another host, and
no visitor has been given a cookie or anything else that stays.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, WebError

GOES_ON_TOO_SOON = "net::ERR_ABORTED"  # the person left the page while something of it was still being fetched
ANSWER_SAID_AGAIN = "Failed to load resource: the server responded"  # in the console; the answer itself is looked at


@dataclass
class People:
    browser: Browser
    site: str
    passwords: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)
    _visitors: list[BrowserContext] = field(default_factory=list)
    _expected: list[tuple[int, str]] = field(default_factory=list)
    _hosts: set[str] = field(default_factory=set)

    def visitor(self, **options: Any) -> Page:
        """A tab of somebody who was never here. Relative addresses are the site's."""
        page = self._open(**options)
        self._visitors.append(page.context)
        return page

    def staff(self, name: str, **options: Any) -> Page:
        """A tab of one of the demonstration's staff, signed in, on the desk."""
        page = self._open(**options)
        page.goto(reverse("admin:index"))
        self.sign_in(page, name)
        return page

    def sign_in(self, page: Page, name: str) -> None:
        """On the sign-in page at hand."""
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(self.passwords[name])
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", level=1).wait_for()

    def is_staff(self, page: Page) -> None:
        """That a visitor goes to the admin, which sets cookies (for its own address alone)."""
        self._visitors.remove(page.context)

    def expect(self, status: int, path: str) -> None:
        """That an answer is meant to be an error."""
        self._expected.append((status, path))

    def may_leave_for(self, host: str) -> None:
        """That a link leads to another host, by the person's own doing; it answers with an empty page."""
        self._hosts.add(host)

    def look_back(self) -> None:
        """Fails where anything went wrong that nobody may have looked at."""
        for context in self._visitors:
            kept = context.storage_state()
            if kept["cookies"] or kept["origins"]:
                self.problems.append(f"a visitor was left with {kept}")
        for context in self._contexts:
            context.close()
        assert not self.problems, "\n".join(self.problems)

    def _open(self, **options: Any) -> Page:
        context = self.browser.new_context(base_url=self.site, locale="en-US", **options)
        context.set_default_timeout(15_000)
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("console", self._said)
        context.on("weberror", self._broke)
        context.route(lambda address: urlsplit(address).hostname in self._hosts, lambda route: route.fulfill(body=""))
        self._contexts.append(context)
        return context.new_page()

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        is_ours = f"{parts.scheme}://{parts.netloc}" == self.site
        if not is_ours and parts.scheme not in ("data", "blob", "about") and parts.hostname not in self._hosts:
            self.problems.append(f"a request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != GOES_ON_TOO_SOON:
            self.problems.append(f"a request failed: {request.url} ({request.failure})")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and (response.status, urlsplit(response.url).path) not in self._expected:
            self.problems.append(f"answered with {response.status}: {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(ANSWER_SAID_AGAIN):
            self.problems.append(f"in the console: {message.text}")

    def _broke(self, error: WebError) -> None:
        self.problems.append(f"a script broke: {error.error}")
