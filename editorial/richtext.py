"""Rich text: the field, the one allow-list, the cleaning, and the editor that staff type into.

The editor (CKEditor 4 by django-ckeditor) is named in this module alone.
"""

import re
from collections.abc import Iterable
from typing import Any

import nh3
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.db import models
from django.utils.html import strip_tags

CITATION = re.compile(r"\[@([a-z0-9][a-z0-9-]*)\]")


def clean(html: str) -> str:
    return nh3.clean(html)


def cited_keys(html: str) -> list[str]:
    """The reference keys cited in the text, once each, in order of appearance."""
    return list(dict.fromkeys(CITATION.findall(html)))


def plain_text(html: str) -> str:
    """The words alone, for counting and for teasers."""
    return " ".join(strip_tags(CITATION.sub("", html)).split())


class RichTextField(models.TextField):
    """HTML that is cleaned before it is stored, whichever way it comes in."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = clean(getattr(model_instance, self.attname) or "")
        setattr(model_instance, self.attname, value)
        return value


class ContainedAppDirectoriesFinder(AppDirectoriesFinder):
    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        return super().list(ignore_patterns)
