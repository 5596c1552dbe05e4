"""A real Chromium: this machine's, else one that Playwright brings. Where none can be had, it is said loudly."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from clinic_site.demo.load import staff_accounts
from tests.newsletter.conftest import post_office  # noqa: F401 - a fixture of both

from .demo import put_demo
from .people import People

HERE = Path(__file__).parent
REQUIRED = bool(os.environ.get("CI") or os.environ.get("BROWSER_REQUIRED"))
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # no other host is ever found
    "--font-render-hinting=none",
)
missing: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if missing:
        terminalreporter.section("NO BROWSER", sep="!", red=True, bold=True)
        terminalreporter.line(missing[0])


def chromium(playwright: Playwright) -> str | None:
    """Where a Chromium is; None where there is none and none could be fetched."""
    named = [os.environ.get("CHROMIUM", "")]
    found = [shutil.which(name) or "" for name in NAMES]
    own = playwright.chromium.executable_path
    for path in [*named, *found, *MAC, own]:
        if path and Path(path).is_file():
            return path
    print("No Chromium on this machine: Playwright fetches one …", file=sys.stderr)
    fetched = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return own if fetched.returncode == 0 and Path(own).is_file() else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            missing.append(
                "The browser tests did NOT run: no Chromium was found and none could be fetched. Install Chromium or "
                "Chrome, or name one: CHROMIUM=/path/to/chromium make test"
            )
            (pytest.fail if REQUIRED else pytest.skip)(missing[0])
        as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *as_root])
        yield running
        running.close()


@pytest.fixture
def live_site(live_server: LiveServer, settings: Settings) -> str:
    """The address of the whole site, really running, static files included; no slash at the end."""
    settings.SITE_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def context(browser: Browser, live_site: str) -> Iterator[BrowserContext]:
    """A visitor who was never here; `context.new_page()` opens a tab, relative addresses are the site's."""
    with browser.new_context(base_url=live_site, locale="en-US") as fresh:
        fresh.set_default_timeout(10_000)
        yield fresh


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def demo_uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demonstration's pictures are, as long as its content is put back from a copy."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture
def people(
    browser: Browser, live_site: str, transactional_db: None, settings: Settings, demo_uploads: Path
) -> Iterator[People]:
    """Visitors and staff on the site with its demonstration content; watched, see `people.py`."""
    settings.MEDIA_ROOT = demo_uploads
    put_demo()
    everybody = People(browser, live_site, passwords=staff_accounts())
    yield everybody
    everybody.look_back()
