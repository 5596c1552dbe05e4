"""clinic_site → newsletter → blog → pages → editorial → Django: no room imports from one that stands before it."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

ROOMS = ("clinic_site", "newsletter", "blog", "pages", "editorial")


def forbidden_imports(source: str, module: str) -> list[str]:
    """The imports of this module, inside functions too, that go against the direction."""
    room = module.split(".", 1)[0]
    before = ROOMS[: ROOMS.index(room)]
    return sorted(name for name in imported(ast.parse(source), module) if name.split(".", 1)[0] in before)


def imported(tree: ast.AST, module: str) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # One dot is the folder of the module, each further one the folder above.
            start = module.split(".")[: -node.level] if node.level else []
            names.add(".".join([*start, node.module or ""]))
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__", "import_string"):
            names |= {text for argument in node.args if (text := said_in(argument))}
    return names


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def said_in(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_from_one_before_it(room: str) -> None:
    files = sorted((settings.BASE_DIR / room).rglob("*.py"))
    assert files
    found = {}
    for path in files:
        module = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)
        if names := forbidden_imports(path.read_text(encoding="utf-8"), module):
            found[module] = names
    assert found == {}


def test_every_app_of_ours_is_a_room() -> None:
    apps = {path.parent.name for path in Path(settings.BASE_DIR).glob("*/apps.py")}
    assert apps == set(ROOMS)


@pytest.mark.parametrize(
    "source",
    [
        "import blog.models",
        "from blog import views",
        "from blog.models import Article",
        "def late():\n    from clinic_site.chrome import chrome",
        "from ...blog import models",
        "import importlib\nimportlib.import_module('newsletter.models')",
    ],
)
def test_an_import_against_the_direction_is_seen(source: str) -> None:
    assert forbidden_imports(source, "pages.checks.words")


@pytest.mark.parametrize("source", ["from editorial import models", "from . import blog", "import django"])
def test_an_import_along_the_direction_is_fine(source: str) -> None:
    assert forbidden_imports(source, "pages.checks.words") == []
