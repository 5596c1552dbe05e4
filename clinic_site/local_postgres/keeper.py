"""Keeps one embedded PostgreSQL running while anybody uses it; a process of its own, standard library only.

Every user holds a shared lock on `users.lock`, which the kernel lets go however that user dies (kill -9 included).
The keeper starts the server, says `ready` and waits for that lock alone: when it gets it, nobody is left, and it stops
the server. While it lives it holds `keeper.lock`, so that whoever comes can see whether there is one.
"""

import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn, TypedDict

SUPERUSER = "clinic"
SECONDS_TO_START = 60  # recovery after a crash can take a while on a slow disk
SECONDS_TO_STOP = 20
SETTINGS = (
    "listen_addresses=",  # nobody from outside can connect …
    "unix_socket_permissions=0700",  # … nor anybody else on this machine
    "port=5432",
)
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # a test's database need not survive a power cut


class NotStarted(Exception):
    """Why there is no server, in one line."""


class Server:
    process: subprocess.Popen[bytes]

    def __init__(self, programs: Path, folder: Path, sockets: Path, user: str, settings: tuple[str, ...]) -> None:
        self.programs, self.folder, self.sockets, self.user = programs, folder, sockets, user
        self.settings = (*settings, f"unix_socket_directories={quoted(sockets)}")
        self.data = folder / "data"
        self.log = folder / "log"

    def call(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs, as another user where we are root (PostgreSQL refuses root)."""
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                [self.programs / program, "-D", self.data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                **as_user(self.user),
            )

    def create(self) -> None:
        """Makes the data folder under another name first: one that was interrupted is never taken for whole."""
        whole, self.data = self.data, self.folder / "data.unfinished"
        shutil.rmtree(self.data, ignore_errors=True)
        done = self.call(
            "initdb", f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        ).wait()  # fmt: skip
        if done:
            raise NotStarted(self.last_words())
        self.data = self.data.rename(whole)

    def start(self) -> None:
        self.log.unlink(missing_ok=True)
        if not (self.data / "PG_VERSION").exists():
            self.create()
        if self.call("pg_ctl", "status").wait() == 0:  # left over by a keeper that was killed
            self.call("pg_ctl", "stop", "-w", "-m", "fast").wait()
        self.process = self.call("postgres", *(part for setting in self.settings for part in ("-c", setting)))
        ends = time.monotonic() + SECONDS_TO_START
        while not self.is_ready():
            if self.process.poll() is not None:
                raise NotStarted(self.last_words())
            if time.monotonic() > ends:
                self.stop()
                raise NotStarted(f"it was not ready after {SECONDS_TO_START} seconds")
            time.sleep(0.01)

    def is_ready(self) -> bool:
        """What pg_ctl looks at too: the file's first line is the process, its eighth the state."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def stop(self) -> None:
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # "fast", "immediate", and what can't be refused
            self.process.send_signal(how)
            try:
                self.process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                continue
            return

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        telling = [line for line in lines if re.search("FATAL|PANIC|error:", line)]
        return (telling or lines or ["no reason given"])[-1].strip()


class AsUser(TypedDict, total=False):
    user: str
    group: int
    extra_groups: list[str]


def as_user(name: str) -> AsUser:
    """What subprocess needs to shed root and all its groups; nothing for an empty name."""
    return AsUser(user=name, group=pwd.getpwnam(name).pw_gid, extra_groups=[]) if name else AsUser()


def quoted(path: Path) -> str:
    """A path in a list of paths, as PostgreSQL reads it."""
    return '"' + str(path).replace('"', '""') + '"'


def locked(path: Path) -> int:
    """The file, held by nobody else until the descriptor is closed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def end(*_: object) -> NoReturn:
    raise SystemExit(0)


def main(programs: str, folder: str, sockets: str, user: str, fast: str) -> None:
    settings = SETTINGS + (FAST if fast == "fast" else ())
    server = Server(Path(programs), Path(folder), Path(sockets), user, settings)
    keeper = locked(server.folder / "keeper.lock")
    try:
        server.start()
    except (NotStarted, OSError) as error:
        print(f"failed {error}", flush=True)
        return
    print("ready", flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read that may be gone by now
    try:
        signal.signal(signal.SIGTERM, end)  # the machine is shut down
        signal.signal(signal.SIGCHLD, end)  # the server was killed: the next user starts a new one
        if server.process.poll() is None:
            locked(server.folder / "users.lock")
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        server.stop()
        if server.sockets != server.folder:
            server.sockets.rmdir()
        os.close(keeper)  # before users.lock: who gets that one must see that there is no keeper any more


if __name__ == "__main__":
    main(*sys.argv[1:])
