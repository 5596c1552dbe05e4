"""What newsletter managers see and do, and what they can't."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from newsletter.addresses import digest_of
from newsletter.models import Consent, OutboxMessage, Subscriber, Suppression

from .factories import make_message, make_subscriber

pytestmark = pytest.mark.django_db

ALL = (
    "view_subscriber", "change_subscriber", "delete_subscriber", "view_consent", "view_suppression",
    "add_suppression", "view_outboxmessage",
)  # fmt: skip


def manager(*more: str) -> Client:
    user = User.objects.create_user("manager", password="-", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=[*ALL, *more]))
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, model: str, view: str = "changelist", *args: object, **query: str) -> str:
    answer = client.get(reverse(f"admin:newsletter_{model}_{view}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_addresses_are_masked_without_the_permission() -> None:
    subscriber = make_subscriber(email="unmistakable@example.org")
    make_message(subscriber=subscriber)
    client = manager()
    for seen in (
        page(client, "subscriber"), page(client, "subscriber", "change", subscriber.pk), page(client, "outboxmessage"),
        page(client, "subscriber", "delete", subscriber.pk), page(client, "subscriber", "history", subscriber.pk),
    ):  # fmt: skip
        assert "unmistakable" not in seen
        assert "u…@example.org" in seen


def test_addresses_are_shown_with_it_but_never_in_a_title() -> None:
    subscriber = make_subscriber(email="unmistakable@example.org")
    client = manager("view_addresses")
    assert "unmistakable@example.org" in page(client, "subscriber")
    seen = page(client, "subscriber", "change", subscriber.pk)
    assert "unmistakable@example.org" in seen
    assert "unmistakable" not in seen.partition("</title>")[0]


def test_a_whole_address_finds_its_row_and_a_part_finds_nothing() -> None:
    make_subscriber(email="unmistakable@example.org")
    client = manager("view_addresses")
    assert "unmistakable@example.org" in page(client, "subscriber", q="UNMISTAKABLE@example.org ")
    for part in ("unmistakable", "example.org", "u", "digest", digest_of("unmistakable@example.org")[:10]):
        assert "unmistakable@example.org" not in page(client, "subscriber", q=part)


def test_nobody_is_added_or_changed_by_hand() -> None:
    subscriber = make_subscriber()
    client = manager("view_addresses", "add_subscriber")
    assert client.get(reverse("admin:newsletter_subscriber_add")).status_code == 403
    url = reverse("admin:newsletter_subscriber_change", args=[subscriber.pk])
    sent = {"email": "other@example.org", "status": "unsubscribed", "full_address": "other@example.org"}
    client.post(url, sent | {"consents-TOTAL_FORMS": "0", "consents-INITIAL_FORMS": "0"})
    subscriber.refresh_from_db()
    assert (subscriber.email, subscriber.status) == ("sam@example.org", "confirmed")


def test_consents_are_shown_with_the_text_that_was_shown() -> None:
    subscriber = make_subscriber()
    seen = page(manager(), "subscriber", "change", subscriber.pk)
    assert "You ask us to send you our letter by e-mail." in seen
    assert 'name="consents-0-' not in seen.replace('type="hidden" name="consents-0-', "")


def test_deleting_erases() -> None:
    subscriber = make_subscriber(email="unmistakable@example.org")
    client = manager()
    client.post(reverse("admin:newsletter_subscriber_delete", args=[subscriber.pk]), {"post": "yes"})
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()
    from django.contrib.admin.models import LogEntry

    assert LogEntry.objects.get().object_repr == "u…@example.org"


def act(client: Client, model: str, action: str, *rows: object) -> None:
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}  # type: ignore[attr-defined]
    answer = client.post(reverse(f"admin:newsletter_{model}_changelist"), data, follow=True)
    assert answer.status_code == 200


def test_the_chosen_are_unsubscribed_or_suppressed() -> None:
    first, second = make_subscriber(email="a@example.org"), make_subscriber(email="b@example.org")
    client = manager()
    act(client, "subscriber", "unsubscribe", first)
    first.refresh_from_db()
    assert first.status == Subscriber.Status.UNSUBSCRIBED
    act(client, "subscriber", "suppress", second)
    assert list(Subscriber.objects.all()) == [first]
    assert Suppression.objects.get().digest == digest_of("b@example.org")


def test_who_may_only_look_can_do_neither() -> None:
    subscriber = make_subscriber()
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_subscriber"))
    client = Client()
    client.force_login(user)
    for action in ("unsubscribe", "suppress", "delete_selected"):
        act(client, "subscriber", action, subscriber)
    subscriber.refresh_from_db()
    assert subscriber.status == Subscriber.Status.CONFIRMED


@pytest.mark.parametrize("times", [1, 2])
def test_an_address_is_suppressed_by_typing_it_and_only_its_hash_stays(times: int) -> None:
    make_subscriber(email="unmistakable@example.org")
    client = manager()
    for _time in range(times):
        url = reverse("admin:newsletter_suppression_add")
        answer = client.post(url, {"address": " UNMISTAKABLE@Example.org"}, follow=True)
        assert answer.status_code == 200
        assert "unmistakable" not in answer.content.decode().lower()
    suppression = Suppression.objects.get()
    assert suppression.digest == digest_of("unmistakable@example.org")
    assert suppression.reason == Suppression.Reason.STAFF
    assert not Subscriber.objects.exists()


def test_a_mistyped_address_is_told_so() -> None:
    answer = manager().post(reverse("admin:newsletter_suppression_add"), {"address": "sam@"})
    assert answer.status_code == 200
    assert "looks incomplete" in answer.content.decode()
    assert "sam@" in answer.content.decode()
    assert not Suppression.objects.exists()


def test_failed_mail_is_shown_and_can_be_tried_again() -> None:
    from django.utils import timezone

    message = make_message(subscriber=make_subscriber())
    OutboxMessage.objects.update(gave_up_at=timezone.now(), last_error="SMTPRecipientsRefused 550", attempts=1)
    client = manager()
    assert "SMTPRecipientsRefused 550" in page(client, "outboxmessage")
    act(client, "outboxmessage", "try_again", message)
    message.refresh_from_db()
    assert message.gave_up_at is None


@pytest.mark.parametrize("model", ["subscriber", "outboxmessage", "suppression"])
def test_a_longer_list_takes_no_more_queries(model: str) -> None:
    client = manager()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, model)
        return len(captured)

    def add(number: int) -> None:
        make_message(subscriber=make_subscriber(email=f"sam{number}@example.org"))
        Suppression.objects.create(digest=str(number), reason=Suppression.Reason.STAFF)

    add(1)
    page(client, model)
    with_one = queries()
    for number in (2, 3, 4):
        add(number)
    assert queries() == with_one


def test_outsiders_see_nothing(client: Client) -> None:
    for model in ("subscriber", "suppression", "outboxmessage"):
        assert client.get(reverse(f"admin:newsletter_{model}_changelist")).status_code == 302
