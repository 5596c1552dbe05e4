"""People and their credentials, images, references and safety texts: what every kind of page draws on."""

import re
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from editorial import redirects
from editorial.images import image_path
from editorial.richtext import CITATION, RichTextField, cited_keys

LIKE_A_CITATION = re.compile(r"\[\s*@[^\]<\n]{0,60}\]?")  # what is meant as one, well written or not


class Person(models.Model):
    """Somebody who writes or clinically reviews pages. Names and roles are public; the account and address are not."""

    name = models.CharField(_("name"), max_length=120, help_text=_("As readers see it, with “Dr.” where it belongs."))
    slug = models.SlugField(_("slug"), unique=True, help_text=_("The last part of this person’s page address."))
    role = models.CharField(
        _("role"), max_length=120, help_text=_("Shown under the name on every page, e.g. “Anesthesiologist”.")
    )
    degrees = models.CharField(_("degrees"), max_length=80, blank=True, help_text=_("After the name, e.g. “MD”."))
    is_clinician = models.BooleanField(
        _("is a clinician"), default=False, help_text=_("Only clinicians can be chosen as a page’s clinical reviewer.")
    )
    biography = RichTextField(_("biography"), blank=True)
    is_listed = models.BooleanField(
        _("has a public page"), default=True, help_text=_("Off: the name is shown on pages, but it links nowhere.")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="person",
        verbose_name=_("staff account"),
        help_text=_("The account this person signs in with. A writer can edit drafts whose author is linked to it."),
    )

    class Meta:
        ordering = ["order", "name"]
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A person who is renamed is still found where links lead to them."""
        former = Person.objects.filter(pk=self.pk).first() if self.pk else None
        with transaction.atomic():
            super().save(*args, **kwargs)
            if former and former.slug != self.slug:
                redirects.leave(former.get_absolute_url(), self.get_absolute_url())

    def get_absolute_url(self) -> str:
        return reverse("pages:person_detail", args=[self.slug])

    def clean(self) -> None:
        super().clean()
        if problem := citation_problem(self.biography):
            raise ValidationError({"biography": problem})

    def valid_credential(self, day: date | None = None) -> "Credential | None":
        """The one that lasts longest of those that hold on a day (today); none, and the person can't sign off."""
        valid = self.credentials.filter(expires_on__gte=day or timezone.localdate())
        return valid.order_by("-expires_on").first() if self.is_clinician else None


class Credential(models.Model):
    """A license or certificate that lets a clinician review, shown on the person's page."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="credentials", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=80, help_text=_("E.g. “Physician and surgeon license”."))
    number = models.CharField(_("number"), max_length=60)
    state = models.CharField(_("state"), max_length=60)
    expires_on = models.DateField(_("expires on"))

    class Meta:
        ordering = ["expires_on"]
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")

    def __str__(self) -> str:
        return f"{self.kind}, {self.state}"


class Image(models.Model):
    """An uploaded picture, re-encoded at upload so that nothing but its pixels is kept. See `images`."""

    file = models.ImageField(_("file"), upload_to=image_path, width_field="width", height_field="height")
    width = models.PositiveIntegerField(_("width"), editable=False, default=0)
    height = models.PositiveIntegerField(_("height"), editable=False, default=0)
    title = models.CharField(_("title"), max_length=120, help_text=_("For staff, to find the picture again."))
    alt_text = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What the picture tells, for readers who can’t see it. Leave empty only if it is decorative."),
    )
    is_decorative = models.BooleanField(
        _("decorative"), default=False, help_text=_("The picture tells nothing; screen readers skip it.")
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("image")
        verbose_name_plural = _("images")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_decorative=True) | ~models.Q(alt_text=""),
                name="image_alt_text_or_decorative",
                violation_error_message=_("Describe the picture in the alternative text, or mark it as decorative."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class Reference(models.Model):
    """A publication that pages cite by its key; see `rendering` for how citations are numbered."""

    class Design(models.TextChoices):
        GUIDELINE = "guideline", _("Guideline")
        META_ANALYSIS = "meta-analysis", _("Systematic review or meta-analysis")
        RCT = "rct", _("Randomized trial")
        OBSERVATIONAL = "observational", _("Observational study")
        EXPERT = "expert", _("Expert opinion or narrative review")
        REGULATOR = "regulator", _("Regulator or public body")
        ANIMAL = "animal", _("Animal or laboratory study")

    key = models.SlugField(
        _("key"), unique=True, help_text=_("First author and year, e.g. “ferraro-2025”. Cited as [@ferraro-2025].")
    )
    authors = models.CharField(_("authors"), max_length=300)
    title = models.CharField(_("title"), max_length=400)
    source = models.CharField(_("source"), max_length=300, blank=True, help_text=_("Journal, year;volume:pages."))
    year = models.PositiveSmallIntegerField(_("year"))
    doi = models.CharField(
        "DOI",
        max_length=120,
        blank=True,
        validators=[
            RegexValidator(r"^10\.\d{4,9}/\S+$", _("A DOI begins with 10. and has no spaces, e.g. 10.1000/182."))
        ],
        help_text=_("Without “https://doi.org/”."),
    )
    pmid = models.CharField(
        "PMID", max_length=12, blank=True, validators=[RegexValidator(r"^\d+$", _("A PMID is a number."))]
    )
    url = models.URLField(_("address"), blank=True, help_text=_("Only where there is neither DOI nor PMID."))
    kind = models.CharField(_("kind of study, in plain words"), max_length=80)
    design = models.CharField(_("design"), max_length=20, choices=Design)
    note = models.CharField(
        _("margin note"),
        max_length=300,
        blank=True,
        help_text=_("What it is and its main limit, shown beside the text."),
    )

    class Meta:
        ordering = ["key"]
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        constraints = [
            models.UniqueConstraint("doi", condition=~models.Q(doi=""), name="reference_doi_once"),
            models.UniqueConstraint("pmid", condition=~models.Q(pmid=""), name="reference_pmid_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.title}"

    def clean(self) -> None:
        super().clean()
        if self.key and cited_keys(f"[@{self.key}]") != [self.key]:
            raise ValidationError({"key": _("Small letters, digits and hyphens only, or no text could cite it.")})

    @property
    def link(self) -> str:
        """Where a reader can check it; empty where no address is known."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.pmid:
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"
        return self.url

    @property
    def short_authors(self) -> str:
        """“Ferraro and others” for a margin note."""
        first, _comma, others = self.authors.partition(",")
        surname = first.removesuffix(" and others")
        is_group = others or first.endswith(" and others")
        head, _space, initials = surname.rpartition(" ")
        surname = head if head and initials.isupper() and len(initials) <= 4 else surname
        return f"{surname} and others" if is_group else surname


def citation_problem(*texts: str) -> str:
    """What is wrong with the citations in some texts, as a sentence for their field; empty where nothing is."""
    broken = [piece for text in texts for piece in LIKE_A_CITATION.findall(CITATION.sub("", text))]
    if broken:
        return gettext(
            "%(broken)s is no citation. Write it like [@ferraro-2025]: small letters, digits and hyphens."
        ) % {"broken": ", ".join(f"“{piece}”" for piece in broken)}
    keys = list(dict.fromkeys(key for text in texts for key in cited_keys(text)))
    known = set(Reference.objects.filter(key__in=keys).values_list("key", flat=True))
    unknown = [f"“{key}”" for key in keys if key not in known]
    if not unknown:
        return ""
    return gettext(
        "The text cites %(keys)s, which the reference library does not have. Add it there, or mend the key."
    ) % {"keys": ", ".join(unknown)}


class SafetyText(models.Model):
    """A disclaimer or risk text that the site puts onto pages by itself, so that it is written in one place only."""

    class Kind(models.TextChoices):
        ARTICLE_DISCLAIMER = "article-disclaimer", _("Disclaimer at the end of articles and condition pages")
        SITE_DISCLAIMER = "site-disclaimer", _("Disclaimer at the foot of every page")
        CRISIS_HELP = "crisis-help", _("Crisis help, on condition and contact pages")
        DRUG_STATUS = "drug-status", _("What is approved and what is not")
        RISKS = "risks", _("Risks of compounded oral or sublingual ketamine")

    kind = models.CharField(_("where it stands"), max_length=30, choices=Kind, unique=True)
    title = models.CharField(_("title"), max_length=120)
    body = RichTextField(_("text"))
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["kind"]
        verbose_name = _("safety text")
        verbose_name_plural = _("safety texts")

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        super().clean()
        if problem := citation_problem(self.body):
            raise ValidationError({"body": problem})
