"""How often an address is written to, and how much one network may cause."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from newsletter.models import Correspondence, NetworkLimit, PendingSignup, Subscriber
from newsletter.network import UNKNOWN, client_network, network_digest
from newsletter.signup import clean

from .conftest import Clock, PostOffice, Visitor, work
from .factories import make_subscriber


@pytest.mark.django_db(transaction=True)
class TestPerAddress:
    def test_one_confirmation_a_day(self, visitor: Visitor, post_office: PostOffice, clock: Clock) -> None:
        for hours in (0, 1, 22):
            clock.forward(hours=hours)
            visitor.sign_up("sam@example.org")
            work()
        assert len(post_office.letters) == 1
        clock.forward(hours=2)
        visitor.sign_up("SAM@EXAMPLE.ORG")
        work()
        assert len(post_office.letters) == 2

    def test_three_unanswered_ever_even_after_the_purge(
        self, visitor: Visitor, post_office: PostOffice, clock: Clock
    ) -> None:
        for _day in range(20):
            visitor.sign_up("sam@example.org")
            work()
            clean()
            clock.forward(days=5)
        assert len(post_office.letters) == 3
        assert not Subscriber.objects.exists(), "forgotten, and yet not written to a fourth time"

    def test_an_answer_clears_the_count(self, visitor: Visitor, post_office: PostOffice, clock: Clock) -> None:
        for _day in range(3):
            visitor.sign_up("sam@example.org")
            work()
            clock.forward(days=2)
        visitor.press(post_office.letters[-1].link("confirm"))
        Subscriber.objects.get().unsubscribe()
        visitor.sign_up("sam@example.org")
        work()
        assert len(post_office.letters) == 4

    def test_who_is_subscribed_is_told_so_once_a_day(
        self, visitor: Visitor, post_office: PostOffice, clock: Clock
    ) -> None:
        make_subscriber(email="sam@example.org")
        for _time in range(3):
            visitor.sign_up("sam@example.org")
            work()
            clock.forward(hours=1)
        assert [letter.subject for letter in post_office.letters] == ["You are already on our list"]
        clock.forward(days=1)
        visitor.sign_up("sam@example.org")
        work()
        assert len(post_office.letters) == 2

    def test_many_sign_ups_of_one_address_at_once_cause_one_message(
        self, visitor: Visitor, post_office: PostOffice
    ) -> None:
        for _time in range(5):
            visitor.sign_up("sam@example.org")
        work()
        assert len(post_office.letters) == 1
        assert Correspondence.objects.get().unanswered == 1


@pytest.mark.django_db
class TestPerNetwork:
    def test_the_eleventh_in_an_hour_is_told_to_wait(self, visitor: Visitor) -> None:
        for number in range(10):
            assert visitor.sign_up(f"sam{number}@example.org").status_code == 303
        answer = visitor.sign_up("last@example.org")
        assert answer.status_code == 429
        assert answer["Retry-After"] == "3600"
        assert b"try again in an hour" in answer.content
        assert b"last@example.org" in answer.content
        assert PendingSignup.objects.count() == 10

    def test_the_limit_is_a_setting(self, visitor: Visitor, settings: Settings) -> None:
        settings.SIGNUPS_PER_NETWORK_AND_HOUR = 1
        assert visitor.sign_up("sam@example.org").status_code == 303
        assert visitor.sign_up("sam@example.org").status_code == 429

    @pytest.mark.parametrize(("address", "is_warned"), [("10.0.0.1", True), ("8.8.8.8", False)])
    def test_a_proxy_that_nobody_counted_is_noticed(
        self, visitor: Visitor, settings: Settings, caplog: pytest.LogCaptureFixture, address: str, is_warned: bool
    ) -> None:
        settings.SIGNUPS_PER_NETWORK_AND_HOUR = 0
        visitor.defaults["REMOTE_ADDR"] = address
        assert visitor.sign_up("sam@example.org").status_code == 429
        assert ("TRUSTED_PROXY_COUNT" in caplog.text) == is_warned

    def test_the_next_hour_begins_anew_and_the_last_is_forgotten(
        self, visitor: Visitor, settings: Settings, clock: Clock
    ) -> None:
        settings.SIGNUPS_PER_NETWORK_AND_HOUR = 1
        visitor.sign_up("sam@example.org")
        before = NetworkLimit.objects.get().digest
        clock.forward(hours=1)
        assert visitor.sign_up("sam@example.org").status_code == 303
        assert NetworkLimit.objects.get().digest != before

    def test_the_worker_forgets_networks_even_if_nobody_signs_up(self, visitor: Visitor, clock: Clock) -> None:
        visitor.sign_up("sam@example.org")
        clock.forward(hours=1)
        clean()
        assert not NetworkLimit.objects.exists()

    def test_mistakes_in_typing_do_not_count(self, visitor: Visitor) -> None:
        for _time in range(20):
            visitor.sign_up("sam@")
        assert visitor.sign_up("sam@example.org").status_code == 303

    def test_other_networks_are_not_held_up(self, visitor: Visitor, settings: Settings) -> None:
        settings.SIGNUPS_PER_NETWORK_AND_HOUR = 1
        from newsletter import wording

        data = {"email": "sam@example.org", "form": "home", "wording": wording.NEWEST}
        origin = {"Origin": "http://testserver"}
        for address, status in [("198.51.100.7", 303), ("198.51.100.200", 429), ("198.51.101.7", 303)]:
            answer = visitor.post("/newsletter/", data, headers=origin, REMOTE_ADDR=address)
            assert answer.status_code == status, address

    def test_no_address_of_a_visitor_is_stored(self, visitor: Visitor) -> None:
        from django.apps import apps

        from newsletter import wording

        data = {"email": "sam@example.org", "form": "home", "wording": wording.NEWEST}
        headers = {
            "Origin": "http://testserver",
            "User-Agent": "Mozilla/9",
            "Referer": "http://testserver/articles/pain/",
        }
        visitor.post("/newsletter/", data, headers=headers, REMOTE_ADDR="198.51.100.77")
        work()
        rows = [
            row for model in apps.get_app_config("newsletter").get_models() for row in model._default_manager.values()
        ]
        assert rows
        for trace in ("198.51", "Mozilla", "pain"):
            assert trace not in repr(rows)


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "network"),
    [
        ("198.51.100.77", "", 0, "198.51.100.0/24"),
        ("198.51.100.77", "203.0.113.9", 0, "198.51.100.0/24"),  # no proxy of ours: the header is the visitor's own
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.0/24"),
        ("10.0.0.1", "192.0.2.1, 203.0.113.9", 1, "203.0.113.0/24"),  # what stands before is invented
        ("10.0.0.1", "192.0.2.1, 203.0.113.9, 10.0.0.2", 2, "203.0.113.0/24"),
        ("198.51.100.77", "", 1, "198.51.100.0/24"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.77", "", 0, "198.51.100.0/24"),
        ("", "", 0, UNKNOWN),
        ("10.0.0.1", "garbage", 1, UNKNOWN),
    ],
)
def test_the_network_of_a_visitor(settings: Settings, remote: str, forwarded: str, proxies: int, network: str) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_network(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)) == network


def test_the_hash_of_a_network_differs_by_hour_and_key(settings: Settings, clock: Clock) -> None:
    first = network_digest("198.51.100.0/24", clock.now())
    clock.forward(hours=1)
    assert network_digest("198.51.100.0/24", clock.now()) != first
    clock.forward(hours=-1)
    assert network_digest("198.51.100.0/24", clock.now()) == first
    settings.SECRET_KEY = "another"
    assert network_digest("198.51.100.0/24", clock.now()) != first
