"""The worker: what is due is done, one failing job stops no other, and it ends when told to."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core import mail as django_mail
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections
from django.utils import timezone
from pytest_django import Settings

from blog.models import Article
from clinic_site import worker
from clinic_site.models import Heartbeat
from clinic_site.worker import Job, Worker
from editorial import schedule
from editorial.models import ScheduledAct
from newsletter.models import CLAIM_HELD, OutboxMessage, PendingSignup, Subscriber
from pages.models import ConditionPage, StandingPage
from tests.factories import MAKERS, approved, make_user
from tests.newsletter.factories import make_message, make_subscriber
from tests.programs import clean_environment, eventually

pytestmark = pytest.mark.django_db(transaction=True)


def job(act: Callable[[], object], *, name: str = "A job", every: float = 0) -> Job:
    return Job(name, every, act)


def fails() -> None:
    raise ValueError("about sam@example.org")


# --- Jobs -----------------------------------------------------------------------------------------------------------


def test_scheduled_pages_of_every_kind_go_live_in_time() -> None:
    boss = make_user(is_superuser=True)
    for make in MAKERS.values():
        for slug in ("due", "later"):
            page = approved(make(slug=slug, state="draft"))
            schedule.go_live(page, by=boss, at=timezone.now() + timedelta(minutes=1), change="first")
    ScheduledAct.objects.filter(revision__data__fields__slug="due").update(due_at=timezone.now())
    Worker(worker.jobs()).look()
    for kind in (Article, ConditionPage, StandingPage):
        assert kind.objects.published().get().slug == "due"


def test_one_look_does_all_that_is_due() -> None:
    old = timezone.now() - timedelta(days=9)
    Subscriber.objects.create(email="old@example.org", created_at=old)
    PendingSignup.objects.create(email="new@example.org", form="home", wording_version=1)
    Worker(worker.jobs()).look()
    assert list(Subscriber.objects.values_list("email", flat=True)) == ["new@example.org"]
    assert not PendingSignup.objects.exists()
    assert {beat.name for beat in Heartbeat.objects.all()} == {job.name for job in worker.jobs()}
    assert not Heartbeat.objects.in_trouble().exists()


def test_a_failing_job_stops_no_other_and_is_seen_by_staff(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    running = Worker([job(fails, name="Broken"), job(lambda: done.append("x"), name="Sound")])
    running.look()
    assert done == ["x"]
    broken = Heartbeat.objects.get(name="Broken")
    assert broken.problem.startswith("ValueError (")
    assert broken.succeeded_at is None
    assert list(Heartbeat.objects.in_trouble()) == [broken]
    assert "Broken: failed, and will be tried again: ValueError" in caplog.text
    assert "sam@" not in caplog.text + broken.problem


def test_a_failure_is_logged_once_and_its_end_too(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(worker, "REST_AFTER_FAILURE", 0)
    mood = {"fails": True}
    running = Worker([job(lambda: fails() if mood["fails"] else None)])
    for _time in range(3):
        running.look()
    assert caplog.text.count("failed") == 1
    mood["fails"] = False
    running.look()
    assert "works again" in caplog.text
    beat = Heartbeat.objects.get()
    assert beat.problem == ""
    assert beat.succeeded_at is not None


def test_a_job_rests_after_a_failure_and_between_two_turns() -> None:
    turns: list[float] = []

    def act() -> None:
        turns.append(time.monotonic())
        fails()

    running = Worker([job(act), job(lambda: turns.append(0), name="Slow", every=60)])
    running.look()
    running.look()
    assert len(turns) == 2, "each had one turn"


def test_a_silent_job_is_in_trouble() -> None:
    long_ago = timezone.now() - Heartbeat.SILENCE_ALLOWED - timedelta(seconds=1)
    Heartbeat.objects.create(name="Mail", beat_at=long_ago, succeeded_at=long_ago)
    assert Heartbeat.objects.in_trouble().exists()


def test_it_survives_a_database_that_is_restarted_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "REST_AFTER_FAILURE", 0)
    turns: list[int] = []

    def act() -> None:
        turns.append(Heartbeat.objects.count())
        if len(turns) == 1:
            drop_all_connections()
            Heartbeat.objects.count()

    running = Worker([job(act, name="Interrupted"), job(Heartbeat.objects.count, name="Next")])
    running.look()
    interrupted, following = running.jobs
    assert interrupted.problem.startswith(("OperationalError", "InterfaceError"))
    assert following.problem == "", "the next job has a new connection"
    running.look()
    assert interrupted.problem == ""
    assert Heartbeat.objects.get(name="Interrupted").problem == ""


def drop_all_connections() -> None:
    """What a restart of the database does to whoever is connected."""

    def drop() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        finally:
            connections.close_all()

    thread = threading.Thread(target=drop)
    thread.start()
    thread.join()


def test_a_transaction_that_failed_in_one_job_does_not_spoil_the_next() -> None:
    def breaks() -> None:
        Heartbeat.objects.create(name="Twice")
        with pytest.raises(IntegrityError):
            Heartbeat.objects.create(name="Twice")
        raise ValueError

    running = Worker([job(breaks), job(lambda: Heartbeat.objects.create(name="After"), name="Next")])
    running.look()
    assert Heartbeat.objects.filter(name="After").exists()


def test_two_workers_share_one_row_for_each_job() -> None:
    first, second = Worker([job(lambda: None)]), Worker([job(lambda: None)])
    first.look()
    second.look()
    assert Heartbeat.objects.count() == 1


# --- The command ----------------------------------------------------------------------------------------------------


def test_once_does_every_job_and_ends() -> None:
    call_command("worker", "--once")
    assert Heartbeat.objects.count() == len(worker.jobs())


def test_once_fails_where_a_job_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic_site.management.commands.worker.jobs", lambda: [job(fails, name="Mail")])
    with pytest.raises(CommandError, match="Mail: ValueError"):
        call_command("worker", "--once")


PROGRAM = """
import time, django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = {database!r}
from clinic_site import worker
from clinic_site.management.commands import worker as command
def slow():
    print("busy", flush=True)
    time.sleep({seconds})
    print("finished", flush=True)
if {seconds}:
    command.jobs = lambda: [worker.Job("Slow", 0, slow)]
from django.core.management import call_command
call_command("worker")
print("ended", flush=True)
"""


def start(*, seconds: float = 0, **variables: str) -> subprocess.Popen[str]:
    """`manage.py worker` in a process of its own, on the tests' database; with `seconds`, its one job takes so long."""
    if url := os.environ.get("DATABASE_URL"):
        variables["DATABASE_URL"] = url
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(seconds=seconds, database=connection.settings_dict["NAME"])],
        cwd=Path(configured.BASE_DIR),
        env=clean_environment(DJANGO_SETTINGS_MODULE="clinic_site.settings", ENVIRONMENT="test", **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def busy(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """Waits until its slow job has begun."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if line == "busy\n":
            return process
    raise AssertionError("".join(seen))


@pytest.fixture
def silent_mail_server() -> Iterator[int]:
    """A mail server that takes calls and says nothing, ever."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_who_ended_in_time_is_not_interrupted_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.1)
    running = Worker([])
    running.stop()
    running.run()
    time.sleep(0.2)  # an alarm left behind would raise here


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_after_the_job_at_hand(number: signal.Signals) -> None:
    process = busy(start(seconds=0.5))
    process.send_signal(number)
    said, _nothing = process.communicate(timeout=10)
    assert process.returncode == 0, said
    assert "finished" in said
    assert "Traceback" not in said
    assert said.rstrip().endswith("ended")


@pytest.mark.slow
def test_it_does_not_wait_for_a_mail_server_that_hangs_and_the_next_worker_takes_over(
    silent_mail_server: int, settings: Settings
) -> None:
    message = make_message(subscriber=make_subscriber())
    process = start(EMAIL_URL=f"smtp://127.0.0.1:{silent_mail_server}")
    claimed = OutboxMessage.objects.filter(claimed_at__isnull=False)
    assert eventually(claimed.exists)
    began = time.monotonic()
    process.terminate()
    said, _nothing = process.communicate(timeout=10)
    assert time.monotonic() - began < 4
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert claimed.update(claimed_at=timezone.now() - CLAIM_HELD - timedelta(seconds=1)) == 1, "it is still there"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    django_mail.outbox = []
    call_command("worker", "--once")
    assert [sent.to for sent in django_mail.outbox] == [[message.subscriber.email]]
