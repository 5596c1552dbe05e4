"""What articles, condition pages and standing pages share: their fields, who may see them, and the acts on them.

`published()` is the one place that decides what a reader may see. The acts (`publish`, `unpublish`) are the only code
that changes a page's state; admin and commands call them.
"""

import hashlib
import json
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Self, TypeVar

from django.apps import apps
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import redirects
from .models import Image, Person, Reference, citation_problem
from .richtext import RichTextField, clean, plain_text, undescribed_pictures

WORDS_PER_MINUTE = 200  # a calm reader of health texts; Brysbaert 2019 found 238 for English non-fiction


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    PUBLISHED = "published", _("Published")


P = TypeVar("P", bound="Publishable")


class PublishableQuerySet(models.QuerySet[P]):
    def published(self) -> Self:
        """What readers may see now. A scheduled page shows from its time on, whether or not a worker has run."""
        return self.filter(status__in=[Status.PUBLISHED, Status.SCHEDULED], publish_at__lte=timezone.now())

    def due(self) -> Self:
        """Scheduled pages whose time has come and whose status does not say so yet."""
        return self.filter(status=Status.SCHEDULED, publish_at__lte=timezone.now())

    def go_live(self) -> int:
        """Marks due pages as published. Safe to run anywhere, any number of times; returns how many changed."""
        return self.due().update(status=Status.PUBLISHED)

    def with_people(self) -> Self:
        return self.select_related("author", "reviewer", "cover")


class Publishable(models.Model):
    """A page with an author, a clinical reviewer and a state. The live row holds exactly what readers see."""

    REVIEW_EVERY = timedelta(days=365)  # from one clinical review to the next; each kind of page may set its own
    CONTENT_FIELDS: tuple[str, ...] = (
        "title",
        "summary",
        "key_points",
        "body",
        "reviewed_on",
        "reviewer_id",
        "author_id",
    )

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
    reviewer = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"is_clinician": True},
        verbose_name=_("clinical reviewer"),
        help_text=_("Shown as “Clinically reviewed by”. Never the author."),
    )
    reviewed_on = models.DateField(
        _("reviewed on"), null=True, blank=True, help_text=_("The day the reviewer approved this text.")
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
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    publish_at = models.DateTimeField(
        _("publication time"),
        null=True,
        blank=True,
        help_text=_("For “Scheduled”: readers see the page from this moment. For “Published”: empty means now."),
    )
    word_count = models.PositiveIntegerField(
        editable=False, default=0
    )  # of the body; lists show it without fetching that
    content_digest = models.CharField(max_length=64, editable=False, default="")
    changed_at = models.DateTimeField(_("text last changed"), editable=False, default=timezone.now)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
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
        digest = hashlib.sha256(json.dumps(self.content()).encode()).hexdigest()
        if digest != self.content_digest:
            if self.content_digest:
                self.changed_at = timezone.now()
            self.content_digest = digest
        with transaction.atomic():
            super().save(*args, **kwargs)
            if self.was_ever_public:
                redirects.free(*self.addresses())
                if self._loaded_slug and self._loaded_slug != self.slug:
                    former = type(self)(slug=self._loaded_slug).addresses()
                    for old, new in zip(former, self.addresses(), strict=True):
                        redirects.leave(old, new)
        self._loaded_slug = self.slug

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    def content(self) -> list[str]:
        """What readers see of the page itself: a change of it is a change of the page."""
        return [str(getattr(self, name)) for name in self.CONTENT_FIELDS]

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
        if self.reviewer_id and self.reviewer_id == self.author_id:
            errors["reviewer"] = _("Nobody can review their own text. Choose another clinician.")
        if self.reviewed_on and self.reviewed_on > timezone.localdate():
            errors["reviewed_on"] = _("This day lies in the future. Give the day on which the review took place.")
        if self.cover_id and not self.cover_alt and not self.cover_is_decorative:
            errors["cover_alt"] = _("Describe the cover for readers who can’t see it, or tick “cover is decorative”.")
        if problem := citation_problem(self.body):
            errors["body"] = problem
        if errors:
            raise ValidationError(errors)

    # --- State ------------------------------------------------------------------------------------------------------

    @property
    def is_published(self) -> bool:
        return self.status != Status.DRAFT and self.publish_at is not None and self.publish_at <= timezone.now()

    @property
    def was_ever_public(self) -> bool:
        """True also for a page that was taken down: links to it may be out there."""
        return self.publish_at is not None and self.publish_at <= timezone.now()

    @property
    def state(self) -> Status:
        """The status as of this moment, whether or not a worker has recorded it yet."""
        return Status.PUBLISHED if self.is_published else Status(self.status)

    def publish(self, at: datetime | None = None) -> None:
        """Makes the page public now, or from `at` on. Raises ValidationError naming all that is missing."""
        if missing := self.missing_for_readers():
            raise ValidationError({field: [sentence] for field, sentence in missing.items()})
        now = timezone.now()
        if at is not None and at > now:
            self.status, self.publish_at = Status.SCHEDULED, at
        else:
            self.status, self.publish_at = Status.PUBLISHED, at or self._first_publication(now)
        self.save()

    def _first_publication(self, now: datetime) -> datetime:
        return self.publish_at if self.publish_at and self.publish_at <= now else now

    def unpublish(self) -> None:
        """Takes the page from readers. Its text and its first publication time stay."""
        self.status = Status.DRAFT
        if not self.was_ever_public:
            self.publish_at = None
        self.save()

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
        if self.reviewer_id and not self.reviewed_on:
            missing["reviewed_on"] = _("Give the day on which the reviewer approved this text.")
        if self.reviewed_on and not self.reviewer_id:
            missing["reviewer"] = _("Say who reviewed the text on that day.")
        return {field: str(sentence) for field, sentence in missing.items()}

    @property
    def temper(self) -> str:
        """The character of the page's contour drawing: a condition's slug, or “plain”."""
        return "plain"

    # --- What readers see -------------------------------------------------------------------------------------------

    @property
    def next_review_on(self) -> date | None:
        return self.reviewed_on + self.REVIEW_EVERY if self.reviewed_on else None

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
        return self.publish_at is not None and self.changed_at - self.publish_at > timedelta(days=1)


def publishable_models() -> list[type[Publishable]]:
    """Every kind of page that is installed."""
    return [model for model in apps.get_models() if issubclass(model, Publishable)]


def published_pages(**who: Person) -> list[Publishable]:
    """All a person has written (`author=`) or reviewed (`reviewer=`) that readers may see, newest first."""
    found = [
        page
        for model in publishable_models()
        for page in model.objects.published().filter(**who).with_people().defer("body", "search_vector")
    ]
    return sorted(found, key=lambda page: page.publish_at or page.created_at, reverse=True)


def is_cited(reference: Reference) -> bool:
    """Whether any stored text names the reference, drafts included: every rich text of every model is asked."""
    mark = f"[@{reference.key}]"
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
            condition=Q(status=Status.DRAFT) | Q(publish_at__isnull=False),
            name=f"{prefix}_published_has_time",
            violation_error_message=_("Give the publication time."),
        ),
        models.CheckConstraint(
            condition=Q(reviewer__isnull=True) | Q(author__isnull=True) | ~Q(reviewer=models.F("author")),
            name=f"{prefix}_reviewer_not_author",
            violation_error_message=_("Nobody can review their own text. Choose another clinician."),
        ),
        models.CheckConstraint(
            condition=Q(cover__isnull=True) | Q(cover_is_decorative=True) | ~Q(cover_alt=""),
            name=f"{prefix}_cover_described",
            violation_error_message=_("Describe the cover for readers who can’t see it, or mark it as decorative."),
        ),
    ]
