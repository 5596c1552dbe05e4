"""Rich text: the one allow-list, the cleaning, the field, and the editor that staff type into.

The editor (CKEditor 4 by django-ckeditor) is named in this module alone; what it sends is stored as clean HTML of no
particular editor. To replace it, write another `RichTextWidget`.
"""

import html as entities
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

import nh3
from ckeditor.widgets import CKEditorWidget
from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.db import models
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from .tidy import BLOCKS, INLINE, tidy

CITATION = re.compile(r"\[@([a-z0-9][a-z0-9-]*)\]")

# --- The allow-list: what a stored text may hold. The editor's own filter is made from it too. -----------------------

ATTRIBUTES: dict[str, set[str]] = {
    "p": set(), "h2": {"id"}, "h3": {"id"}, "h4": {"id"}, "blockquote": set(), "div": set(),
    "ul": set(), "ol": {"start"}, "li": set(),
    "strong": set(), "em": set(), "sup": set(), "sub": set(), "br": set(), "a": {"href"}, "abbr": {"title"},
    "table": set(), "caption": set(), "thead": set(), "tbody": set(), "tr": set(),
    "th": {"scope", "colspan", "rowspan"}, "td": {"colspan", "rowspan"},
    "figure": set(), "figcaption": set(), "img": {"src", "alt", "width", "height"},
}  # fmt: skip
CLASSES: dict[str, set[str]] = {"div": {"callout"}, "p": {"set-off"}}
MUST_HAVE = {"a": "href", "abbr": "title", "img": "src"}  # without these the element says nothing
URL_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms"})

# What goes with everything inside it: nothing in there is text that somebody wrote for readers.
DROPPED_WHOLE = {
    "script", "style", "template", "noscript", "iframe", "object", "applet", "audio", "video", "canvas", "svg", "math",
    "map", "select", "datalist", "textarea", "button", "nav", "title", "xml", "del",
}  # fmt: skip
TRACKING = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|_hsenc|_hsmi")


def link_address(address: str) -> str | None:
    """The address a link may lead to, or None. Own pages become relative; what only serves to track goes."""
    address = address.strip()
    if not address or re.search(r"[\x00-\x20\x7f-\xa0\\<>\"]", address):
        return None
    if address.startswith(("//", "www.")):
        address = "https://" + address.removeprefix("//")
    try:
        parts = urlsplit(address.removeprefix(settings.SITE_URL) or "/" if _is_own(address) else address)
    except ValueError:
        return None
    if not parts.scheme:
        is_ours = parts.path.startswith("/") or (not parts.path and (parts.query or parts.fragment))
        return None if not is_ours or parts.fragment.startswith("_") else urlunsplit(parts)  # “#_ftn1” is Word's own
    if parts.scheme not in URL_SCHEMES:
        return None
    if parts.scheme not in ("http", "https"):
        return urlunsplit(parts) if parts.path else None
    if not parts.hostname or "@" in parts.netloc:
        return None
    if (
        parts.hostname in ("www.google.com", "google.com") and parts.path == "/url"
    ):  # Google Docs puts itself in between
        target = parse_qs(parts.query).get("q") or parse_qs(parts.query).get("url") or [""]
        return link_address(target[0]) if target[0].startswith(("http://", "https://")) else None
    if TRACKING.search(parts.query):
        kept = [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if not TRACKING.fullmatch(name)
        ]
        parts = parts._replace(query=urlencode(kept))
    return urlunsplit(parts)


def picture_address(address: str) -> str | None:
    """The address of one of our own uploads, without host; None for any other picture."""
    address = address.strip()
    path = address.removeprefix(settings.SITE_URL) if _is_own(address) else address
    is_ours = path.startswith(settings.MEDIA_URL) and re.fullmatch(r"/[A-Za-z0-9_./-]+", path) and ".." not in path
    return path if is_ours else None


def _is_own(address: str) -> bool:
    return address == settings.SITE_URL or address.startswith(f"{settings.SITE_URL}/")


# --- Cleaning -------------------------------------------------------------------------------------------------------


def _filter_address(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return link_address(value)
    if name == "src":
        return picture_address(value)
    return value


EMPTY_LINE = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)")

# Reads whatever comes, as a browser would, and leaves only elements that `tidy` understands.
_reader = nh3.Cleaner(
    tags=set(BLOCKS | INLINE),
    clean_content_tags=DROPPED_WHOLE,
    attributes={
        "*": {"style", "class", "id", "hidden"},
        **{tag: names for tag, names in ATTRIBUTES.items() if names},
        "acronym": {"title"},
        "li": {"data-aria-level"},
    },
    link_rel=None,
    url_schemes=set(URL_SCHEMES),
)
# Has the last word: nothing passes that the allow-list does not name.
_sanitiser = nh3.Cleaner(
    tags=set(ATTRIBUTES),
    clean_content_tags=DROPPED_WHOLE,
    attributes={tag: names for tag, names in ATTRIBUTES.items() if names},
    allowed_classes=CLASSES,
    attribute_filter=_filter_address,
    link_rel=None,  # no link opens a window, and the site's referrer policy keeps readers' pages to itself
    url_schemes=set(URL_SCHEMES),
)


def clean(html: str) -> str:
    """Harmless, plain HTML of the same words. Cleaning clean HTML changes nothing."""
    html = unicodedata.normalize("NFC", html.encode("utf-8", "ignore").decode().replace("\x00", ""))
    if _has_no_blocks(html):
        html = _paragraphs(html)
    for _attempt in range(4):
        cleaned = _cleaned_once(html)
        if cleaned == html:
            return cleaned
        html = cleaned
    return _cleaned_once(f"<p>{entities.escape(plain_text(html), quote=False)}</p>")  # never seen; the words are kept


def _cleaned_once(html: str) -> str:
    return _sanitiser.clean(tidy(_reader.clean(html), link=link_address, picture=picture_address))


def _has_no_blocks(text: str) -> bool:
    """Whether the line ends of the text are all that parts it: it has no tag, or only such as stand within a line.

    Where it has some, line ends may be those of a program; an empty line is somebody's.
    """
    if "<" not in text:
        return True
    tags = re.findall(r"</?([a-z][^\s/>]*)", text, re.IGNORECASE)
    is_within_lines = not re.search(r"<[a-z/!?][^<>]*[\r\n]", text, re.IGNORECASE)
    return is_within_lines and {tag.lower() for tag in tags} <= INLINE and bool(EMPTY_LINE.search(text.strip()))


def _paragraphs(text: str) -> str:
    """What somebody typed without tags, for instance where scripts are off: empty lines (or all line ends) part it."""
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text.strip())]
    if "" not in lines:
        return "".join(f"<p>{line}</p>" for line in lines)
    paragraphs = re.split(r"\n{2,}", "\n".join(lines))
    return "".join("<p>{}</p>".format(paragraph.replace("\n", "<br>")) for paragraph in paragraphs)


def cited_keys(html: str) -> list[str]:
    """The reference keys cited in the text, once each, in order of appearance."""
    return list(dict.fromkeys(CITATION.findall(html)))


def plain_text(html: str) -> str:
    """The words alone, for counting and for teasers. Not HTML: escape it where it is shown."""
    apart = re.sub(
        r"<(?=/?(?:p|h[2-4]|li|[uo]l|div|t[dhr]|caption|figcaption|blockquote|br)\b)", " <", CITATION.sub("", html)
    )
    return " ".join(entities.unescape(strip_tags(apart)).split())


def undescribed_pictures(html: str) -> int:
    """How many pictures of a clean text have no alternative text at all. An empty one is an answer: decorative."""
    return sum(" alt=" not in picture for picture in re.findall(r"<img[^>]*>", html))


# --- The field ------------------------------------------------------------------------------------------------------


class RichTextField(models.TextField):  # type: ignore[type-arg]
    """HTML that is cleaned before it is stored, whichever way it comes in."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if isinstance(value, str):
            value = clean(value)
            setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(clean(value) if isinstance(value, str) else value, connection)

    def formfield(self, **kwargs: Any) -> Any:
        # The admin asks for its own widget for every TextField; here it is always the editor.
        return super().formfield(**{**kwargs, "form_class": RichTextFormField, "widget": RichTextWidget})


class RichTextFormField(forms.CharField):
    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and clean(initial or "") != clean(data or "")


# --- The editor -----------------------------------------------------------------------------------------------------

# Only these parts of the editor run; what is not named is not there. None of them calls another host.
PLUGINS = (
    "dialogui", "dialog", "a11yhelp", "basicstyles", "blockquote", "notification", "button", "toolbar",
    "clipboard", "panel", "floatpanel", "menu", "contextmenu", "elementspath", "enterkey", "entities", "find",
    "floatingspace", "listblock", "richcombo", "fakeobjects", "format", "htmlwriter", "wysiwygarea", "indent",
    "indentlist", "link", "list", "magicline", "maximize", "removeformat", "resize", "showborders",
    "specialchar", "tab", "table", "tabletools", "tableselection", "undo", "lineutils", "widgetselection",
    "widget",
)  # fmt: skip
# Named once more, so that adding one to the list above has no effect: they call out, run code, have known holes, or
# (the paste filters) do what the server does better.
FORBIDDEN_PLUGINS = (
    "about", "ajax", "autoembed", "cloudservices", "codesnippet", "codesnippetgeshi", "devtools", "docprops",
    "easyimage", "embed", "embedbase", "embedsemantic", "exportpdf", "filebrowser", "flash", "forms", "iframe",
    "iframedialog", "image", "image2", "mathjax", "newpage", "pastefromgdocs", "pastefromlibreoffice",
    "pastefromword", "pastetools", "preview", "print", "save", "scayt", "smiley", "sourcearea", "sourcedialog",
    "stylescombo", "stylesheetparser", "templates", "uploadimage", "uploadwidget", "wsc", "xml",
)  # fmt: skip
OWN_PLUGINS = ("callout", "sitepage", "picture", "cleanpaste")  # static/js/editor/
TOOLBAR = [
    ["Format"],
    ["Bold", "Italic", "Subscript", "Superscript", "RemoveFormat"],
    ["Link", "SitePage", "Unlink"],
    ["BulletedList", "NumberedList", "Outdent", "Indent", "Blockquote", "Callout", "SetOff"],
    ["Picture", "Table", "SpecialChar"],
    ["Find", "Undo", "Redo", "Maximize"],
]
EDITOR_APP, UPLOADER_APP = "ckeditor", "ckeditor_uploader"


def editor_filter() -> str:
    """The allow-list in the words of the editor's own content filter."""
    rules = []
    for tag, names in ATTRIBUTES.items():
        attributes = ",".join(("!" if MUST_HAVE.get(tag) == name else "") + name for name in sorted(names))
        classes = ",".join(("!" if tag == "div" else "") + name for name in sorted(CLASSES.get(tag, ())))
        rules.append(tag + (f"[{attributes}]" if attributes else "") + (f"({classes})" if classes else ""))
    return "; ".join(rules)


def editor_config() -> dict[str, Any]:
    return {
        # Containment. Each line closes a way in; see tests/editorial/test_editor_containment.py.
        "versionCheck": False,
        "customConfig": "",
        "fullPage": False,
        "allowedContent": editor_filter(),
        "plugins": ",".join(PLUGINS),
        "extraPlugins": ",".join(("autogrow", *OWN_PLUGINS)),
        "removePlugins": ",".join(FORBIDDEN_PLUGINS),
        "clipboard_handleImages": False,  # a pasted picture goes through our own dialog, which asks for its description
        # What staff see.
        "bodyClass": "text",
        "skin": "moono-lisa",
        "width": "100%",
        "toolbar": TOOLBAR,
        "format_tags": "p;h2;h3;h4",
        "stylesSet": [],
        "autoGrow_onStartup": True,
        "autoGrow_minHeight": 280,
        "autoGrow_maxHeight": 720,
        "resize_enabled": False,
        "disableNativeSpellChecker": False,
        "linkShowAdvancedTab": False,
        "linkShowTargetTab": False,
        "linkDefaultProtocol": "https://",
        "removeDialogTabs": "link:advanced;link:target;table:advanced",
        "tabletools_scopedHeaders": True,
        "magicline_color": "#17493a",
        # What it writes.
        "entities": False,
        "basicEntities": True,
        "forcePasteAsPlainText": False,  # our own plugin asks the server, which keeps headings, lists, links, tables
        "ownPages": reverse("admin:editor_pages"),
        "ownPictures": reverse("admin:editor_pictures"),
        "uploadTo": reverse("admin:editor_upload"),
        "cleanAt": reverse("admin:editor_clean"),
        "words": editor_words(),
    }


def editor_words() -> dict[str, str]:
    """What our own plugins say, in the language of the interface."""
    return {
        "callout": _("Call-out box"),
        "setOff": _("Sentence set off from the text"),
        "sitePage": _("Link to a page of this site"),
        "pageSearch": _("Find a page by its title"),
        "pageList": _("Pages"),
        "linkText": _("Link text"),
        "noPage": _("Choose a page from the list."),
        "noPages": _("No page has these words in its title."),
        "picture": _("Picture"),
        "file": _("Upload a picture (JPEG, PNG, WebP or GIF, up to 10 MB)"),
        "library": _("… or choose one that was uploaded before"),
        "none": _("(none)"),
        "alt": _("What the picture tells, for readers who can’t see it"),
        "decorative": _("It is decorative: it tells nothing, screen readers skip it"),
        "noPicture": _("Choose a picture first."),
        "noAlt": _("Describe the picture, or mark it as decorative."),
        "uploading": _("Uploading …"),
        "failed": _(
            "This did not work. You may be signed out or offline. Your text is still here: sign in in another tab, "
            "then try again."
        ),
        "pastePlain": _(
            "Only the plain words were pasted: the site could not be asked. You may be signed out or offline."
        ),
        "foreignPictures": _("Pictures from elsewhere can’t be pasted. Save them as files and use the picture button."),
    }


class RichTextWidget(CKEditorWidget):  # type: ignore[misc]
    """The editor. Where scripts are off it is a plain text area: it takes HTML, or paragraphs parted by empty lines."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"rows": 20, "cols": 80, **(attrs or {})})

    def format_value(self, value: Any) -> str:
        """Also what comes back with a refused form is cleaned, so that the editor never parses anything else."""
        return clean(str(value or ""))

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> Any:
        # Late: the language is that of this request, and addresses are known only once static files are collected.
        self.config = {**editor_config(), "contentsCss": [static("css/editor.css")]}
        addresses = [(name, static(f"js/editor/{name}.js").rpartition("/")) for name in OWN_PLUGINS]
        self.external_plugin_resources = [(name, f"{folder}/", file) for name, (folder, _slash, file) in addresses]
        return super().get_context(name, value, attrs)


# For the views that show the editor, and for no other: the looser policy its inline scripts and styles need.
editor_csp = csp_replace(settings.EDITOR_CSP)

_SERVED = re.compile(
    r"ckeditor-init\.js|fixups\.js|ckeditor\.css"
    r"|ckeditor/(?:ckeditor\.js|contents\.css|LICENSE\.md|lang/[a-z-]+\.js|vendor/promise\.js|skins/moono-lisa/.+)"
    r"|ckeditor/plugins/(?:icons(?:_hidpi)?\.png|(?:{})/.+)".format("|".join((*PLUGINS, "autogrow")))
)
_NEVER_SERVED = re.compile(r"(?:^|/)(?:samples?|old|tests?)(?:/|$)", re.IGNORECASE)


def is_served(path: str) -> bool:
    """Whether a static file may be collected and served: all that is not the editor's, and its parts that are in use.

    Its samples, old folders and forbidden plugins are thereby out of reach, also those that an update may bring.
    """
    path = posixpath.normpath(path.replace("\\", "/")).lstrip("/")
    for app in (EDITOR_APP, UPLOADER_APP):
        if path == app or path.startswith(f"{app}/"):
            inside = path[len(app) + 1 :]
            return app == EDITOR_APP and bool(_SERVED.fullmatch(inside)) and not _NEVER_SERVED.search(inside)
    return True


class ContainedAppDirectoriesFinder(AppDirectoriesFinder):
    """Django's finder, less the parts of the editor that are not in use."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        for path, storage in super().list(ignore_patterns):
            if is_served(posixpath.join(getattr(storage, "prefix", None) or "", path)):
                yield path, storage

    def find_in_app(self, app: str, path: str) -> str | None:
        return super().find_in_app(app, path) if is_served(path) else None
