"""What articles, condition pages and standing pages share: their fields, who may see them, and where they stand.

`published()` is the one place that decides what a reader may see. `acts` holds what is done with pages.
"""

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Self, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import redirects
from .models import Image, Person, Reference, SafetyText, citation_problem
from .rendering import Rendered, render_page
from .richtext import RichTextField, clean, plain_text, undescribed_pictures

WORDS_PER_MINUTE = 200  # a calm reader of health texts; Brysbaert 2019 found 238 for English non-fiction


class Status(models.TextChoices):
    """Whether readers see the page."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")


class Stage(models.TextChoices):
    """How far the newest revision has come."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in-review", _("In review")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")


P = TypeVar("P", bound="Publishable")


class PublishableQuerySet(models.QuerySet[P]):
    def published(self) -> Self:
        """What readers may see now."""
        return self.filter(status=Status.PUBLISHED)

    def with_people(self) -> Self:
        found = self.select_related("author", "reviewer", "cover", "sign_off__person")
        return found.defer("sign_off__clinical_content")

    def without_texts(self) -> Self:
        """Without what lists don't show and is long."""
        return self.defer("body", "search_vector")


def _pointer(to: str, name: Any) -> Any:
    return models.ForeignKey(
        to, models.PROTECT, null=True, blank=True, editable=False, related_name="+", verbose_name=name
    )


class Publishable(models.Model):
    """A page with an author, a sign-off and a state.

    While readers see it, the row holds exactly what they see; changes in hand are revisions. While they don't, the row
    follows the newest revision, so that lists show what is being written. `acts` is the only code that changes a state.
    """

    # Not part of a revision: where the page stands, not what it says.
    BOOKKEEPING = frozenset(
        {
            "id", "status", "published_at", "changed_at", "substantially_changed_at", "created_at", "word_count",
            "search_vector", "reviewer", "reviewed_on", "latest", "live", "stage", "asked", "approval", "sign_off",
            "review_due_on",
        }
    )  # fmt: skip
    PARTS: tuple[str, ...] = ()  # reverse names of rows that are part of the page, such as questions
    SAFETY_KINDS: tuple[str, ...] = ("article_disclaimer", "site_disclaimer")  # beside the risk block

    title = models.CharField(
        _("title"), max_length=140, help_text=_("The heading of the page and of its entry in lists.")
    )
    slug = models.SlugField(
        _("address"),
        max_length=120,
        unique=True,
        help_text=_("The last part of the page’s web address. When it changes, the old address leads to the new one."),
    )
    summary = models.TextField(
        _("summary"),
        blank=True,
        max_length=600,
        help_text=_("Two or three plain sentences under the heading; also the teaser in lists and in the newsletter."),
    )
    key_points = models.TextField(
        _("key points"),
        blank=True,
        help_text=_("Three or four, one to a line, shown in the “In short” box. At least one names a risk or a limit."),
    )
    body = RichTextField(
        _("text"),
        blank=True,
        help_text=_(
            "Headings make the contents list. Cite a reference by typing its key, e.g. [@ferraro-2025]: "
            "readers see a number, a margin note and an entry in the list of references."
        ),
    )
    search_description = models.CharField(
        _("search description"),
        max_length=160,
        blank=True,
        help_text=_("What search engines show under the title. Empty: the summary is used."),
    )
    shows_risks = models.BooleanField(
        _("shows the risk block"),
        default=True,
        help_text=_(
            "Puts “The risks, in plain words” (a safety text) into the middle of the page. "
            "Needed wherever a benefit is named."
        ),
    )
    author = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
        help_text=_("Shown as “Written by”."),
    )
    cover = models.ForeignKey(
        Image,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cover image"),
        help_text=_("Empty: contour lines drawn from the page’s address take its place."),
    )
    cover_alt = models.CharField(
        _("cover’s alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What the picture tells on this page, for readers who can’t see it."),
    )
    cover_is_decorative = models.BooleanField(
        _("cover is decorative"), default=False, help_text=_("It tells nothing; screen readers skip it.")
    )
    # --- Where it stands; set by acts alone ---
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    published_at = models.DateTimeField(_("first published"), null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(_("last changed"), editable=False, default=timezone.now)  # less minor changes
    substantially_changed_at = models.DateTimeField(editable=False, default=timezone.now)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    latest = _pointer("editorial.Revision", _("newest revision"))
    live = _pointer("editorial.Revision", _("public revision"))
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.DRAFT, editable=False)
    asked = _pointer("editorial.Person", _("asked to review"))
    approval = _pointer("editorial.SignOff", _("sign-off of the newest revision"))
    sign_off = _pointer("editorial.SignOff", _("sign-off of what readers see"))
    # From the sign-off, while it holds for what readers see; lists show them.
    reviewer = _pointer("editorial.Person", _("clinical reviewer"))
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True, editable=False)
    review_due_on = models.DateField(_("next review"), null=True, blank=True, editable=False)
    word_count = models.PositiveIntegerField(editable=False, default=0)  # of the body; lists show it without the body
    search_vector = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("summary", "key_points", weight="B", config="english")
        + SearchVector("body", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = PublishableQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    _loaded_slug = ""  # the address under which the row was loaded, so that a change of it can leave a redirect

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.body = clean(self.body)
        self.word_count = len(plain_text(self.body).split())
        with transaction.atomic():
            super().save(*args, **kwargs)
            if self.is_published:
                redirects.free(*self.addresses())
            if self.was_ever_public and self._loaded_slug and self._loaded_slug != self.slug:
                former = type(self)(slug=self._loaded_slug).addresses()
                for old, new in zip(former, self.addresses(), strict=True):
                    if self.is_published or not redirects.leads_on(old):  # where staff led readers, they still go
                        redirects.leave(old, new)
        self._loaded_slug = self.slug

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    def addresses(self) -> list[str]:
        """Every address that moves when the slug changes, the page's own first."""
        return [self.get_absolute_url()]

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any]) -> Self:  # type: ignore[override]
        page = super().from_db(db, field_names, values)
        if "slug" in field_names:
            page._loaded_slug = page.slug
        return page

    def clean(self) -> None:
        super().clean()
        errors: dict[str, Any] = {}
        if self.cover_id and not self.cover_alt and not self.cover_is_decorative:
            errors["cover_alt"] = _("Describe the cover for readers who can’t see it, or tick “cover is decorative”.")
        if problem := citation_problem(self.body):
            errors["body"] = problem
        if errors:
            raise ValidationError(errors)

    # --- State ------------------------------------------------------------------------------------------------------

    @property
    def is_published(self) -> bool:
        return self.status == Status.PUBLISHED

    @property
    def state(self) -> Status:
        return Status(self.status)

    @property
    def was_ever_public(self) -> bool:
        """True also for a page that was taken down: links to it may be out there."""
        return self.published_at is not None

    @property
    def has_changes(self) -> bool:
        """Whether a public page has a newer revision that readers don't see."""
        return self.is_published and self.latest_id != self.live_id

    @property
    def needs_clinician(self) -> bool:
        """Whether a clinician must sign off the text; else somebody who may publish does."""
        return True

    def missing_for_readers(self) -> dict[str, str]:
        """What the page lacks before a reader may see it: by field, a sentence that says what to do."""
        missing = {}
        if not self.summary:
            missing["summary"] = _("Write a summary: lists, search engines and the newsletter show it.")
        if not plain_text(self.body):
            missing["body"] = _("The page has no text yet.")
        elif undescribed_pictures(self.body):
            missing["body"] = _(
                "A picture in the text has no description. Click it, and describe it or mark it as decorative."
            )
        if self.author_id is None:
            missing["author"] = _("Choose an author: readers are told who wrote the page.")
        return {field: str(sentence) for field, sentence in missing.items()}

    @property
    def temper(self) -> str:
        """The character of the page's contour drawing: a condition's slug, or “plain”."""
        return "plain"

    # --- What readers see -------------------------------------------------------------------------------------------

    def further_texts(self) -> list[tuple[str, str]]:
        """Texts after the body, each with its heading: questions and answers, say."""
        return []

    def clinical_fields(self) -> dict[str, str]:
        """Further plain texts that a reviewer answers for, by name."""
        return {}

    def rendered(self, safety: Mapping[str, SafetyText]) -> Rendered:
        """The texts as readers see them. `safety` is what `safety_texts()` gives."""
        risks = safety.get("risks") if self.shows_risks else None
        return render_page(self.body, [text for _heading, text in self.further_texts()], risks=risks)

    @property
    def review_every(self) -> timedelta:
        """From one clinical review to the next, for this kind of page."""
        return timedelta(days=settings.REVIEW_EVERY_DAYS[self._meta.model_name or ""])

    @property
    def review_is_overdue(self) -> bool:
        return self.review_due_on is not None and self.review_due_on < timezone.localdate()

    @property
    def reading_minutes(self) -> int:
        return max(1, round(self.word_count / WORDS_PER_MINUTE))

    @property
    def key_point_list(self) -> list[str]:
        return [line.strip() for line in self.key_points.splitlines() if line.strip()]

    @property
    def description(self) -> str:
        return self.search_description or self.summary

    @property
    def was_changed_after_publication(self) -> bool:
        return self.published_at is not None and self.changed_at > self.published_at


def publishable_models() -> list[type[Publishable]]:
    """Every kind of page that is installed."""
    return [model for model in apps.get_models() if issubclass(model, Publishable)]


def published_pages(**who: Person) -> list[Publishable]:
    """All a person has written (`author=`) or reviewed (`reviewer=`) that readers may see, newest first."""
    found = [
        page
        for model in publishable_models()
        for page in model.objects.published().filter(**who).with_people().without_texts()
    ]
    return sorted(found, key=lambda page: page.published_at or page.created_at, reverse=True)


def is_cited(reference: Reference) -> bool:
    """Whether any stored text names the reference, drafts included: every rich text of every model is asked."""
    mark = f"[@{reference.key}]"
    in_hand = json.dumps(reference.key)  # as it stands in a revision's canonical content
    if any(
        m._default_manager.filter(latest__clinical_content__contains=in_hand).exists() for m in publishable_models()
    ):
        return True
    return any(
        model._default_manager.filter(**{f"{field.name}__contains": mark}).exists()
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, RichTextField)
    )


def publishable_constraints(prefix: str) -> list[models.BaseConstraint]:
    """The rules that the database itself holds for a kind of page. Each kind needs names of its own for them."""
    return [
        models.CheckConstraint(condition=Q(status__in=Status.values), name=f"{prefix}_status_known"),
        models.CheckConstraint(
            condition=Q(status=Status.DRAFT) | Q(published_at__isnull=False),
            name=f"{prefix}_published_has_time",
            violation_error_message=_("Give the publication time."),
        ),
        models.CheckConstraint(
            condition=Q(cover__isnull=True) | Q(cover_is_decorative=True) | ~Q(cover_alt=""),
            name=f"{prefix}_cover_described",
            violation_error_message=_("Describe the cover for readers who can’t see it, or mark it as decorative."),
        ),
    ]
