"""How long the site takes for a page, in one process, without a network: the demonstration content, nothing cached."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import django

ROUNDS = 60
PAGES = (
    "/",
    "/articles/",
    "/articles/chronic-pain-and-depression/",
    "/conditions/depression/",
    "/search/?q=bladder+pain",
    "/articles/feed/",
    "/sitemap.xml",
)
SEED = Path(__file__).parent.parent / "seed" / "article.txt"


def main() -> None:
    import tests.environment  # noqa: F401  (before the settings are read)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings")
    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases

    from clinic_site.demo.load import load
    from editorial.contours import contour
    from editorial.richtext import clean

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        load()
        print(f"Python {platform.python_version()}, Django {django.get_version()}, {platform.machine()}")
        print(f"{'':<44}{'median':>9}{'slowest':>10}{'queries':>9}")
        client = Client(SERVER_NAME="localhost")
        for path in PAGES:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200, path
            _row(path, lambda path=path: client.get(path), str(len(queries)))  # type: ignore[misc]
        seed = "".join(f"<p>{line}</p>" for line in SEED.read_text("utf-8").splitlines())
        _row("cleaning the seed article", lambda: clean(seed), "")
        contour.cache_clear()
        _row("drawing a cover", lambda: contour.__wrapped__("bench", "depression", "fan"), "")
    finally:
        teardown_databases(databases, verbosity=0)


def _row(name: str, act: Callable[[], object], queries: str) -> None:
    rounds = ROUNDS if "cover" not in name else 5
    times = []
    for _round in range(rounds):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    print(f"{name:<44}{statistics.median(times):>6.1f} ms{max(times):>7.1f} ms{queries:>9}")
