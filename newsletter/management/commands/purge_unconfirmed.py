"""Deletes addresses that were never confirmed. The worker does the same; this is for cron, or by hand."""

from typing import Any

from django.core.management.base import BaseCommand

from newsletter.models import Subscriber


class Command(BaseCommand):
    help = "Deletes subscribers who were asked to confirm more than 7 days ago and did not. Safe to run at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        count = Subscriber.objects.purge()
        self.stdout.write(f"{count} unconfirmed {'address' if count == 1 else 'addresses'} deleted.")
