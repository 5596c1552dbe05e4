"""Builds the newsletter's messages. Nothing here sends, and nothing here changes a row.

Whoever looks at the screen of a reader's telephone sees sender, subject and the first words of the text: none of them
names the clinic, a condition or a medicine.
"""

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from pages.models import Clinic

from . import tokens
from .models import Correspondence, OutboxMessage
from .tokens import Purpose

HEADERS = {
    "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers, please
    "X-Auto-Response-Suppress": "All",  # the same, in Microsoft's words
}


def build(message: OutboxMessage) -> EmailMultiAlternatives:
    """The message as it goes out. Its links are made now, so that time spent waiting doesn't shorten their life."""
    subscriber = message.subscriber
    context = {"clinic": Clinic.current(), "unsubscribe_link": tokens.link(Purpose.UNSUBSCRIBE, subscriber.pk)}
    if message.consent_id is not None:
        subject, template = _("Please confirm your address"), "confirm"
        context["confirm_link"] = tokens.link(Purpose.CONFIRM, message.consent_id)
        correspondence = Correspondence.objects.get(digest=subscriber.digest)
        context["not_me_link"] = tokens.link(Purpose.NOT_ME, correspondence.pk)
        context["valid_hours"] = tokens.VALID_HOURS
    else:
        subject, template = _("You are already on our list"), "already"
    built = EmailMultiAlternatives(
        subject=subject, body=render_to_string(f"email/{template}.txt", context), to=[subscriber.email], headers=HEADERS
    )
    built.attach_alternative(render_to_string(f"email/{template}.html", context), "text/html")
    return built
