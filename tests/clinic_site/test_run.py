"""`manage.py run`, started for real from a copy of the project."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import django
import psutil
import psycopg2
import pytest

from clinic_site.local_postgres import keeper, server
from tests.programs import (
    clean_environment,
    copy_of_the_project,
    eventually,
    free_port,
    manage,
    one_line,
    processes_of,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(shared_place: Path) -> Path:
    copy = copy_of_the_project(shared_place / "clinic")
    (copy / ".env").write_text("ENVIRONMENT=development\nSECRET_KEY=a-key-of-this-test\n", encoding="utf-8")
    return copy


class Run:
    """A `manage.py run` in a process group of its own, like a job of a terminal's shell."""

    def __init__(self, project: Path, port: int) -> None:
        self.project, self.port, self.said = project, port, ""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run", str(port)],
            cwd=project,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.said += line

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.said
        return "The site " in self.said

    def get(self, path: str = "/") -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as response:
            return str(response.read().decode())

    def children(self, command: str) -> list[psutil.Process]:
        """Those alive that run this command."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if command in child.cmdline():
                    found.append(child)
        return found

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()


@pytest.fixture
def running(project: Path) -> Iterator[Run]:
    run = Run(project, free_port())
    try:
        assert eventually(run.is_up, seconds=120), run.said
        yield run
    finally:
        run.end()
    assert eventually(lambda: not processes_of(project), seconds=20), processes_of(project)


def test_it_says_where_the_site_is_and_how_to_sign_in(running: Run) -> None:
    assert f"http://127.0.0.1:{running.port}/\n" in running.said
    assert f"http://127.0.0.1:{running.port}/admin/\n" in running.said
    assert f"http://127.0.0.1:{running.port}/mailbox/\n" in running.said
    accounts = (running.project / ".local" / "sign-in.txt").read_text(encoding="utf-8").splitlines()
    assert accounts
    assert all(account in running.said for account in accounts)
    assert "<main" in running.get()


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM", "SIGHUP"])
def test_nothing_is_left_behind(running: Run, how: str) -> None:
    running.get()
    before = processes_of(running.project)
    assert sum("runserver" in line for line in before) == 2, before  # the server and its reloader
    assert sum("worker" in line and "manage.py" in line for line in before) == 1, before
    assert any("postgres" in line for line in before)
    if how == "Ctrl-C":
        os.killpg(running.process.pid, signal.SIGINT)  # the terminal tells every process of the job
    else:
        running.process.send_signal(getattr(signal, how))
    running.process.wait(20)
    running.reader.join()
    assert processes_of(running.project) == []
    assert "Traceback" not in running.said


def test_the_next_run_works_at_once_after_the_last_was_killed(project: Path, running: Run) -> None:
    running.process.kill()
    running.process.wait()
    again = Run(project, running.port)
    try:
        assert eventually(again.is_up, seconds=60), again.said
        assert "<main" in again.get()
    finally:
        again.end()


def test_a_second_run_is_quick_and_keeps_what_there_is(project: Path, running: Run) -> None:
    accounts = (project / ".local" / "sign-in.txt").read_text(encoding="utf-8")
    first_page = running.get()
    running.process.terminate()
    running.process.wait(20)
    start = time.monotonic()
    again = Run(project, running.port)
    try:
        assert eventually(again.is_up, seconds=60), again.said
        assert time.monotonic() - start < 20
        assert "demo content" not in again.said
        assert again.get() == first_page
        assert (project / ".local" / "sign-in.txt").read_text(encoding="utf-8") == accounts
    finally:
        again.end()


def test_a_worker_that_dies_is_started_again_and_it_is_said_once(running: Run) -> None:
    for _ in range(2):
        running.children("worker")[0].kill()
        assert eventually(lambda: not running.children("worker"))
        assert eventually(lambda: bool(running.children("worker")), seconds=15)
    assert running.said.count("The worker ended") == 1


# --- What is wrong is said in one line --------------------------------------------------------------------------------


def test_a_busy_port(project: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = manage(project, "run", PORT=str(port))
    assert done.returncode
    assert one_line(done.stderr).startswith(f"CommandError: Port {port} is in use")
    assert "make run PORT=" in done.stderr


def test_a_port_that_is_none(project: Path) -> None:
    done = manage(project, "run", PORT="http")
    assert done.returncode
    assert "PORT is “http”" in one_line(done.stderr)


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_file_in_place_of_the_folder(place: Path, command: str) -> None:
    project = copy_of_the_project(place / "clinic")
    (project / ".local").write_text("")
    done = manage(project, command, ENVIRONMENT="development", PORT=str(free_port()))
    assert done.returncode
    assert "can't be written" in one_line(done.stderr)
    assert "Make it writable" in done.stderr


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_read_only_folder(place: Path, command: str) -> None:
    project = copy_of_the_project(place / "clinic")
    # Root may write anywhere: there, somebody else tries.
    somebody = keeper.as_user("nobody") if os.geteuid() == 0 else keeper.as_user("")
    if somebody:
        server.let_pass(project)
    else:
        project.chmod(0o555)
    environment = clean_environment(
        ENVIRONMENT="development", PORT=str(free_port()), PYTHONPATH=str(Path(django.__path__[0]).parent)
    )
    done = subprocess.run(
        [python_for(somebody, environment), "manage.py", command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **somebody,
    )
    project.chmod(0o755)
    assert done.returncode
    assert "can't be written (Permission denied)" in one_line(done.stderr)


def python_for(somebody: keeper.AsUser, environment: dict[str, str]) -> str:
    """A Python of ours that this user can start: root's own may lie where nobody else can read."""
    for python in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            test = [python, "-c", "import django, psycopg2, csp"]
            subprocess.run(test, check=True, capture_output=True, env=environment, cwd="/", **somebody)
            return python
    pytest.skip("only root can use this Python, and root may write anywhere")


@pytest.fixture(scope="module")
def strict_server(shared_place: Path) -> Iterator[int]:
    """A PostgreSQL that asks for passwords, as in production; its port. The user clinic has the password `right-pw`."""
    folder = shared_place / "strict"
    folder.mkdir()
    port = free_port()
    user = server.other_user(folder)
    if user:
        server.let_pass(folder)
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    settings = ("listen_addresses=127.0.0.1", f"port={port}", *keeper.FAST)
    strict = keeper.Server(server.programs(), folder, folder, user, settings)
    strict.create()
    rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    (strict.data / "pg_hba.conf").write_text(rules, encoding="utf-8")
    strict.start()
    connection = psycopg2.connect(host=str(folder), port=port, user="clinic", dbname="postgres")
    with connection, connection.cursor() as cursor:
        cursor.execute("ALTER USER clinic PASSWORD 'right-pw'")
    connection.close()
    yield port
    strict.stop()


@pytest.mark.parametrize("command", ["run", "migrate"])
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://me:pw@localhost/clinic", "DATABASE_URL must look like postgres://"),
        ("clinic", "DATABASE_URL must look like postgres://"),
        ("postgres://me:pw@localhost:port/clinic", "DATABASE_URL can't be read"),
        ("postgres://[me:pw@localhost/clinic", "DATABASE_URL can't be read"),
        ("postgres://me:pw@127.0.0.1:{closed}/clinic", "Start that server, or correct host and port in DATABASE_URL"),
        ("postgres://me:pw@no-such-host.invalid/clinic", "Correct the host in DATABASE_URL"),
        ("postgres://clinic:secret-pw@127.0.0.1:{strict}/clinic", "Correct the user or the password in DATABASE_URL"),
        ("postgres://clinic@127.0.0.1:{strict}/clinic", "DATABASE_URL has no password"),
        ("postgres://clinic:right-pw@127.0.0.1:{strict}/nowhere", "Correct the name at the end of DATABASE_URL"),
    ],
)
def test_a_wrong_database_url(project: Path, strict_server: int, command: str, url: str, why: str) -> None:
    url = url.format(closed=free_port(), strict=strict_server)
    done = manage(project, command, DATABASE_URL=url, PORT=str(free_port()))
    assert done.returncode
    assert why in one_line(done.stderr)
    assert "pw" not in done.stderr  # no password in a terminal's history or a log


def test_it_is_for_development_only(project: Path) -> None:
    done = manage(
        project,
        "run",
        ENVIRONMENT="production",
        DATABASE_URL="postgres://x@localhost/x",
        ALLOWED_HOSTS="clinic.example",
    )
    assert done.returncode
    assert "`run` is for development" in one_line(done.stderr)


def test_a_run_that_is_started_where_another_runs_says_so(running: Run) -> None:
    done = manage(running.project, "run", str(running.port))
    assert done.returncode
    assert "perhaps by another `make run`" in one_line(done.stderr)
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.process.wait(0.5)
    assert running.process.poll() is None
