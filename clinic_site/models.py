"""The one table of this room: signs of life. What the site is about lives in the other apps."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def in_trouble(self) -> Self:
        """What last failed, or was not heard of for minutes though it is done every few."""
        silent_since = timezone.now() - Heartbeat.SILENCE_ALLOWED
        return self.exclude(problem="", beat_at__gte=silent_since)


class Heartbeat(models.Model):
    """When a worker last did one of its jobs, and what went wrong since. One row for each job, shared by all."""

    SILENCE_ALLOWED = timedelta(minutes=5)

    name = models.CharField(_("job"), max_length=60, unique=True)
    beat_at = models.DateTimeField(_("last tried"), default=timezone.now)
    succeeded_at = models.DateTimeField(_("last done"), null=True)
    problem = models.CharField(_("what goes wrong"), max_length=160, blank=True)

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
