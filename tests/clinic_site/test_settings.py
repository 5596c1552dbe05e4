"""The settings as a real process reads them."""

import secrets
from pathlib import Path

import pytest

from tests.programs import copy_of_the_project, manage, one_line

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "DATABASE_URL": "postgres://clinic:pw@localhost:5432/clinic",
    "ALLOWED_HOSTS": "clinic.example,www.clinic.example",
}


@pytest.fixture(scope="module")
def project(shared_place: Path) -> Path:
    return copy_of_the_project(shared_place / "clinic")


def test_production_has_no_deployment_warning(project: Path) -> None:
    done = manage(project, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS"])
@pytest.mark.parametrize("environment", ["production", ""])
def test_production_refuses_to_start_and_names_what_is_missing(project: Path, missing: str, environment: str) -> None:
    variables = {**PRODUCTION, missing: ""}
    if environment:
        variables["ENVIRONMENT"] = environment
    else:
        del variables["ENVIRONMENT"]  # who forgets to say it gets production
    done = manage(project, "check", **variables)
    assert done.returncode
    assert one_line(done.stderr).startswith(f"Settings: {missing} is not set.")


@pytest.mark.parametrize("name", ["prod", "staging", "Production"])
def test_an_unknown_environment_is_refused(project: Path, name: str) -> None:
    done = manage(project, "check", **{**PRODUCTION, "ENVIRONMENT": name})
    assert done.returncode
    assert f"ENVIRONMENT is “{name}”" in one_line(done.stderr)


def test_links_start_with_the_first_host_where_nothing_else_is_said(project: Path) -> None:
    assert setting(project, "SITE_URL", **PRODUCTION) == "https://clinic.example"
    assert setting(project, "SITE_URL", **PRODUCTION, SITE_URL="https://other.example/") == "https://other.example"


def test_production_trusts_no_proxy_unless_told(project: Path) -> None:
    assert setting(project, "SECURE_PROXY_SSL_HEADER", **PRODUCTION) == "None"
    told = setting(project, "SECURE_PROXY_SSL_HEADER", **PRODUCTION, TRUSTED_PROXY_COUNT="1")
    assert told == "('HTTP_X_FORWARDED_PROTO', 'https')"


@pytest.mark.parametrize("environment", ["production", "test"])
def test_errors_are_shown_to_nobody_but_developers(project: Path, environment: str) -> None:
    assert setting(project, "DEBUG", **{**PRODUCTION, "ENVIRONMENT": environment}) == "False"
    assert setting(project, "DEBUG", ENVIRONMENT="development") == "True"


def test_the_env_file_counts_and_a_variable_comes_before_it(project: Path) -> None:
    (project / ".env").write_text("ENVIRONMENT=development\nADMIN_PATH=desk/\n", encoding="utf-8")
    try:
        assert setting(project, "ADMIN_PATH") == "desk/"
        assert setting(project, "ADMIN_PATH", ADMIN_PATH="staff") == "staff/"
    finally:
        (project / ".env").unlink()


def setting(project: Path, name: str, **variables: str) -> str:
    code = f"from django.conf import settings; print(settings.{name})"
    done = manage(project, "shell", "--no-imports", "--command", code, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
