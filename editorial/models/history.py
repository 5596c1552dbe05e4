"""What is kept for good: revisions, sign-offs, publications and acts. Rows are added and never changed.

Not by good manners alone: triggers in the database refuse UPDATE and DELETE (migration 0003). A page is named by its
kind and id without a foreign key, so that its record outlives it.
"""

from typing import Any, Self, TypeVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .library import Person

SHA256_LENGTH = 64  # in hexadecimal
M = TypeVar("M", bound=models.Model)


class OfPageQuerySet(models.QuerySet[M]):
    def of(self, page: models.Model) -> Self:
        """Those of one page, whatever its kind."""
        return self.filter(content_type=ContentType.objects.get_for_model(page), object_id=page.pk)


class OfPage(models.Model):
    """A row that belongs to a page of any kind."""

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.BigIntegerField()
    page = GenericForeignKey("content_type", "object_id")

    objects: Any = OfPageQuerySet.as_manager()

    class Meta:
        abstract = True

    @staticmethod
    def key(page: models.Model) -> dict[str, Any]:
        """The two columns that name a page, to make or find rows with."""
        return {"content_type": ContentType.objects.get_for_model(page), "object_id": page.pk}


class ChangeKind(models.TextChoices):
    """What a publication changes for readers; only the last two are told to them, each with a sentence."""

    FIRST = "first", _("First publication")
    MINOR = "minor", _("Minor: spelling, layout; nothing a reader would act on")
    SUBSTANTIVE = "substantive", _("Substantive: something new, taken out, or said differently")
    CORRECTION = "correction", _("Correction: something was wrong")


class Revision(OfPage):
    """All of a page at one saving: its fields, topics, related pages, answers; and what it drew on at that moment."""

    number = models.PositiveIntegerField(_("number"))
    data = models.JSONField(encoder=DjangoJSONEncoder)  # see revisions.snapshot
    clinical_content = models.TextField()  # canonical; see signoff.clinical_content
    digest = models.CharField(max_length=SHA256_LENGTH)  # SHA-256 of clinical_content, as of the saving
    pictures = ArrayField(models.BigIntegerField(), default=list)  # ids of Image rows, so that none is deleted
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)
    note = models.CharField(_("what changed, for colleagues"), max_length=200, blank=True)
    restored_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-number"]
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [models.UniqueConstraint("content_type", "object_id", "number", name="revision_number_once")]

    def __str__(self) -> str:
        return f"Revision {self.number}"


class SignOff(OfPage):
    """Somebody answers for exactly these words. The words themselves are kept, so that it can be proven later."""

    class Kind(models.TextChoices):
        CLINICAL = "clinical", _("Clinical")
        EDITORIAL = "editorial", _("Editorial")  # for pages that say nothing about treatment

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="sign_offs")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")  # null: editorial, by an account
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # null: loaded
    signed_at = models.DateTimeField(_("signed"), default=timezone.now)
    clinical_content = models.TextField()
    digest = models.CharField(max_length=SHA256_LENGTH)  # SHA-256 of clinical_content
    credential = models.JSONField(default=dict, encoder=DjangoJSONEncoder)  # kind, number, state, expires_on: as it was
    # A reviewer called the difference to an earlier sign-off minor; then that one's day remains the day of review.
    carried_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    reviewed_on = models.DateField(_("reviewed on"))

    class Meta:
        ordering = ["-signed_at", "-pk"]
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        indexes = [models.Index("content_type", "object_id", name="signoff_page")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="editorial") | Q(person__isnull=False), name="signoff_clinical_has_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {timezone.localtime(self.signed_at):%Y-%m-%d}"


class Change(OfPage):
    """One entry of a page's ledger: what a publication changed for readers. Minor ones are not told to them."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind of change"), max_length=12, choices=ChangeKind)
    note = models.CharField(_("what changed, for readers"), max_length=300, blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [models.Index("content_type", "object_id", models.F("at").desc(), name="change_of_page")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["substantive", "correction"]) | ~Q(note=""), name="change_explained"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {timezone.localtime(self.at):%Y-%m-%d}"


class Publication(OfPage):
    """What readers were given at an address from a moment on: the HTML itself. Empty HTML: it was taken down."""

    class Cause(models.TextChoices):
        PUBLISHED = "published", _("Published")
        SURROUNDINGS = "surroundings", _("A reference or a safety text on it changed")
        TAKEN_DOWN = "taken-down", _("Taken down")
        DELETED = "deleted", _("Deleted")

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="publications")
    sign_off = models.ForeignKey(SignOff, models.PROTECT, null=True, related_name="+")  # null: it doesn't hold
    cause = models.CharField(_("cause"), max_length=12, choices=Cause)
    at = models.DateTimeField(_("from"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    path = models.CharField(_("address"), max_length=300)
    title = models.CharField(_("title"), max_length=140)
    html = models.TextField()
    html_sha256 = models.CharField(max_length=SHA256_LENGTH)
    digest = models.CharField(max_length=SHA256_LENGTH)  # of the clinical content shown
    change = models.ForeignKey(Change, models.PROTECT, null=True, related_name="+")  # null: staff published nothing

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        indexes = [
            models.Index("path", models.F("at").desc(), name="publication_at_path"),
            models.Index("content_type", "object_id", models.F("at").desc(), name="publication_of_page"),
        ]

    def __str__(self) -> str:
        return f"{self.path}, {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class Act(OfPage):
    """One thing that somebody did with a page. The log that the desk and the page's own history show."""

    class Kind(models.TextChoices):
        SAVED = "saved", _("Saved")
        RESTORED = "restored", _("Restored")
        ASKED = "asked", _("Asked for review")
        RETURNED = "returned", _("Returned")
        APPROVED = "approved", _("Approved")
        CARRIED = "carried", _("Difference called minor")
        LAPSED = "lapsed", _("Sign-off no longer holds")
        HOLDS_AGAIN = "holds-again", _("Sign-off holds again")
        PUBLISHED = "published", _("Published")
        SCHEDULED = "scheduled", _("Scheduled")
        CANCELED = "canceled", _("Schedule canceled")
        FAILED = "failed", _("Schedule failed")
        UNPUBLISHED = "unpublished", _("Taken down")
        DELETED = "deleted", _("Deleted")
        REMARKED = "remarked", _("Remarked")
        RESOLVED = "resolved", _("Remark resolved")

    kind = models.CharField(_("act"), max_length=14, choices=Kind)
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("when"), default=timezone.now)
    title = models.CharField(_("page"), max_length=140)
    sentence = models.CharField(_("what was said"), max_length=500, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("act")
        verbose_name_plural = _("acts")
        indexes = [
            models.Index("content_type", "object_id", models.F("at").desc(), name="act_of_page"),
            models.Index(models.F("at").desc(), name="act_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"
