"""One clear line for what goes wrong before anything could start, instead of a traceback."""

import psycopg2
from django.db import OperationalError

HOW_TO_NAME_IT = (
    "DATABASE_URL is postgres://user:password@host:5432/name; without it `make run` brings its own PostgreSQL"
)

WHAT_TO_DO = (  # what libpq says (never with the password), and what helps
    ("password authentication failed", "Correct the user or the password in DATABASE_URL."),
    ("no password supplied", "DATABASE_URL has no password, and this server asks for one."),
    ("role ", "Correct the user in DATABASE_URL, or create that user on the server."),
    ("database ", "Correct the name at the end of DATABASE_URL, or create that database (createdb)."),
    ("could not translate host name", "Correct the host in DATABASE_URL."),
    ("Connection refused", "Start that server, or correct host and port in DATABASE_URL."),
    ("timeout expired", "Start that server, or correct host and port in DATABASE_URL."),
    ("No such file or directory", "Start that server, or correct the host in DATABASE_URL."),
)


def database_failure(error: OperationalError) -> str | None:
    """Why the database can't be reached and what to do; None where a statement failed, not the connection."""
    cause = error.__cause__
    if not isinstance(cause, psycopg2.OperationalError) or cause.pgcode is not None:
        return None
    said = " ".join(str(error).split("\n")[0].split()).removesuffix(".")
    told = next((advice for words, advice in WHAT_TO_DO if words in str(error)), f"{HOW_TO_NAME_IT}.")
    return f"The database can't be reached: {said}. {told}"
