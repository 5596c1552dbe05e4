"""Who gets letters, on what consent, and who never will again. How somebody becomes a subscriber is in `signup`.

Whoever changes what belongs to one address holds that address's Correspondence first (`Correspondence.hold`), then the
Subscriber, then its consents and messages: one order for all, so that two acts at once can neither cross nor deadlock.
"""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .addresses import digest_of, masked

DIGEST_LENGTH = 64  # SHA-256, in hexadecimal
UNCONFIRMED_KEPT = timedelta(days=7)  # after the last confirmation asked for
CLAIM_HELD = timedelta(minutes=10)  # whoever claimed a message and was stopped has lost it by then


class Form(models.TextChoices):
    ARTICLE = "article", _("On an article")
    HOME = "home", _("On the home page")
    PAGE = "page", _("On the newsletter’s own page")


class Correspondence(models.Model):
    """What was mailed to an address before it was confirmed, known by the address's hash alone.

    It stays when the address itself is forgotten, so that “three unanswered ever” outlives the purge and the
    “this wasn't me” of an old message still works.
    """

    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True)
    unanswered = models.PositiveSmallIntegerField(default=0)  # confirmations since the address last confirmed
    last_mail_at = models.DateTimeField(null=True)  # of any message that a sign-up caused

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"

    @classmethod
    def hold(cls, digest: str) -> Self:
        """The address's row, made if missing, locked to the end of the transaction."""
        while True:
            cls.objects.bulk_create([cls(digest=digest)], ignore_conflicts=True)
            row = cls.objects.select_for_update().filter(digest=digest).first()
            if row is not None:  # None: another transaction cleaned it away between our two statements
                return row


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def with_address(self, address: str) -> Self:
        return self.filter(digest=digest_of(address))

    def confirmed(self) -> Self:
        """Whoever may be sent a letter."""
        return self.filter(status=Subscriber.Status.CONFIRMED)

    def forgotten(self) -> Self:
        """Unconfirmed rows whose last question went unanswered for a week."""
        since = timezone.now() - UNCONFIRMED_KEPT
        recent = Consent.objects.filter(subscriber=models.OuterRef("pk"), given_at__gte=since)
        return self.filter(~models.Exists(recent), status=Subscriber.Status.UNCONFIRMED, created_at__lt=since)

    def purge(self) -> int:
        """Deletes what is `forgotten`, with its consents. Returns how many."""
        with transaction.atomic():
            # Locked first, and past whoever is confirming at this moment: the confirmation must win.
            chosen = list(self.forgotten().select_for_update(skip_locked=True).values_list("pk", flat=True))
            self.model.objects.filter(pk__in=chosen).delete()
        return len(chosen)


class Subscriber(models.Model):
    """An address and where it stands. Nothing else is known about the person."""

    class Status(models.TextChoices):
        UNCONFIRMED = "unconfirmed", _("Unconfirmed")
        CONFIRMED = "confirmed", _("Confirmed")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")

    email = models.EmailField(_("address"), max_length=254)
    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True, editable=False)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.UNCONFIRMED)
    created_at = models.DateTimeField(_("first asked"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True, editable=False)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True, blank=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="subscriber_address_once"),
            models.CheckConstraint(
                name="subscriber_status_fits_times",
                condition=Q(status="unconfirmed", confirmed_at__isnull=True, unsubscribed_at__isnull=True)
                | Q(status="confirmed", confirmed_at__isnull=False, unsubscribed_at__isnull=True)
                | Q(status="unsubscribed", unsubscribed_at__isnull=False),
            ),
        ]
        indexes = [models.Index("status", models.F("created_at").desc(), name="subscriber_newest")]
        permissions = [("view_addresses", _("Can see subscribers’ addresses in full"))]

    def __str__(self) -> str:
        return masked(self.email)  # it is printed in lists, titles and the admin's own record

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.digest = digest_of(self.email)
        super().save(*args, **kwargs)

    def unsubscribe(self) -> None:
        """Ends it, and every question still open with it. Again does no harm."""
        with transaction.atomic():
            Correspondence.hold(self.digest)
            now = timezone.now()
            subscribers = Subscriber.objects.filter(pk=self.pk).exclude(status=self.Status.UNSUBSCRIBED)
            if subscribers.update(status=self.Status.UNSUBSCRIBED, unsubscribed_at=now):
                self.messages.all().delete()
                self.consents.filter(confirmed_at__isnull=True).delete()


class Consent(models.Model):
    """That somebody asked for letters: when, in front of which text, where. One for each confirmation mailed."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="consents", verbose_name=_("subscriber"))
    given_at = models.DateTimeField(_("given"))
    wording_version = models.PositiveSmallIntegerField(_("wording"))  # the number of the text; see `wording`
    form = models.CharField(_("form"), max_length=10, choices=Form)
    confirmed_at = models.DateTimeField(_("confirmed by mail"), null=True, blank=True)

    class Meta:
        ordering = ["-given_at", "-pk"]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(condition=Q(form__in=Form.values), name="consent_form_known"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=models.F("given_at")),
                name="consent_given_before_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.given_at):%Y-%m-%d %H:%M}"

    def confirm(self) -> bool:
        """Makes its subscriber one who gets letters. False where this question is closed and they have left since."""
        with transaction.atomic():
            correspondence = Correspondence.hold(self.subscriber.digest)
            subscriber = Subscriber.objects.select_for_update().filter(pk=self.subscriber_id).first()
            if subscriber is None:
                return False
            if subscriber.status == Subscriber.Status.CONFIRMED:
                return True
            now = timezone.now()
            pressed_at = max(now, self.given_at)  # another machine's clock may be ahead of ours
            if not Consent.objects.filter(pk=self.pk, confirmed_at__isnull=True).update(confirmed_at=pressed_at):
                return False
            subscriber.status = Subscriber.Status.CONFIRMED
            subscriber.confirmed_at, subscriber.unsubscribed_at = now, None
            subscriber.save(update_fields=["status", "confirmed_at", "unsubscribed_at"])
            Correspondence.objects.filter(pk=correspondence.pk).update(unanswered=0)
        return True


class Suppression(models.Model):
    """An address that is never written to, whoever enters it. Only its keyed hash is kept."""

    class Reason(models.TextChoices):
        NOT_ME = "not-me", _("“This wasn’t me”")
        STAFF = "staff", _("Entered by staff")

    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("address never written to")
        verbose_name_plural = _("addresses never written to")

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"

    @staticmethod
    def suppress(digest: str, reason: Reason) -> None:
        """Never again: forgets the subscriber and consents, keeps the hash. Again does no harm."""
        with transaction.atomic():
            Correspondence.hold(digest)
            Suppression.objects.bulk_create([Suppression(digest=digest, reason=reason)], ignore_conflicts=True)
            Subscriber.objects.filter(digest=digest).delete()

    @staticmethod
    def covers(digest: str) -> bool:
        return Suppression.objects.filter(digest=digest).exists()


class PendingSignup(models.Model):
    """What a visitor sent, kept for the seconds until the worker looks at it.

    The request does nothing but add this row: the same for every address, so that neither the answer nor the time it
    takes says whether an address is known.
    """

    email = models.EmailField(max_length=254)
    form = models.CharField(max_length=10, choices=Form)
    wording_version = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)  # set before each try, so that one bad row doesn't hold up the others

    class Meta:
        indexes = [models.Index("asked_at", name="pending_oldest")]

    def __str__(self) -> str:
        return masked(self.email)


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    def due(self, now: datetime) -> Self:
        free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_HELD)
        return self.filter(free, due_at__lte=now, gave_up_at__isnull=True).order_by("due_at", "pk")


class OutboxMessage(models.Model):
    """A message that waits to be sent. Sent ones are deleted; what could not be sent stays for staff to see."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("Please confirm")
        ALREADY_SUBSCRIBED = "already", _("Already subscribed")

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="messages", verbose_name=_("subscriber"))
    consent = models.ForeignKey(Consent, models.CASCADE, null=True, related_name="+")  # the question that CONFIRM asks
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    due_at = models.DateTimeField(_("next try"), default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_error = models.CharField(_("last failure"), max_length=120, blank=True)
    gave_up_at = models.DateTimeField(_("gave up"), null=True, blank=True)

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        verbose_name = _("waiting message")
        verbose_name_plural = _("waiting messages")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="confirm", consent__isnull=False) | Q(kind="already", consent__isnull=True),
                name="outbox_confirm_has_consent",
            ),
            models.UniqueConstraint("subscriber", "kind", name="outbox_one_of_each_kind"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class NetworkLimit(models.Model):
    """How many sign-ups came from one network in one hour. Deleted once the hour is over."""

    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True)  # of network and hour together
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"
