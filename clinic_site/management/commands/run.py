"""`manage.py run`: everything a developer's machine needs to show the site, and nothing left behind when it ends."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from clinic_site.management import parent

HOST = "127.0.0.1"
SECONDS_FOR_A_PORT = 2  # the server of a run that was killed needs a moment to notice
SECONDS_TO_ANSWER = 60
SECONDS_TO_STOP = 8
STEADY = 60  # seconds a worker must have lived for its next death to be news again


class Command(BaseCommand):
    help = "Runs the site on this machine: database, demo content, server and worker. Ctrl-C ends all of it."
    requires_system_checks: list[str] = []  # the development server shows them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("port", nargs="?", default=os.environ.get("PORT") or "8000", help="default: PORT, or 8000")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                f"ENVIRONMENT is {settings.ENVIRONMENT}; `run` is for development. Use `make run` (it writes a .env "
                "with ENVIRONMENT=development). For production see deploy/README.md."
            )
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
                signal.signal(number, interrupt)
        children: list[Child] = []
        try:
            self.start(children, port_number(options["port"]))
            self.watch(*children)
        except KeyboardInterrupt:
            self.say("")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # ending once is enough
            stop(children)
            leave_database()

    def start(self, children: list["Child"], port: int) -> None:
        wait_for_port(port)
        lock = hold_the_folder(port)
        self.prepare_database()
        environment = {
            "SITE_URL": f"http://{HOST}:{port}",  # links in mail lead here, unless the environment says otherwise
            **os.environ, parent.VARIABLE: str(lock), "DJANGO_RUNSERVER_HIDE_WARNING": "true", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        children.append(Child(["runserver", f"{HOST}:{port}"], environment, own_session=False))
        children.append(Child(["worker"], environment, own_session=True))
        if wait_for_answer(port, children[0]):
            self.say(welcome(port))

    def prepare_database(self) -> None:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.say("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)
        if not get_user_model().objects.exists():
            self.say("Loading the demo content …")
            with transaction.atomic():  # all or nothing: an interrupted first run is made again
                call_command("demo")
        connection.close()

    def watch(self, server: "Child", worker: "Child") -> None:
        """Returns when the server has ended or make has; starts the worker again whenever that one ends."""
        started_by = os.getppid() if "MAKELEVEL" in os.environ else None
        pause, told, due = 1.0, False, 0.0
        while True:
            time.sleep(0.2)
            if server.process.poll() is not None:
                raise CommandError(f"The server ended (exit code {server.process.returncode}).")
            if started_by not in (None, os.getppid()):
                return
            if worker.process.poll() is None:
                continue
            if not due:
                if worker.age() > STEADY:
                    pause, told = 1.0, False
                if not told:
                    self.say(f"The worker ended (exit code {worker.process.returncode}); it is started again.")
                told, due, pause = True, time.monotonic() + pause, min(pause * 2, 60)
            elif time.monotonic() > due:
                due = 0.0
                worker.start()

    def say(self, text: str) -> None:
        with suppress(OSError):  # the terminal may be gone
            self.stdout.write(text)
            self.stdout.flush()  # a pipe would hold it back


class Child:
    """A command of ours that runs beside us."""

    def __init__(self, arguments: list[str], environment: dict[str, str], *, own_session: bool) -> None:
        self.arguments, self.environment, self.own_session = arguments, environment, own_session
        self.start()

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *self.arguments],
            env=self.environment,
            # The server stays in the terminal's foreground, so that breakpoint() can read from it.
            start_new_session=self.own_session,
        )

    def age(self) -> float:
        return time.monotonic() - self.started


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def port_number(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise CommandError(f"PORT is “{text}”: it must be a number from 1 to 65535, e.g. `make run PORT=8001`.")


def wait_for_port(port: int) -> None:
    """Returns when the port is free; gives the server of a run that was killed a moment to end."""
    ends = time.monotonic() + SECONDS_FOR_A_PORT
    while True:
        try:
            if not answers(port):
                with socket.socket() as attempt:
                    attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
                    attempt.bind((HOST, port))
                return
        except PermissionError as error:
            raise CommandError(f"Port {port} is reserved: take one from 1024 up, e.g. `make run PORT=8001`.") from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CommandError(f"Port {port} can't be opened: {error.strerror}.") from error
        if time.monotonic() > ends:
            raise CommandError(
                f"Port {port} is in use, perhaps by another `make run`. Stop that, or take another port: "
                f"`make run PORT={port + 1 if port < 65535 else 8001}`."
            )
        time.sleep(0.1)


def answers(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.settimeout(1)
        return attempt.connect_ex((HOST, port)) == 0


def hold_the_folder(port: int) -> Path:
    """Makes the folder for what this machine keeps, and locks the file by which the children know that we live."""
    path: Path = settings.LOCAL_DIR / f"run-{port}.lock"
    try:
        settings.LOCAL_DIR.mkdir(exist_ok=True)
        parent.hold(path, seconds=parent.SECONDS_TO_STOP + 2)
    except TimeoutError as error:
        raise CommandError(f"Another run on port {port} is just starting or ending in this folder.") from error
    except OSError as error:
        raise CommandError(
            f"The folder {settings.LOCAL_DIR} can't be written ({error.strerror}). Make it writable for you, or move "
            "the project to a folder that is."
        ) from error
    return path


def wait_for_answer(port: int, server: Child) -> bool:
    """Whether the server answers; if not, it has said why, and waits for the mistake to be mended."""
    ends = time.monotonic() + SECONDS_TO_ANSWER
    while server.process.poll() is None and time.monotonic() < ends:
        if answers(port):
            return True
        time.sleep(0.1)
    return False


def welcome(port: int) -> str:
    """What to open and how to sign in."""
    site = f"http://{HOST}:{port}/"
    lines = [
        "",
        f"  The site      {site}",
        f"  The admin     {site}{settings.ADMIN_PATH}",
        f"  Its mail      {site}mailbox/",
    ]
    with suppress(OSError):
        accounts = (settings.LOCAL_DIR / "sign-in.txt").read_text(encoding="utf-8").splitlines()
        lines += ["", "  To sign in (also in .local/sign-in.txt):", *(f"    {line}".rstrip() for line in accounts)]
    return "\n".join([*lines, "", "  Ctrl-C ends it.", ""])


def stop(children: list[Child]) -> None:
    for child in children:
        child.process.terminate()
    ends = time.monotonic() + SECONDS_TO_STOP
    for child in children:
        try:
            child.process.wait(max(0, ends - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def leave_database() -> None:
    """Waits until the embedded server has stopped, where there is one."""
    connections.close_all()
    if connection.settings_dict["ENGINE"] == "clinic_site.local_postgres":
        from clinic_site.local_postgres import base, server

        server.leave(base.folder())
