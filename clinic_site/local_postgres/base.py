"""A real PostgreSQL for development and tests, from a package: Django's own backend, which starts it when first asked.

Used only where DATABASE_URL is unset. The data lives in the ignored `.local/` folder; the server listens on a socket
file alone and stops with the last process that uses it.
"""

from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base

try:
    from clinic_site.local_postgres import server
except ImportError as error:  # no fcntl or pwd: Windows
    raise ImproperlyConfigured(
        "The embedded PostgreSQL runs on Linux and macOS (on Windows: in WSL). Elsewhere set DATABASE_URL."
    ) from error


def folder() -> Path:
    """Where the server keeps everything; tests have their own, which trades safety for speed."""
    local: Path = settings.LOCAL_DIR
    return local / ("database-test" if settings.ENVIRONMENT == "test" else "database")


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        return params | self.address()

    def address(self) -> dict[str, str]:
        try:
            found = server.join(folder(), fast=settings.ENVIRONMENT == "test")
        except server.NotAvailable as error:
            raise ImproperlyConfigured(str(error)) from error
        return {"host": found.host, "port": found.port, "user": found.user}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except psycopg2.OperationalError as error:
            if "No such file" in str(error) or "Connection refused" in str(error):
                server.forget(folder())  # killed while we were using it
                conn_params = conn_params | self.address()
            elif "does not exist" in str(error) and conn_params["dbname"] == settings.DATABASES["default"]["NAME"]:
                self.create_database(conn_params["dbname"])
            else:
                raise
        return super().get_new_connection(conn_params)

    def create_database(self, name: str) -> None:
        # One process at a time: PostgreSQL refuses two CREATE DATABASE at once (the template is in use).
        with server.one_process(folder()), self._nodb_cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {self.ops.quote_name(name)}")
