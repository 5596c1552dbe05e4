"""Starting the project's own programs from a copy of it, as somebody on another machine would."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from django.conf import settings

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".local", ".env", "static_collected", "__pycache__", ".*_cache", ".hypothesis", "node_modules"
)


def copy_of_the_project(to: Path) -> Path:
    """A fresh checkout, without anything this machine made for itself."""
    shutil.copytree(settings.BASE_DIR, to, ignore=NOT_COPIED)
    return to


def clean_environment(**variables: str) -> dict[str, str]:
    """This process's variables, less those of the tests and of the site."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONWARNINGS": "ignore"} | variables


def manage(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs `manage.py …` there and returns what it said."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project,
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(folder: Path) -> list[str]:
    """Every living process that was started from this folder or works in it."""
    found = []
    for process in psutil.process_iter(["pid", "status", "cmdline", "cwd"]):
        about = process.info
        if about["status"] == psutil.STATUS_ZOMBIE:
            continue  # ended; only its parent has not asked yet
        if str(folder) in " ".join([*(about["cmdline"] or []), about["cwd"] or ""]):
            found.append(f"{about['pid']}: {' '.join(about['cmdline'] or [])} (in {about['cwd']})")
    return found


def eventually(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Whether it becomes true within that time."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def one_line(said: str) -> str:
    """The one line that was said; fails where there are more, or a traceback."""
    lines = [line for line in said.splitlines() if line.strip() and "chmod o+x" not in line]
    assert len(lines) == 1, said
    assert "Traceback" not in said
    return lines[0]
