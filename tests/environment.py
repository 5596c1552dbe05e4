"""Loaded by pytest before everything else (`-p tests.environment`): what must stand before the settings are read."""

import os

os.environ["ENVIRONMENT"] = "test"
# The .env file is not read in tests; what the shell says is dropped, so that no machine decides a test.
os.environ.setdefault("DATABASE_URL", "")  # empty: the embedded server
for name in (
    "ADDRESS_HASH_KEY", "ADMIN_PATH", "ALLOWED_HOSTS", "CLINIC_TIME_ZONE", "DEFAULT_FROM_EMAIL", "EMAIL_URL",
    "MAINTENANCE", "MEDIA_ROOT", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT",
    "SESSION_COOKIE_AGE", "SIGNUPS_PER_NETWORK_AND_HOUR", "SITE_URL", "TRUSTED_PROXY_COUNT",
):  # fmt: skip
    os.environ.pop(name, None)
# Playwright drives the browser from an event loop of its own in this thread; Django would take our calls for its.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
