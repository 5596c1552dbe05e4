"""No public page sets a cookie, asks another host for anything, or differs by who asks."""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.clinic_site.conftest import Answer, Crawl
from tests.factories import make_article, make_user

OWN_HOST = "127.0.0.1:8000"  # SITE_URL's
ASKED_FOR = (
    "//link[not(@rel='canonical')]/@href | //@src | //@srcset | //@poster | //@data | //@ping"
    " | //form/@action | //@formaction"
)


def every(site: Crawl) -> list[tuple[str, Answer]]:
    assert len(site.pages) > 50  # else the walk went nowhere
    return list(site.pages.items())


def test_no_public_page_sets_a_cookie(site: Crawl) -> None:
    assert [address for address, answer in every(site) if answer.cookies or "Set-Cookie" in answer.headers] == []


def test_no_public_page_is_broken(site: Crawl) -> None:
    assert [(address, answer.status) for address, answer in every(site) if answer.status >= 500] == []


def test_no_public_page_differs_by_cookie(site: Crawl) -> None:
    differing = [address for address, answer in every(site) if "cookie" in answer.headers.get("Vary", "").lower()]
    assert differing == []


def test_staff_get_the_very_same_pages_as_readers(site: Crawl) -> None:
    for address, answer in every(site):
        for_staff = site.for_staff[address]
        assert (for_staff.status, for_staff.body) == (answer.status, answer.body), address
        assert for_staff.headers == answer.headers, address
        assert for_staff.cookies == [], address


def test_every_page_carries_the_headers_that_keep_a_reader_private(site: Crawl) -> None:
    for address, answer in every(site):
        headers = answer.headers
        if address.startswith("/media/"):
            assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox", address
        else:
            policy = headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy, address
            assert "unsafe" not in policy, address
            for rule in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
                assert rule in policy, address
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), address
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert headers["X-Frame-Options"] == "DENY", address
        for feature in ("browsing-topics", "camera", "geolocation", "microphone"):
            assert f"{feature}=()" in headers["Permissions-Policy"], address


def test_no_page_asks_another_host_for_anything(site: Crawl) -> None:
    for address, answer in site.html().items():
        for link in answer.tree().xpath(ASKED_FOR):
            for part in link.split(","):
                assert urlsplit(part.split()[0]).netloc == "", (address, link)


def test_no_page_holds_a_script_or_a_style_of_its_own(site: Crawl) -> None:
    for address, answer in site.html().items():
        document = answer.tree()
        assert (
            document.xpath("//style | //@style | //script[not(@src)] | //base | //iframe | //object | //embed") == []
        ), address
        handlers = [name for element in document.iter() for name in element.attrib if str(name).startswith("on")]
        assert handlers == [], address
        assert not re.search(r"(href|src|action)\s*=\s*[\"']?\s*(javascript|data|vbscript):", answer.body.decode()), (
            address
        )
        assert not document.xpath("//meta[translate(@http-equiv, 'R', 'r')='refresh']"), address


def test_no_form_of_a_public_page_needs_a_cookie(site: Crawl) -> None:
    for address, answer in site.html().items():
        assert b"csrfmiddlewaretoken" not in answer.body, address


def test_links_that_leave_the_site_take_no_address_along(site: Crawl) -> None:
    """The policy of the page sees to it for other hosts; the way out asks for it once more, for old browsers."""
    for address, answer in site.html().items():
        for link in answer.tree().xpath("//a[starts-with(@href, 'http')]"):
            assert link.get("target") is None, address
            assert link.get("ping") is None, address
    assert all(answer.headers["Referrer-Policy"] != "unsafe-url" for answer in site.pages.values())


def test_canonical_addresses_are_the_sites_own(site: Crawl) -> None:
    for address, answer in site.html().items():
        for link in answer.tree().xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content"):
            assert urlsplit(link).netloc == OWN_HOST, address
            assert urlsplit(link).path == urlsplit(address).path, address


def test_public_pages_may_be_kept_and_are_asked_about_again(site: Crawl) -> None:
    lasting = ("/media/", "/favicon.ico")
    for address, answer in every(site):
        if answer.status == 200 and not address.startswith((*lasting, "/search/", "/newsletter/")):
            assert answer.headers["Cache-Control"] == "public, no-cache", address
            assert answer.headers.get("ETag"), address
    assert site.pages["/search/?q=bladder"].headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/articles/", "/articles/x/", "/articles/feed/"])
def test_a_page_that_has_not_changed_is_not_sent_again(client: Client, address: str) -> None:
    article = make_article(slug="x")
    tag = client.get(address).headers["ETag"]
    kept = client.get(address, headers={"if-none-match": tag})
    assert (kept.status_code, kept.content) == (304, b"")
    assert not kept.cookies
    article.title = "A correction"
    article.save()
    assert client.get(address, headers={"if-none-match": tag}).status_code == 200


@pytest.mark.django_db
def test_a_broken_or_foreign_cookie_changes_nothing(client: Client) -> None:
    make_article()
    plain = client.get("/").content
    client.cookies["sessionid"] = "broken"
    client.cookies["csrftoken"] = "x" * 32
    client.cookies["messages"] = "tampered"
    response = client.get("/")
    assert response.content == plain
    assert not response.cookies


@pytest.mark.django_db
def test_staff_cookies_are_sent_to_the_admin_alone(client: Client) -> None:
    user = make_user(is_superuser=True)
    response = client.post(
        "/admin/login/", {"username": user.username, "password": "correct horse battery staple", "next": "/admin/"}
    )
    assert response.status_code == 302
    assert {cookie["path"] for cookie in response.cookies.values()} == {"/admin/"}
    for cookie in response.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
