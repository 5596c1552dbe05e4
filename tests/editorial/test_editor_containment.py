"""The editor gets no more fixes. Each known hole is closed by one of the four rules in the design and has its test.

What a real browser does with it is tried in tests/browser/test_editor.py.
"""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver, reverse
from pytest_django import Settings

from editorial import checks, richtext
from editorial.richtext import FORBIDDEN_PLUGINS, RichTextWidget, clean, editor_config, is_served
from tests.factories import make_article, make_condition, make_standing

ROOT = Path(site_settings.BASE_DIR)
INSIDE = "ckeditor/ckeditor"  # where the editor lies among the static files


def config() -> dict[str, Any]:
    """What the page's HTML really hands to the editor."""
    found = re.search(r'data-config="([^"]*)"', RichTextWidget().render("body", "", {"id": "id_body"}))
    assert found
    return dict(json.loads(html.unescape(found[1])))


def collected() -> Iterator[str]:
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            yield f"{getattr(storage, 'prefix', None) or ''}{path}"


# --- Rule 1: staff only, on edit pages only ---------------------------------------------------------------------------


def policy(response: Any) -> dict[str, list[str]]:
    parts = (part.split() for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


@pytest.mark.django_db
def test_readers_pages_have_neither_the_editor_nor_its_looser_policy(client: Client) -> None:
    pages = [make_article(), make_condition(), make_standing()]
    addresses = [page.get_absolute_url() for page in pages] + [
        reverse("home"),
        reverse("blog:article_list"),
        reverse("search"),
    ]
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert b"ckeditor" not in response.content.lower()


@pytest.mark.django_db
def test_in_the_admin_only_the_pages_that_show_the_editor_have_its_policy(admin_client: Client) -> None:
    article = make_article()
    edit, others = [], []
    for model in ("blog_article", "pages_conditionpage", "pages_standingpage"):
        edit.append(reverse(f"admin:{model}_add"))
        others.append(reverse(f"admin:{model}_changelist"))
    edit += [reverse("admin:blog_article_change", args=[article.pk]), reverse("admin:editorial_person_add"),
             reverse("admin:editorial_safetytext_add")]  # fmt: skip
    others += [
        reverse("admin:index"),
        reverse("admin:editorial_reference_add"),
        *(reverse(f"admin:blog_article_{act}", args=[article.pk]) for act in ("status", "remark", "remove", "preview")),
    ]
    for address in edit:
        response = admin_client.get(address)
        assert b"data-ckeditor-basepath" in response.content, address
        assert policy(response)["script-src"] == ["'self'", "'unsafe-inline'"], address
    for address in others:
        response = admin_client.get(address)
        assert response.status_code == 200
        assert b"data-ckeditor-basepath" not in response.content, address
        assert "unsafe" not in response.headers["Content-Security-Policy"], address


@pytest.mark.django_db
def test_the_looser_policy_still_forbids_eval_other_hosts_and_plugins(admin_client: Client) -> None:
    found = policy(admin_client.get(reverse("admin:blog_article_add")))
    assert found["default-src"] == ["'self'"]
    assert found["object-src"] == found["base-uri"] == ["'none'"]
    assert found["form-action"] == ["'self'"]
    sources = {source for values in found.values() for source in values}
    assert sources == {"'self'", "'none'", "'unsafe-inline'", "data:"}
    assert [name for name, values in found.items() if "data:" in values] == ["img-src"]


# --- Rule 2: cleaned on the server, by the list from which the editor's filter is made --------------------------------


def test_full_pages_and_cdata_are_off_and_the_content_filter_is_on() -> None:
    """CVE-2024-24815: with full-page editing or CDATA in the allowed content, crafted HTML passes the filter."""
    assert config()["fullPage"] is False
    assert config()["allowedContent"] == richtext.editor_filter()
    assert "*" not in config()["allowedContent"]
    assert "extraAllowedContent" not in config()
    assert not re.search(r"\b(?:style|script|iframe|object|embed|head|body|html)\b", config()["allowedContent"])
    assert "<" not in clean("<![CDATA[<img src=x onerror=alert(1)>]]>").replace("<p>", "").replace("</p>", "")


# --- Rule 3: each known hole ---------------------------------------------------------------------------------------

UNREACHABLE = [
    # CVE-2024-24816 (samples with preview) and CVE-2023-4771 (the AjaxSearch sample)
    f"{INSIDE}/samples/index.html",
    f"{INSIDE}/samples/old/ajax.html",
    f"{INSIDE}/samples/old/assets/posteddata.php",
    f"{INSIDE}/old/index.html",
    "ckeditor/samples/x.html",
    f"{INSIDE}/plugins/link/samples/link.html",
    f"{INSIDE}/plugins/preview/preview.html",
    f"{INSIDE}/plugins/preview/plugin.js",
    # CVE-2024-43407 (GeSHi code snippets)
    f"{INSIDE}/plugins/codesnippetgeshi/plugin.js",
    f"{INSIDE}/plugins/codesnippet/plugin.js",
    f"{INSIDE}/plugins/codesnippet/lib/highlight/highlight.pack.js",
    # what calls other hosts, runs code or is not in use
    f"{INSIDE}/plugins/exportpdf/plugin.js",
    f"{INSIDE}/plugins/scayt/dialogs/options.js",
    f"{INSIDE}/plugins/wsc/dialogs/ciframe.html",
    f"{INSIDE}/plugins/flash/plugin.js",
    f"{INSIDE}/plugins/iframe/dialogs/iframe.js",
    f"{INSIDE}/plugins/iframedialog/plugin.js",
    f"{INSIDE}/plugins/sourcedialog/plugin.js",
    f"{INSIDE}/plugins/devtools/plugin.js",
    f"{INSIDE}/plugins/uicolor/yui/yui.js",
    f"{INSIDE}/plugins/mathjax/plugin.js",
    f"{INSIDE}/plugins/embed/plugin.js",
    f"{INSIDE}/plugins/templates/dialogs/templates.js",
    f"{INSIDE}/plugins/adobeair/plugin.js",
    f"{INSIDE}/config.js",
    f"{INSIDE}/build-config.js",
    f"{INSIDE}/bender-runner.config.json",
    f"{INSIDE}/README.md",
    "ckeditor/galleriffic/js/jquery.galleriffic.js",
    "ckeditor/ckeditor_uploader/admin_base.css",
    # roundabout ways there
    f"{INSIDE}/plugins/link/../codesnippetgeshi/plugin.js",
    f"{INSIDE}/./samples/index.html",
    f"{INSIDE}//samples/index.html",
    f"/{INSIDE}/samples/index.html",
    f"css/../{INSIDE}/samples/index.html",
    f"{INSIDE}\\samples\\index.html",
    f"{INSIDE}/plugins/link/Samples/x.html",
]


@pytest.mark.parametrize("path", UNREACHABLE)
def test_samples_and_unused_parts_are_never_found(path: str) -> None:
    """CVE-2024-24816, CVE-2023-4771, CVE-2024-43407: code that is not served can't be attacked."""
    assert not is_served(path)
    assert finders.find(path.lstrip("/")) is None


@pytest.mark.django_db
def test_samples_and_unused_parts_are_not_served(client: Client) -> None:
    """As above, through the whole request path (whitenoise with the finders, as in development)."""
    assert client.head(f"/static/{INSIDE}/ckeditor.js").status_code == 200
    for path in UNREACHABLE[:12]:
        assert client.get(f"/static/{path}").status_code == 404, path


def test_the_finder_makes_the_difference() -> None:
    """Django's own finder would find them: so the tests above can fail."""
    assert AppDirectoriesFinder().find(f"{INSIDE}/plugins/codesnippetgeshi/plugin.js")


def test_nothing_that_must_not_be_served_is_collected() -> None:
    paths = [path for path in collected() if path.startswith("ckeditor")]
    assert f"{INSIDE}/ckeditor.js" in paths
    assert len(paths) > 100
    for path in paths:
        assert not re.search(r"sample|/old/|/tests?/|\.html?$|\.php$", path), path
        plugin = re.match(rf"{INSIDE}/plugins/([^/]+)/", path)
        assert not plugin or plugin[1] in (*richtext.PLUGINS, "autogrow"), path
    assert not any(path.startswith("ckeditor_") for path in collected())


def test_a_sample_folder_that_an_update_brings_is_not_collected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVE-2024-24816 and CVE-2023-4771: today's package has no samples; the rule does not depend on that."""
    for path in (f"{INSIDE}/samples/index.html", f"{INSIDE}/samples/old/ajax.html", f"{INSIDE}/ckeditor.js"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    finder = richtext.ContainedAppDirectoriesFinder(app_names=["ckeditor"])
    monkeypatch.setattr(finder.storages["ckeditor"], "location", str(tmp_path))
    monkeypatch.setattr(finder.storages["ckeditor"], "base_location", str(tmp_path))
    assert [path for path, _storage in finder.list([])] == [f"{INSIDE}/ckeditor.js"]
    assert not finder.find(f"{INSIDE}/samples/index.html")


def test_files_in_use_are_found() -> None:
    for path in ("ckeditor/ckeditor-init.js", "ckeditor/fixups.js", f"{INSIDE}/ckeditor.js", f"{INSIDE}/lang/en.js",
                 f"{INSIDE}/skins/moono-lisa/editor.css", f"{INSIDE}/plugins/link/dialogs/link.js",
                 f"{INSIDE}/plugins/autogrow/plugin.js",
                 f"{INSIDE}/plugins/table/dialogs/table.js", "admin/css/base.css", "js/editor/picture.js"):  # fmt: skip
        assert finders.find(path), path


@pytest.mark.slow
def test_production_collects_what_is_in_use_and_nothing_else(tmp_path: Path, settings: Settings) -> None:
    """The hashing storage follows the style sheets' references: a missing picture would stop every deployment."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        # What production's storage does, less the compression, which takes long and changes no name.
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / INSIDE / "ckeditor.js").is_file()
    assert not [path for path in tmp_path.glob(f"{INSIDE}/plugins/*") if path.name in FORBIDDEN_PLUGINS]
    resources = RichTextWidget().render("body", "", {"id": "id_body"})
    for name in richtext.OWN_PLUGINS:  # the editor loads them by their hashed names, from a folder that ends in “/”
        assert re.search(rf"/static/js/editor/&quot;, &quot;{name}\.[0-9a-f]+\.js", resources), name


def test_code_snippets_are_not_loaded() -> None:
    """CVE-2024-43407: the GeSHi code snippet plugin lets the server's answer run as script."""
    loaded = {name for key in ("plugins", "extraPlugins") for name in config()[key].split(",")}
    assert not loaded & set(FORBIDDEN_PLUGINS)
    assert {"codesnippetgeshi", "preview", "exportpdf", "scayt", "wsc", "iframe"} <= set(
        config()["removePlugins"].split(",")
    )


def test_the_version_notifier_is_off() -> None:
    """CVE-2024-43411: it asks the maker's host for news, and would run what that host, once taken over, answers."""
    assert config()["versionCheck"] is False
    assert config()["customConfig"] == ""


def test_what_is_configured_names_no_other_host() -> None:
    text = RichTextWidget().render("body", "", {"id": "id_body"})
    assert [found for found in re.findall(r"https?://[^\s&\"]*", text) if found != "https://"] == []


# --- Rule 4: the editor is named in one module ------------------------------------------------------------------------


def test_the_editor_is_named_in_one_module() -> None:
    """Settings install it, tests prove its containment; whoever replaces it changes richtext.py."""
    allowed = {Path("editorial/richtext.py"), Path("clinic_site/settings.py")}
    for folder in ("clinic_site", "newsletter", "blog", "pages", "editorial"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.relative_to(ROOT) not in allowed:
                assert "ckeditor" not in path.read_text().lower(), path


# --- The system checks fail when somebody undoes it -------------------------------------------------------------------


def failing() -> set[str]:
    return {str(message.id) for message in run_checks() if str(message.id).startswith("editorial.")}


def test_the_site_as_it_is_passes() -> None:
    assert failing() == set()
    assert "ckeditor.W001" in site_settings.SILENCED_SYSTEM_CHECKS


def test_installing_the_uploader_fails_the_checks(settings: Settings) -> None:
    settings.CKEDITOR_UPLOAD_PATH = "uploads/"
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "ckeditor_uploader"]
    assert failing() == {"editorial.E001"}


def test_an_address_of_the_uploader_fails_the_checks(settings: Settings) -> None:
    settings.CKEDITOR_UPLOAD_PATH = "uploads/"
    assert not any(checks._uploader_views(get_resolver()))
    assert any(checks._uploader_views(get_resolver("ckeditor_uploader.urls")))


@pytest.mark.parametrize(
    "undone",
    [
        {"fullPage": True},
        {"allowedContent": True},
        {"allowedContent": "*"},
        {"extraAllowedContent": "iframe"},
        {"versionCheck": True},
        {"customConfig": "/static/js/mine.js"},
        {"removePlugins": ""},
        {"extraPlugins": "codesnippetgeshi"},
    ],
    ids=str,
)
def test_opening_the_editors_configuration_fails_the_checks(
    monkeypatch: pytest.MonkeyPatch, undone: dict[str, Any]
) -> None:
    whole = editor_config()
    monkeypatch.setattr(richtext, "editor_config", lambda: {**whole, **undone})
    assert failing() == {"editorial.E002"}


def test_forgetting_a_line_of_the_configuration_fails_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = editor_config()
    for name in ("fullPage", "allowedContent", "versionCheck", "customConfig", "removePlugins"):
        monkeypatch.setattr(richtext, "editor_config", lambda name=name: {k: v for k, v in whole.items() if k != name})
        assert failing() == {"editorial.E002"}, name


def test_djangos_own_finder_fails_the_checks(settings: Settings) -> None:
    settings.STATICFILES_FINDERS = [
        *settings.STATICFILES_FINDERS,
        "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    ]
    assert failing() == {"editorial.E003"}
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    assert failing() == {"editorial.E003"}


@pytest.mark.parametrize(
    "policy_",
    [
        {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"default-src": ["'self'", "'unsafe-inline'"]}}},
        {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"default-src": ["'self'"], "script-src": ["'unsafe-eval'"]}}},
        {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {}}},
        {"EDITOR_CSP": {"script-src": ["'self'", "'unsafe-eval'"]}},
        {"EDITOR_CSP": {"script-src": ["'self'", "https://cdn.ckeditor.com"]}},
        {"EDITOR_CSP": {"script-src": ["'self'", "data:"]}},
    ],
    ids=str,
)
def test_loosening_a_policy_fails_the_checks(settings: Settings, policy_: dict[str, Any]) -> None:
    for name, value in policy_.items():
        setattr(settings, name, value)
    assert failing() == {"editorial.E004"}
