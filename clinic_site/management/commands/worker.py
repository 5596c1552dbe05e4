"""`manage.py worker`: publishes what is scheduled, sends mail, forgets what need not be kept. See `worker`."""

import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic_site.worker import Worker, jobs

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Runs until stopped: scheduled pages, newsletter mail, clean-up. As many as wanted may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do every job once and end; 1 if one of them failed.")

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(jobs())
        if options["once"]:
            if not worker.run_once():
                failed = "; ".join(f"{job.name}: {job.problem}" for job in worker.jobs if job.problem)
                raise CommandError(failed)
            return
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, worker.stop)
        log.info("The worker runs. Ctrl-C ends it.")
        worker.run()
        log.info("The worker has ended.")
