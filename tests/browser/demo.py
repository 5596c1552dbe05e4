"""The demonstration's content, loaded once in a run and afterwards put back from a copy inside the database."""

from django.db import connection, transaction

from clinic_site.demo.load import load

COPY = "demo_copy"  # a schema of the test database; what a test leaves behind is cleared from the other one only
KINDS = "django_content_type"  # made anew after each test, with other ids
_in: set[str] = set()  # databases whose copy was made by this run

NOT_GENERATED = """
    SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
"""
KIND_NOW = f"""(
    SELECT now.id FROM public.{KINDS} AS now JOIN {COPY}.{KINDS} AS was USING (app_label, model)
    WHERE was.id = kept.content_type_id
)"""


def put_demo() -> None:
    """Fills the empty site with the demonstration's pages, people and facts. Accounts are not among them."""
    name = str(connection.settings_dict["NAME"])
    if name in _in:
        _put_back()
        return
    load()
    _copy()
    _in.add(name)


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.table_names(cursor)
    return [table for table in found if table.startswith(("blog_", "pages_", "editorial_"))]


def _copy() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {COPY} CASCADE")
        cursor.execute(f"CREATE SCHEMA {COPY}")
        for table in [*_tables(), KINDS]:
            cursor.execute(f"CREATE TABLE {COPY}.{table} AS TABLE public.{table}")


def _put_back() -> None:
    with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are asked about at its end
        for table in _tables():
            cursor.execute(NOT_GENERATED, [table])
            (columns,) = cursor.fetchone()
            kept = ", ".join(KIND_NOW if column == "content_type_id" else column for column in columns.split(", "))
            cursor.execute(f"INSERT INTO public.{table} ({columns}) SELECT {kept} FROM {COPY}.{table} AS kept")
