import contextlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from clinic_site.local_postgres import server
from tests.programs import clean_environment, copy_of_the_project, eventually, manage, processes_of

pytestmark = pytest.mark.slow

USE = """
    import sys, time
    from pathlib import Path
    import psycopg2
    from clinic_site.local_postgres import server

    def ask(sql):
        found = server.join(Path(sys.argv[1]), fast=True)
        connection = psycopg2.connect(host=found.host, port=found.port, user=found.user, dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone() if cursor.description else None
        connection.close()
        return row[0] if row else None
"""


@pytest.fixture
def folder(place: Path) -> Iterator[Path]:
    yield place / "database"
    while _started:
        process = _started.pop()
        process.kill()
        process.communicate()
    assert eventually(lambda: not processes_of(place)), processes_of(place)


_started: list[subprocess.Popen[str]] = []


def start(folder: Path, script: str, **environment: str) -> subprocess.Popen[str]:
    _started.append(
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(USE) + textwrap.dedent(script), str(folder)],
            cwd=settings.BASE_DIR,
            env=clean_environment(**environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    return _started[-1]


def start_and_stay(folder: Path) -> subprocess.Popen[str]:
    """A user that has connected, and stays until it is killed (at the latest when the test ends)."""
    user = start(folder, "ask('SELECT 1'); print('up', flush=True); time.sleep(60)")
    assert user.stdout is not None
    assert user.stdout.readline() == "up\n"
    return user


def run(folder: Path, script: str, **environment: str) -> str:
    said, trouble = start(folder, script, **environment).communicate(timeout=60)
    assert "Traceback" not in trouble, trouble
    return said.strip()


def test_what_was_written_is_there_the_next_time(folder: Path) -> None:
    run(folder, "ask('CREATE TABLE kept AS SELECT 7 AS number')")
    assert eventually(lambda: not processes_of(folder))
    assert run(folder, "print(ask('SELECT number FROM kept'))") == "7"


def test_the_server_stops_when_its_only_user_is_killed(folder: Path) -> None:
    user = start_and_stay(folder)
    assert processes_of(folder)
    user.kill()
    user.communicate()
    assert eventually(lambda: not processes_of(folder)), processes_of(folder)


def test_the_server_stays_while_one_of_its_users_is_left(folder: Path) -> None:
    start_and_stay(folder)
    first = server_process(folder)
    run(folder, "ask('SELECT 1')")
    assert server_process(folder) == first
    assert run(folder, "print(ask('SELECT 3'))") == "3"


def test_a_fork_keeps_the_server_after_its_parent_has_gone(folder: Path) -> None:
    said = run(
        folder,
        """
        import os
        ask("SELECT 1")
        if os.fork() == 0:
            time.sleep(1)
            print(ask("SELECT 'still there'"), flush=True)
        """,
    )
    assert said == "still there"


def test_threads_that_ask_at_once_share_one_server(folder: Path) -> None:
    said = run(
        folder,
        """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(8) as pool:
            print(sorted(pool.map(lambda number: ask(f"SELECT {number}"), range(8))))
        """,
    )
    assert said == str(list(range(8)))


def test_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    script = (
        "print(ask(\"SELECT pg_postmaster_start_time()::text || current_setting('data_directory')\"))\ntime.sleep(1)"
    )
    users = [start(folder, script) for _ in range(5)]
    said = {user.communicate(timeout=60)[0] for user in users}
    assert len(said) == 1, said


def test_a_server_that_was_killed_is_started_again(folder: Path) -> None:
    run(folder, "ask('CREATE TABLE kept AS SELECT 7 AS number')")
    start_and_stay(folder)
    os.kill(server_process(folder), signal.SIGKILL)
    assert eventually(lambda: not server.is_kept(folder))
    assert run(folder, "print(ask('SELECT number FROM kept'))") == "7"


def test_a_server_whose_keeper_was_killed_is_taken_over(folder: Path) -> None:
    user = start_and_stay(folder)
    psutil.Process(psutil.Process(server_process(folder)).ppid()).kill()
    user.kill()
    user.communicate()
    assert processes_of(folder)  # nobody stops it now …
    assert run(folder, "print(ask('SELECT 5'))") == "5"  # … until the next user's keeper does; see the fixture


def test_a_first_start_that_was_interrupted_is_made_again(folder: Path) -> None:
    (folder / "data.unfinished").mkdir(parents=True)
    (folder / "data.unfinished" / "PG_VERSION").write_text("18\n")
    assert run(folder, "print(ask('SELECT 6'))") == "6"


def test_nobody_else_on_this_machine_may_connect(folder: Path) -> None:
    start_and_stay(folder)
    socket = (folder / server.SOCKET_NAME).stat()
    assert stat.S_IMODE(socket.st_mode) == 0o700


@pytest.mark.parametrize("name", ["d" * 110, "a, b", "it's"])
def test_any_name_of_a_folder_will_do(place: Path, name: str) -> None:
    (place / name).mkdir()
    assert run(place / name / "database", "print(ask('SELECT 4'))") == "4"
    assert eventually(lambda: not processes_of(place))


def test_variables_meant_for_another_server_do_not_lead_astray(folder: Path) -> None:
    assert run(folder, "print(ask('SELECT 8'))", PGPORT="6000", PGHOST="192.0.2.1", PGUSER="me", PGDATA="/x") == "8"


def test_a_file_in_place_of_the_folder_is_said_in_one_sentence(place: Path) -> None:
    (place / "taken").write_text("")
    with pytest.raises(server.NotAvailable, match=r"taken/database can't be written \(Not a directory\)\. Make it"):
        server.join(place / "taken" / "database")


def test_data_of_another_version_is_said_in_one_sentence(place: Path) -> None:
    run(place / "database", "ask('SELECT 1')")
    assert eventually(lambda: not processes_of(place))
    (place / "database" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(server.NotAvailable, match=r"could not be started: .*incompatible"):
        server.join(place / "database")


def test_leaving_waits_until_the_server_has_stopped(place: Path) -> None:
    server.join(place, fast=True)
    assert processes_of(place)
    server.leave(place)
    assert [line for line in processes_of(place) if "postgres" in line] == []


# --- As Django's backend ----------------------------------------------------------------------------------------------


CONNECT = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "clinic_site.settings"
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_database()")
    print(cursor.fetchone()[0])
"""


@pytest.fixture(scope="module")
def project(shared_place: Path) -> Path:
    return copy_of_the_project(shared_place / "clinic")


def test_the_server_starts_with_the_first_connection_and_not_before(project: Path) -> None:
    done = manage(project, "check", ENVIRONMENT="development")
    assert done.returncode == 0, done.stderr
    assert not (project / ".local" / "database").exists()
    connect(project)
    assert (project / ".local" / "database" / "data").is_dir()


def test_several_commands_that_start_at_once_make_one_database(project: Path) -> None:
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", CONNECT],
            cwd=project,
            env=clean_environment(ENVIRONMENT="test"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    said = [command.communicate(timeout=60) for command in commands]
    assert [out for out, _ in said] == ["clinic\n"] * 8, said


def test_tests_and_development_have_a_server_each(project: Path) -> None:
    connect(project, ENVIRONMENT="development")
    connect(project, ENVIRONMENT="test")
    assert {path.name for path in (project / ".local").glob("database*")} == {"database", "database-test"}


def connect(project: Path, **variables: str) -> None:
    variables.setdefault("ENVIRONMENT", "development")
    subprocess.run([sys.executable, "-c", CONNECT], cwd=project, env=clean_environment(**variables), check=True)


def server_process(folder: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])
    return 0
