"""The forms in which staff say what an act needs to know."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Person
from .models.history import ChangeKind
from .publishing import Publishable


class ActForm(forms.Form):
    """A form about one page."""

    def __init__(self, *args: Any, page: Publishable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page


class AskForm(ActForm):
    of = forms.ModelChoiceField(
        Person.objects.filter(is_clinician=True), required=False, label=_("Whom"), empty_label=_("Any reviewer")
    )
    note = forms.CharField(
        max_length=300, required=False, label=_("What to look at"), widget=forms.Textarea(attrs={"rows": 2})
    )


class SentenceForm(ActForm):
    sentence = forms.CharField(
        max_length=500, required=False, label=_("What should change"), widget=forms.Textarea(attrs={"rows": 3})
    )


class RemarkForm(ActForm):
    paragraph = forms.TypedChoiceField(label=_("Paragraph"), required=False, coerce=int, empty_value=None)
    text = forms.CharField(max_length=2000, label=_("Remark"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, paragraphs: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.paragraphs = paragraphs
        field: Any = self.fields["paragraph"]
        field.choices = [
            ("", _("The whole page")),
            *((n, f"{n + 1}. {text[:70]}") for n, text in enumerate(paragraphs)),
        ]


class AnswerForm(ActForm):
    answer = forms.CharField(max_length=500, required=False, label=_("Answer"))


class SeenForm(ActForm):
    """Carries the digest of the words that were shown, so that no others are signed."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ChangeForm(ActForm):
    """What a publication changes for readers; asked for every one but the first."""

    change = forms.ChoiceField(
        label=_("Kind of change"), choices=[c for c in ChangeKind.choices if c[0] != "first"], widget=forms.RadioSelect
    )
    change_note = forms.CharField(
        max_length=300,
        required=False,
        label=_("What changed, for readers"),
        help_text=_("Shown on the page. Needed unless the change is minor."),
    )

    def __init__(self, *args: Any, page: Publishable, **kwargs: Any) -> None:
        super().__init__(*args, page=page, **kwargs)
        if not page.was_ever_public:
            del self.fields["change"], self.fields["change_note"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("change") in (ChangeKind.SUBSTANTIVE, ChangeKind.CORRECTION) and not data.get("change_note"):
            self.add_error("change_note", _("Tell readers in a sentence what changed."))
        return data


class TimeMixin(forms.Form):
    at = forms.SplitDateTimeField(
        label=_("When"),
        widget=forms.SplitDateTimeWidget(  # the browser's own, which needs no script
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs=dict[str, Any](type="date") | {"aria-label": _("Date")},
            time_attrs=dict[str, Any](type="time") | {"aria-label": _("Time")},
        ),
        help_text=_("In the clinic’s time zone."),
    )

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        if at <= timezone.now():
            raise forms.ValidationError(_("Give a time that lies ahead."))
        return at


class ScheduleForm(TimeMixin, ChangeForm):
    field_order = ["at", "change", "change_note"]


class TakeDownForm(ActForm):
    redirect_to = forms.CharField(
        max_length=300,
        required=False,
        label=_("Lead readers to"),
        help_text=_("An address of this site, beginning with “/”. Empty: they are told that the page is not there."),
    )


class TakeDownLaterForm(TimeMixin, TakeDownForm):
    field_order = ["at", "redirect_to"]


class PlainForm(ActForm):
    """A button and nothing else."""


class CompareForm(forms.Form):
    """Two revisions by number; sent by GET, so the names are short."""

    def __init__(self, *args: Any, latest: Any, live: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, last = (live or latest), latest
        for name, label, revision in (("from", _("From revision"), first), ("to", _("to revision"), last)):
            self.fields[name] = forms.IntegerField(
                min_value=1, label=label, initial=revision.number if revision else None
            )
