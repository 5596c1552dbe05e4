"""Condition pages, standing pages and the clinic's own facts."""

from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext_lazy as _

from editorial.models import citation_problem
from editorial.publishing import Publishable, publishable_constraints
from editorial.richtext import RichTextField


class ConditionPage(Publishable):
    """What a condition is, what helps, and what ketamine may and may not add. Articles belong to conditions."""

    PARTS = ("questions",)
    SAFETY_KINDS = (*Publishable.SAFETY_KINDS, "crisis_help")

    name = models.CharField(
        _("name"), max_length=40, help_text=_("In menus and lists: “Depression”, while the title may say more.")
    )
    evidence_label = models.CharField(
        _("evidence in two words"),
        max_length=40,
        blank=True,
        help_text=_("Opens the entry on the home page, e.g. “Most studied.”"),
    )
    evidence_summary = models.CharField(
        _("evidence in one sentence"),
        max_length=240,
        blank=True,
        help_text=_("Follows it: what is known, and what is not."),
    )
    in_menu = models.BooleanField(
        _("in the menus"), default=True, help_text=_("Listed on the home page and in the footer.")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))

    class Meta:
        ordering = ["order", "title"]
        verbose_name = _("condition page")
        verbose_name_plural = _("condition pages")
        constraints = publishable_constraints("condition")
        indexes = [GinIndex("search_vector", name="condition_search")]
        permissions = [
            ("publish_conditionpage", _("Can publish and unpublish condition pages")),
            ("review_conditionpage", _("Can review condition pages and sign them off")),
        ]

    def get_absolute_url(self) -> str:
        return reverse("pages:condition_detail", args=[self.slug])

    def __str__(self) -> str:
        return self.name

    @property
    def temper(self) -> str:
        return self.slug

    def further_texts(self) -> list[tuple[str, str]]:
        return [(question.question, question.answer) for question in self.questions.all()]

    def clinical_fields(self) -> dict[str, str]:
        return {"evidence": self.evidence_label, "evidence, explained": self.evidence_summary}

    def addresses(self) -> list[str]:
        return [
            *super().addresses(),
            reverse("blog:condition_articles", args=[self.slug]),
            reverse("blog:condition_feed", args=[self.slug]),
        ]


class Question(models.Model):
    """A reader's question about a condition, with its answer."""

    condition = models.ForeignKey(ConditionPage, models.CASCADE, related_name="questions", verbose_name=_("condition"))
    question = models.CharField(_("question"), max_length=200)
    answer = RichTextField(_("answer"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("question")
        verbose_name_plural = _("questions and answers")

    def __str__(self) -> str:
        return self.question

    def clean(self) -> None:
        super().clean()
        if problem := citation_problem(self.answer):
            raise ValidationError({"answer": problem})


class StandingPage(Publishable):
    """A page that always stands: how ketamine works, privacy, contact …"""

    class MenuPlace(models.TextChoices):
        NONE = "", _("In no menu")
        HEADER = "header", _("Header")
        CLINIC = "clinic", _("Footer, “The clinic”")
        PUBLISHING = "publishing", _("Footer, “How we publish”")

    menu_place = models.CharField(
        _("place in the menu"), max_length=12, choices=MenuPlace, blank=True, default=MenuPlace.NONE
    )
    menu_title = models.CharField(
        _("short title for menus"), max_length=40, blank=True, help_text=_("Empty: the title.")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))
    is_clinical = models.BooleanField(
        _("speaks about treatment"),
        default=True,
        help_text=_(
            "On: a clinician must sign it off. Off, for privacy or contact pages: whoever may publish approves it."
        ),
    )

    class Meta:
        ordering = ["menu_place", "order", "title"]
        verbose_name = _("standing page")
        verbose_name_plural = _("standing pages")
        constraints = publishable_constraints("standing")
        indexes = [GinIndex("search_vector", name="standing_search")]
        permissions = [
            ("publish_standingpage", _("Can publish and unpublish standing pages")),
            ("review_standingpage", _("Can review standing pages and sign them off")),
        ]

    def get_absolute_url(self) -> str:
        return reverse("pages:standing_detail", args=[self.slug])

    @property
    def needs_clinician(self) -> bool:
        return self.is_clinical

    def clean(self) -> None:
        super().clean()
        try:
            match = resolve(f"/{self.slug}/")
        except Resolver404:
            return
        if match.view_name != "pages:standing_detail":
            raise ValidationError(
                {
                    "slug": _("“/%(slug)s/” is taken by another part of the site. Choose another address.")
                    % {"slug": self.slug}
                }
            )


class Clinic(models.Model):
    """The clinic's own facts, one row, so that no name, number or promise stands in code or templates."""

    name = models.CharField(_("name"), max_length=80, default="The clinic")
    tagline = models.CharField(
        _("tagline"), max_length=160, blank=True, help_text=_("Follows the name in the home page’s title.")
    )
    phone = models.CharField(
        _("phone"),
        max_length=40,
        blank=True,
        validators=[RegexValidator(r"^[+\d][\d\s().-]+$", _("Digits, spaces, dots, dashes and parentheses only."))],
    )
    email = models.EmailField(_("e-mail"), blank=True)
    postal_address = models.TextField(
        _("postal address"), blank=True, help_text=_("Law requires it in each newsletter.")
    )
    hours = models.TextField(_("hours"), blank=True, help_text=_("One line for each."))
    states_served = models.CharField(
        _("states served"), max_length=300, blank=True, help_text=_("Separated by commas.")
    )
    crisis_text = models.CharField(
        _("crisis text"),
        max_length=200,
        blank=True,
        help_text=_("Beside “In crisis? Call or text 988” at the top of each page, on wide screens."),
    )
    promise_title = models.CharField(
        _("promise"), max_length=120, blank=True, help_text=_("The heading of the home page.")
    )
    promise_text = models.TextField(_("promise, explained"), blank=True)
    signup_title = models.CharField(_("sign-up heading"), max_length=80, blank=True)
    signup_text = models.TextField(_("sign-up text"), blank=True, help_text=_("What a subscriber gets and how often."))
    example_notice = models.CharField(
        _("example notice"),
        max_length=240,
        blank=True,
        help_text=_("Shown at the foot of each page. Empty it once every fact here is real."),
    )
    exit_url = models.URLField(
        _("“Leave this page” leads to"),
        default="https://www.weather.gov/",
        help_text=_("A harmless page that many people open."),
    )

    class Meta:
        verbose_name = _("clinic’s facts")
        verbose_name_plural = _("clinic’s facts")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="clinic_one_row")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1  # whatever number the database would have given
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> Self:
        """The one row; an unsaved one with neutral words where nobody has filled it in."""
        return cls.objects.first() or cls(pk=1)


class Statement(models.Model):
    """One of the short statements under the promise on the home page."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="statements")
    heading = models.CharField(_("heading"), max_length=60)
    text = models.CharField(_("text"), max_length=240)
    link = models.CharField(
        _("link"),
        max_length=120,
        blank=True,
        validators=[RegexValidator(r"^/(?!/)", _("A page of this site, beginning with “/”."))],
    )
    link_text = models.CharField(_("link text"), max_length=60, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("statement on the home page")
        verbose_name_plural = _("statements on the home page")

    def __str__(self) -> str:
        return self.heading


class Step(models.Model):
    """One step of “How it works” on the home page."""

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="steps")
    heading = models.CharField(_("heading"), max_length=60)
    text = models.CharField(_("text"), max_length=300)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("step on the home page")
        verbose_name_plural = _("steps on the home page")

    def __str__(self) -> str:
        return self.heading
