"""One address, one form: whatever people type."""

import string

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from newsletter.addresses import MAX_LENGTH, digest_of, masked, normalise

LABEL = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
LOCAL = st.lists(st.text(string.ascii_letters + string.digits + "+-_", min_size=1, max_size=10), min_size=1, max_size=3)
DOMAIN = st.tuples(LABEL, st.sampled_from(["org", "COM", "Example.net", "bücher.example", "BÜCHER.example"])).map(
    ".".join
)
ADDRESS = st.tuples(LOCAL.map(".".join), DOMAIN).map("@".join)
BLANK = st.text(" \t\r\n", max_size=3)


@given(ADDRESS, BLANK, BLANK)
def test_normalising_twice_is_normalising_once(address: str, before: str, after: str) -> None:
    once = normalise(before + address + after)
    assert normalise(once) == once
    assert once.isascii()
    assert once.rpartition("@")[0] == address.rpartition("@")[0], "the name stays as it was typed"
    assert once.rpartition("@")[2] == once.rpartition("@")[2].lower()


@given(ADDRESS)
def test_upper_and_lower_case_are_one_address(address: str) -> None:
    assert digest_of(normalise(address.upper())) == digest_of(normalise(address.lower()))


@given(st.text(max_size=80))
def test_whatever_is_typed_is_either_an_address_or_a_message(typed: str) -> None:
    try:
        address = normalise(typed)
    except ValidationError:
        return
    assert address.isascii()
    assert address.count("@") == 1
    assert address.isprintable()
    assert " " not in address
    assert len(address) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Sam@Example.ORG\n", "Sam@example.org"),
        ("sam@bücher.example", "sam@xn--bcher-kva.example"),
        ("sam@BÜCHER.example", "sam@xn--bcher-kva.example"),
        ("sam@xn--bcher-kva.example", "sam@xn--bcher-kva.example"),
        ("o'brien+letters@example.co.uk", "o'brien+letters@example.co.uk"),
        ("sam@ｅｘａｍｐｌｅ.org", "sam@example.org"),
    ],
)
def test_is_kept_as(typed: str, kept: str) -> None:
    assert normalise(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "@", "sam", "sam@", "@example.org", "sam@example", "sam@localhost", "sam@[127.0.0.1]", "sam@@example.org",
        "sam @example.org", "a@b@example.org", '"sam"@example.org', '"a\x01b"@example.org', "sam@exa mple.org",
        "\u212aim@example.org", "\u017fam@example.org", "sam@example.org\nBcc: all@example.org", "sám@example.org",
        "sam@-example.org", "sam@example..org", "sam@" + "ü" * 80 + ".example", "sam.@example.org",
        "sam@exam\x00ple.org",
    ],
)  # fmt: skip
def test_is_not_taken(typed: str) -> None:
    with pytest.raises(ValidationError, match="looks incomplete"):
        normalise(typed)


@pytest.mark.parametrize(
    "typed", ["a" * 65 + "@example.org", "sam@" + "a.b" * 90 + ".org", "sam@" + "ü." * 60 + "example"]
)
def test_too_long_is_said_to_be_too_long(typed: str) -> None:
    with pytest.raises(ValidationError, match="too long"):
        normalise(typed)


def test_a_domain_that_two_rules_write_differently_is_not_guessed() -> None:
    with pytest.raises(ValidationError, match="xn--"):
        normalise("sam@straße.example")


def test_the_hash_needs_the_key(settings) -> None:
    before = digest_of("sam@example.org")
    settings.ADDRESS_HASH_KEY = "another"
    assert digest_of("sam@example.org") != before


def test_a_masked_address_shows_one_letter_and_the_domain() -> None:
    assert masked("sam.smith@example.org") == "s…@example.org"
