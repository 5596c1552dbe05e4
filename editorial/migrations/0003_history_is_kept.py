"""The database itself refuses to change or delete what is kept for good; see models.history."""

from django.db import migrations

TABLES = ("editorial_revision", "editorial_signoff", "editorial_change", "editorial_publication", "editorial_act")

REFUSE = """
CREATE FUNCTION editorial_history_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are kept for good: they are neither changed nor deleted.', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("editorial", "0002_revisions")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION editorial_history_is_kept()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER history_is_kept BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION editorial_history_is_kept()",
                f"DROP TRIGGER history_is_kept ON {table}",
            )
            for table in TABLES
        ),
    ]
