"""The sign-up form. It is on many pages and the same for everybody: no cookie, no CSRF token, no script."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from . import wording
from .addresses import INCOMPLETE, MAX_LENGTH, normalise
from .models import Form

OUTDATED = _("The form has changed since you opened the page. Please read the lines under it and send it again.")


class SignupForm(forms.Form):
    """`includes/signup.html` shows it: `{% include "includes/signup.html" with kind="article" %}` (or home, page)."""

    email = forms.CharField(max_length=2 * MAX_LENGTH, strip=False, error_messages={"required": INCOMPLETE})
    form = forms.ChoiceField(choices=Form.choices)
    wording = forms.TypedChoiceField(coerce=int, choices=[(number, "") for number in wording.TEXTS])
    website = forms.CharField(required=False)  # a trap: people don't see it, programs fill it in

    def clean_email(self) -> str:
        return normalise(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "form" in self.errors or "wording" in self.errors:
            # Without them the consent could not be proven. It happens where the form is newer than the open page.
            self.add_error(None, ValidationError(OUTDATED, code="outdated"))
        return data

    @property
    def is_from_a_robot(self) -> bool:
        return bool(self.data.get("website"))

    @property
    def kind(self) -> str:
        """The form that was sent, kept when it is shown again."""
        sent = self.data.get("form", "")
        return sent if sent in Form.values else Form.PAGE.value

    @property
    def wording_version(self) -> int:
        return wording.NEWEST

    @property
    def terms(self) -> str:
        return wording.TEXTS[wording.NEWEST]
