"""The one process beside the web server: every few seconds it looks for what is due and does it.

Truth lives in the tables, so any number of workers may run, on any machine, and each may be killed at any time. One job
that fails is logged, shown to staff (`Heartbeat`) and tried again; the others go on.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from editorial import rechecks, schedule
from newsletter import sending, signup
from newsletter.discreet import described

from .models import Heartbeat

log = logging.getLogger(__name__)

LOOKS_EVERY = 1.0  # seconds between two looks at what is due
REST_AFTER_FAILURE = 15.0  # seconds; a job that fails is not hammered
BEATS_EVERY = 20.0  # seconds between two signs of life of one job: the row is for people, who don't look more often
PATIENCE = 1.5  # seconds that a stopped worker may take to end what it is doing


@dataclass
class Job:
    """Something that is due every so many seconds. `act` must be safe to run twice, and in two workers at once."""

    name: str
    every: float
    act: Callable[[], object]
    next_at: float = 0.0
    beat_at: float = field(default=float("-inf"))
    problem: str = ""


def jobs() -> list[Job]:
    return [
        Job("Scheduled pages", 2, schedule.run_due),
        Job("Sign-offs after a change of references or safety texts", 5, rechecks.run),
        Job("Newsletter sign-ups", 2, signup.settle),
        Job("Mail", 2, sending.send_due),
        Job("Forgetting what need not be kept", 120, signup.clean),
    ]


class Stopped(BaseException):
    """Raised inside a job that didn't end in time after SIGTERM. No `except Exception` catches it."""


class Worker:
    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = jobs
        self.stopping = threading.Event()

    def run(self) -> None:
        """Works until stopped by SIGTERM or SIGINT."""
        try:
            try:
                while not self.stopping.is_set():
                    self.look()
                    self.stopping.wait(LOOKS_EVERY)
            finally:
                _set_alarm(0)  # whoever ended in time must not be interrupted afterwards
        except Stopped:
            log.info("Stopped in the middle of a job; what it had not finished is done by the next worker.")

    def run_once(self) -> bool:
        """Does every job once; True if none failed."""
        for job in self.jobs:
            self._do(job)
        return not any(job.problem for job in self.jobs)

    def look(self) -> None:
        """Does what is due now."""
        for job in self.jobs:
            if not self.stopping.is_set() and time.monotonic() >= job.next_at:
                self._do(job)

    def stop(self, *_signal: Any) -> None:
        """For signals: ends after the job at hand, or in the middle of it if that takes longer than PATIENCE."""
        self.stopping.set()
        _set_alarm(PATIENCE)

    def _do(self, job: Job) -> None:
        close_old_connections()  # one that a restarted database has dropped, or that is too old
        problem = ""
        try:
            job.act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the other jobs go on
            problem = described(error)
            if connection.connection is not None and not connection.is_usable():
                connection.close()
        if problem and problem != job.problem:
            log.error("%s: failed, and will be tried again: %s", job.name, problem)
        if job.problem and not problem:
            log.info("%s: works again.", job.name)
        changed, job.problem = problem != job.problem, problem
        job.next_at = time.monotonic() + (max(job.every, REST_AFTER_FAILURE) if problem else job.every)
        if changed or time.monotonic() - job.beat_at >= BEATS_EVERY:
            self._beat(job)

    def _beat(self, job: Job) -> None:
        now = timezone.now()
        beat = Heartbeat(name=job.name, beat_at=now, problem=job.problem[:160])
        updates = ["beat_at", "problem"]
        if not job.problem:
            beat.succeeded_at = now
            updates.append("succeeded_at")
        try:
            Heartbeat.objects.bulk_create([beat], update_conflicts=True, unique_fields=["name"], update_fields=updates)
        except DatabaseError:
            return  # the job has failed for the same reason, and said so
        job.beat_at = time.monotonic()


def _set_alarm(seconds: float) -> None:
    """Interrupts after so many seconds; 0 takes it back. Windows has none: there the job at hand is awaited."""
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGALRM, _give_up_waiting)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _give_up_waiting(*_signal: Any) -> None:
    raise Stopped
