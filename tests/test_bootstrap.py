"""bootstrap.py, in a project of its own that needs no package, so that nothing is fetched."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.programs import clean_environment, one_line

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("bootstrap.py", ".env.example"):
        shutil.copy(settings.BASE_DIR / name, tmp_path)
    (tmp_path / "requirements-dev.txt").write_text("# none\n", encoding="utf-8")
    return tmp_path


def bootstrap(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "bootstrap.py", *arguments],
        cwd=project,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def python_works(project: Path) -> bool:
    return subprocess.run([project / ".venv/bin/python", "-c", ""], check=False).returncode == 0


def test_the_environment_is_made_once_and_made_again_only_when_it_must(project: Path) -> None:
    assert bootstrap(project).returncode == 0
    assert python_works(project)
    (project / ".venv" / "mark").touch()

    assert bootstrap(project).stdout == ""  # nothing to do

    (project / "requirements-dev.txt").write_text("# others\n", encoding="utf-8")
    assert "Installing" in bootstrap(project).stdout
    assert (project / ".venv" / "mark").exists()  # packages changed, the environment stays

    installed = project / ".venv" / "requirements-installed.txt"
    installed.write_text(installed.read_text(encoding="utf-8").replace("# 3.", "# 2.", 1), encoding="utf-8")
    assert "Installing" in bootstrap(project).stdout
    assert not (project / ".venv" / "mark").exists()  # another Python made it: a new one
    assert python_works(project)


def test_a_half_made_environment_is_made_anew(project: Path) -> None:
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    done = bootstrap(project)
    assert done.returncode == 0, done.stderr
    assert python_works(project)


def test_the_env_file_has_a_key_of_its_own_and_is_left_alone_then(project: Path) -> None:
    bootstrap(project, "--env")
    path = project / ".env"
    first = path.read_text(encoding="utf-8")
    key = next(line for line in first.splitlines() if line.startswith("SECRET_KEY="))
    assert len(key) > 60
    assert "ENVIRONMENT=development" in first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    bootstrap(project, "--env")
    assert path.read_text(encoding="utf-8") == first


def test_a_file_in_place_of_the_environment_is_said_in_one_line(project: Path) -> None:
    (project / ".venv").write_text("")
    done = bootstrap(project)
    assert done.returncode
    assert ".venv is in the way" in one_line(done.stderr)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; test_run.py tries it as somebody else")
def test_a_folder_that_can_not_be_written_is_said_in_one_line(project: Path) -> None:
    project.chmod(0o555)
    done = bootstrap(project)
    project.chmod(0o755)
    assert done.returncode
    assert "can't be " in one_line(done.stderr)
