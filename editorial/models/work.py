"""Work in hand: reviewers' remarks, what is scheduled, and which sign-offs must be looked at again."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .history import ChangeKind, OfPage, Revision, SignOff


class Remark(OfPage):
    """A reviewer's words about one paragraph. Open ones keep the page from being signed off; none is ever deleted."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="remarks")
    paragraph = models.PositiveIntegerField(_("paragraph"), null=True)  # position in the revision; null: the whole page
    excerpt = models.CharField(_("paragraph’s words"), max_length=300, blank=True)
    text = models.TextField(_("remark"), max_length=2000)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    resolved_at = models.DateTimeField(_("resolved"), null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answer = models.CharField(_("answer"), max_length=500, blank=True)

    class Meta:
        ordering = ["made_at", "pk"]
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        indexes = [models.Index("content_type", "object_id", name="remark_of_page")]

    def __str__(self) -> str:
        return self.text[:60]


class ScheduledAct(OfPage):
    """Something that a worker does at a time: a revision goes live, or a page is taken down."""

    class Kind(models.TextChoices):
        GO_LIVE = "go-live", _("Go live")
        TAKE_DOWN = "take-down", _("Take down")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELED = "canceled", _("Canceled")

    kind = models.CharField(_("what happens"), max_length=10, choices=Kind)
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, related_name="+")
    sign_off = models.ForeignKey(SignOff, models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(_("when"))
    change = models.CharField(_("change"), max_length=12, choices=ChangeKind, blank=True)
    change_note = models.CharField(_("what changed, for readers"), max_length=300, blank=True)
    redirect_to = models.CharField(_("readers are led to"), max_length=300, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    ended_at = models.DateTimeField(_("ended"), null=True)
    problem = models.CharField(_("what went wrong"), max_length=500, blank=True)

    LATE_AFTER = timedelta(minutes=2)

    class Meta:
        ordering = ["due_at", "pk"]
        verbose_name = _("scheduled act")
        verbose_name_plural = _("scheduled acts")
        indexes = [
            models.Index("due_at", name="scheduledact_due", condition=Q(state="waiting")),
            models.Index("content_type", "object_id", name="scheduledact_of_page"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="take-down") | Q(revision__isnull=False, sign_off__isnull=False),
                name="scheduledact_revision_signed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {timezone.localtime(self.due_at):%Y-%m-%d %H:%M}"

    @property
    def is_late(self) -> bool:
        return self.state == self.State.WAITING and timezone.now() - self.due_at > self.LATE_AFTER


class Recheck(OfPage):
    """A public page whose reference or safety text changed: a worker looks whether its sign-off still holds."""

    asked_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint("content_type", "object_id", name="recheck_once")]

    def __str__(self) -> str:
        return self.reason
