"""Makes the private .venv (and, when asked, the .env) that the Makefile's commands use. Needs nothing but Python.

Written for old Pythons too, so that they can be told that they are too old.
"""

import errno
import os
import secrets
import shutil
import subprocess
import sys
from typing import List, Optional

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
WANTED = os.path.join(HERE, "requirements-dev.txt")
INSTALLED = os.path.join(VENV, "requirements-installed.txt")  # written last: without it the .venv is half-made


def main() -> None:
    if sys.version_info < (3, 11):
        found = "%d.%d" % sys.version_info[:2]
        sys.exit("Python 3.11 or newer is needed; this is %s. Name one: make PYTHON=python3.12" % found)
    try:
        if not up_to_date():
            install()
        if "--env" in sys.argv:
            write_env()
    except OSError as error:
        sys.exit(
            "The folder %s can't be written (%s). Make it writable for you, or move the project to a folder that is."
            % (error.filename or HERE, error.strerror)
        )
    except KeyboardInterrupt:
        sys.exit(130)


def up_to_date() -> bool:
    return read(INSTALLED) == stamp()


def stamp() -> str:
    """What the .venv is made of: the Python, the place and every pinned requirement."""
    # The folder too: the programs in a .venv name it, so that a moved one is broken.
    return "# %s in %s\n%s" % (sys.version.replace("\n", " "), VENV, read(WANTED))


def read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except NotADirectoryError:
        return ""


def install() -> None:
    if not os.access(HERE, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), HERE)
    print("Installing the project's packages into .venv …", flush=True)
    if os.path.isfile(VENV) or os.path.islink(VENV):
        sys.exit("%s is in the way: a folder of that name is needed. Move it aside." % VENV)
    same_python = read(INSTALLED).split("\n")[0] == stamp().split("\n")[0]
    if os.path.exists(INSTALLED):
        os.remove(INSTALLED)
    uv = shutil.which("uv")
    if not same_python or not works(PYTHON):
        if os.path.exists(VENV):
            shutil.rmtree(VENV)
        make_venv(uv)
    if uv:
        run([uv, "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", WANTED])
    else:
        if not works(PYTHON, "-m", "pip"):
            run([PYTHON, "-m", "ensurepip"])
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", WANTED])
    with open(INSTALLED, "w", encoding="utf-8") as file:
        file.write(stamp())


def make_venv(uv: Optional[str]) -> None:
    if uv:
        run([uv, "venv", "--quiet", "--python", sys.executable, VENV])
        return
    command = [sys.executable, "-m", "venv", VENV]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if made.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    said = made.stdout.decode("utf-8", "replace").strip()
    if "ensurepip" in said:
        sys.exit(
            "This Python comes without venv and pip. Install them (Debian, Ubuntu: apt-get install python3-venv) "
            "or uv, then try again."
        )
    sys.exit("The .venv could not be made: %s" % said.split("\n")[-1])


def works(*command: str) -> bool:
    try:
        quiet = subprocess.DEVNULL
        return subprocess.run([*command, "--version"], stdout=quiet, stderr=quiet, check=False).returncode == 0
    except OSError:
        return False


def run(command: List[str]) -> None:
    if subprocess.run(command, check=False).returncode:
        sys.exit("The packages could not be installed; what is above says why. Is this machine online? Then try again.")


def write_env() -> None:
    """Writes .env from .env.example, with a key of this machine's own; one that is there is left alone."""
    path = os.path.join(HERE, ".env")
    if os.path.exists(path):
        return
    example = read(os.path.join(HERE, ".env.example"))
    key = secrets.token_urlsafe(50)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(example.replace("SECRET_KEY=\n", "SECRET_KEY=%s\n" % key, 1))
    print("Wrote .env (settings of this machine).", flush=True)


if __name__ == "__main__":
    main()
