"""What staff see of the newsletter. Addresses are masked for everybody who has no permission to see them in full."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .addresses import digest_of, masked, normalise
from .models import Consent, OutboxMessage, Subscriber, Suppression
from .wording import TEXTS


def _digest_of_term(term: str) -> str:
    """The hash of what was typed into a search field; of no address, and so found nowhere, where it isn't one."""
    try:
        return digest_of(normalise(term))
    except ValidationError:
        return ""


class SearchByAddress(admin.ModelAdmin):  # type: ignore[type-arg]
    """Finds a row by the whole address, through its hash: parts of addresses can't be fished for."""

    search_fields = ["digest"]
    search_help_text = _("A whole address finds its row. Parts of addresses find nothing, on purpose.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(digest=_digest_of_term(search_term)), False


class ConsentInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Consent
    fields = ("given_at", "form", "wording", "confirmed_at")
    readonly_fields = ("given_at", "form", "wording", "confirmed_at")
    extra = 0
    can_delete = False

    @admin.display(description=_("Text shown at the form"))
    def wording(self, consent: Consent) -> str:
        return TEXTS.get(consent.wording_version, str(consent.wording_version))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Subscriber)
class SubscriberAdmin(SearchByAddress):
    """Nobody is added by hand: only the person can consent. Deleting erases the address and its consents."""

    list_filter = ["status", "created_at"]
    date_hierarchy = "created_at"
    readonly_fields = ["status", "created_at", "confirmed_at", "unsubscribed_at"]
    inlines = [ConsentInline]
    actions = ["unsubscribe", "suppress"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self._address_field(request), "status", "created_at", "confirmed_at", "unsubscribed_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [self._address_field(request), *self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def _address_field(self, request: HttpRequest) -> str:
        return "full_address" if request.user.has_perm("newsletter.view_addresses") else "masked_address"

    @admin.display(description=_("address"))
    def full_address(self, subscriber: Subscriber) -> str:
        return subscriber.email

    @admin.display(description=_("address"))
    def masked_address(self, subscriber: Subscriber) -> str:
        return masked(subscriber.email)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Unsubscribe the chosen"), permissions=["change"])
    def unsubscribe(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        subscribers = list(queryset)
        for subscriber in subscribers:
            subscriber.unsubscribe()
        said = ngettext("%d address gets no more letters.", "%d addresses get no more letters.", len(subscribers))
        self.message_user(request, said % len(subscribers), messages.SUCCESS)

    @admin.action(description=_("Delete the chosen and never write to them again"), permissions=["delete"])
    def suppress(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        digests = list(queryset.values_list("digest", flat=True))
        for digest in digests:
            Suppression.suppress(digest, Suppression.Reason.STAFF)
        said = ngettext(
            "%d address is deleted and never written to again.",
            "%d addresses are deleted and never written to again.",
            len(digests),
        )
        self.message_user(request, said % len(digests), messages.SUCCESS)


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]
    address = forms.CharField(
        label=_("Address"),
        max_length=508,
        help_text=_("It is not stored, only a keyed hash of it. A subscriber with this address is deleted."),
    )

    class Meta:
        model = Suppression
        fields: list[str] = []

    def clean_address(self) -> str:
        return normalise(self.cleaned_data["address"])


@admin.register(Suppression)
class SuppressionAdmin(SearchByAddress):
    form = SuppressionForm
    list_display = ["__str__", "reason", "created_at"]
    list_filter = ["reason"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["address"] if obj is None else ["reason", "created_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        digest = digest_of(form.cleaned_data["address"])
        Suppression.suppress(digest, Suppression.Reason.STAFF)
        # The row may have been there already; either way the admin goes on with the stored one.
        obj.pk = Suppression.objects.get(digest=digest).pk
        obj.refresh_from_db()


@admin.register(OutboxMessage)
class OutboxMessageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mail that has not gone out. The worker sends and deletes; staff look, and let it try again."""

    list_display = ["__str__", "subscriber", "created_at", "attempts", "due_at", "last_error", "gave_up_at"]
    list_filter = ["kind", ("gave_up_at", admin.EmptyFieldListFilter)]
    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Try again now"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        now = timezone.now()
        count = queryset.update(due_at=now, created_at=now, gave_up_at=None)  # another day to get through
        said = ngettext("%d message is tried again.", "%d messages are tried again.", count)
        self.message_user(request, said % count, messages.SUCCESS)
