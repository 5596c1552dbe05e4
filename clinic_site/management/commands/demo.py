"""Fills an empty site with demonstration content and staff accounts."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic_site.demo.load import load, staff_accounts


class Command(BaseCommand):
    help = "Loads the demonstration content into an empty site. Running it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--i-know-this-is-production",
            action="store_true",
            help="Needed in production, e.g. for a public demonstration. Staff accounts are never made there.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IN_PRODUCTION and not options["i_know_this_is_production"]:
            raise CommandError(
                "This is production: demonstration content does not belong here. "
                "If it really does, add --i-know-this-is-production."
            )
        self.stdout.write(
            "Demonstration content loaded." if load() else "There is content already; nothing was changed."
        )
        if not settings.IN_PRODUCTION:
            self._write_down(staff_accounts())

    def _write_down(self, passwords: dict[str, str]) -> None:
        """New passwords go into a file that only this account can read, since nobody can ask for them again."""
        if not passwords:
            return
        path = settings.LOCAL_DIR / "sign-in.txt"
        path.parent.mkdir(exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(f"{name:<12}{password}\n" for name, password in passwords.items())
        self.stdout.write(f"Staff accounts and their passwords: {path.relative_to(settings.BASE_DIR)}")
