"""What every test gets."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from pytest_django import DjangoDbBlocker


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """TEST_DB_SUFFIX gives a run its own test database, so that two runs on one server do not meet."""
    if suffix := os.environ.get("TEST_DB_SUFFIX"):
        database = connections["default"].settings_dict
        database["TEST"]["NAME"] = f"test_{settings.DATABASES['default']['NAME']}{suffix}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Ends what is still connected before the test database is dropped: the browser's driver runs tests in a context of
    its own, with a connection that this one doesn't know, and this one's may have been cut by a test of such cuts.
    """
    yield
    connections.close_all()
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder for programs that run as somebody else: what pytest gives is closed to them time and again."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def shared_place() -> Iterator[Path]:
    """The same, for all tests of a file."""
    with tempfile.TemporaryDirectory(prefix="clinic-") as name:
        yield Path(name)
