"""System checks of the content kit: they fail when somebody undoes what makes the frozen editor harmless.

They are the answer to the editor's own warning (W001, no more fixes), which settings silence for that reason.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

from . import richtext

FINDER = f"{richtext.__name__}.ContainedAppDirectoriesFinder"
DJANGOS_FINDER = "django.contrib.staticfiles.finders.AppDirectoriesFinder"


@register(Tags.security)
def check_uploader(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The uploader that comes with the editor checks neither content nor size, and keeps a photograph's place."""
    if not apps.is_installed(richtext.UPLOADER_APP) and not any(_uploader_views(get_resolver())):
        return []
    return [
        Error(
            f"{richtext.UPLOADER_APP} is installed or has an address.",
            hint="Take it out of INSTALLED_APPS and the URLs. editorial.uploads takes pictures, and checks them.",
            id="editorial.E001",
        )
    ]


def _uploader_views(resolver: URLResolver) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _uploader_views(pattern)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "__wrapped__", pattern.callback)
            module = getattr(getattr(view, "view_class", view), "__module__", "")
            if module.startswith(richtext.UPLOADER_APP):
                yield module


@register(Tags.security)
def check_editor_config(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Full pages, an open content filter, calls to the maker's host and known holes stay closed."""
    config = richtext.editor_config()
    faults = []
    if config.get("fullPage") is not False:
        faults.append("fullPage is on (CVE-2024-24815)")
    if config.get("allowedContent") != richtext.editor_filter() or config.get("extraAllowedContent"):
        faults.append("allowedContent is not made from the allow-list")
    if config.get("versionCheck") is not False:
        faults.append("versionCheck asks another host (CVE-2024-43411)")
    if config.get("customConfig") != "":
        faults.append("customConfig loads settings from elsewhere")
    removed = set(config.get("removePlugins", "").split(","))
    loaded = {name for key in ("plugins", "extraPlugins") for name in config.get(key, "").split(",")}
    if forbidden := (loaded | (set(richtext.FORBIDDEN_PLUGINS) - removed)) & set(richtext.FORBIDDEN_PLUGINS):
        faults.append(f"forbidden plugins could load: {', '.join(sorted(forbidden))}")
    return [
        Error(
            f"The editor is configured unsafely: {fault}.",
            hint="It gets no more fixes, so each known hole is closed by editor_config() in editorial.richtext.",
            id="editorial.E002",
        )
        for fault in faults
    ]


@register(Tags.security)
def check_served_files(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Samples and unused plugins (CVE-2024-24816, CVE-2023-4771, CVE-2024-43407) are neither collected nor served."""
    finders = list(settings.STATICFILES_FINDERS)
    if FINDER in finders and DJANGOS_FINDER not in finders:
        return []
    return [
        Error(
            "Static files of the editor that must stay out of reach would be served.",
            hint=f"In STATICFILES_FINDERS, {FINDER} takes the place of Django's AppDirectoriesFinder.",
            id="editorial.E003",
        )
    ]


@register(Tags.security)
def check_policy(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Readers' pages allow no inline script, and the editor's pages no eval and no other host."""
    faults = []
    everywhere = getattr(settings, "CONTENT_SECURITY_POLICY", {}).get("DIRECTIVES", {})
    if not everywhere.get("default-src") or any("unsafe" in source for part in _sources(everywhere) for source in part):
        faults.append("CONTENT_SECURITY_POLICY lets readers' pages run inline scripts or styles")
    own = {"'self'", "'unsafe-inline'", "'none'", "data:"}
    if any(source not in own for part in _sources(settings.EDITOR_CSP) for source in part):
        faults.append("EDITOR_CSP allows more than inline scripts and styles of our own host")
    if any("data:" in settings.EDITOR_CSP.get(name, []) for name in ("script-src", "default-src", "object-src")):
        faults.append("EDITOR_CSP allows scripts from data: addresses")
    return [
        Error(
            f"{fault}.", hint="Compare with the settings' own comments; the editor needs no more.", id="editorial.E004"
        )
        for fault in faults
    ]


def _sources(directives: dict[str, Any]) -> Iterator[list[str]]:
    for value in directives.values():
        if isinstance(value, list | tuple | set):
            yield [str(source) for source in value]
