"""What every test gets."""

import os

import pytest
from django.conf import settings
from django.db import connections


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """TEST_DB_SUFFIX gives a run its own test database, so that two runs on one server do not meet."""
    if suffix := os.environ.get("TEST_DB_SUFFIX"):
        database = connections["default"].settings_dict
        database["TEST"]["NAME"] = f"test_{settings.DATABASES['default']['NAME']}{suffix}"
