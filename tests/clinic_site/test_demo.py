"""The demonstration content: loaded once, true to the rules that it is there to show."""

import re
import stat
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client, TestCase, override_settings
from django.urls import resolve

from blog.models import Article
from clinic_site.demo.load import load
from editorial.contours import FORMS
from editorial.models import Credential, Image, Person, Reference, SafetyText
from editorial.publishing import publishable_models
from editorial.richtext import cited_keys, clean, plain_text
from pages.models import Clinic, ConditionPage, Question, StandingPage, Statement, Step
from tests.clinic_site.conftest import DRAWINGS, Crawl
from tests.reading import words

STANDING = {
    "how-ketamine-works", "what-to-expect", "who-is-a-candidate", "about", "safety-and-risks", "editorial-policy",
    "privacy", "health-data-privacy", "terms", "accessibility", "contact",
}  # fmt: skip
# The subject of the seed text, and of the three articles it names as related.
SEED = {
    "chronic-pain-and-depression", "when-benzodiazepines-stop-working", "panic-attacks-what-helps",
    "moral-injury-is-not-ptsd",
}  # fmt: skip
FEWEST_WORDS = 900


def everything() -> dict[str, list[str]]:
    return {
        model._meta.db_table: sorted(map(repr, model._default_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
    }


# --- Loading --------------------------------------------------------------------------------------------------------


@pytest.fixture
def own_folders(db: None, settings: Any, tmp_path: Path) -> Path:
    settings.BASE_DIR, settings.LOCAL_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / ".local", tmp_path / "media"
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("demo", *arguments)
    return capsys.readouterr().out


def test_loading_again_changes_nothing(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Demonstration content loaded." in said(capsys)
    sign_in = own_folders / ".local" / "sign-in.txt"
    before, passwords, files = everything(), sign_in.read_text(), sorted(own_folders.rglob("*"))
    again = said(capsys)
    assert "There is content already; nothing was changed." in again
    assert "sign-in" not in again
    assert (everything(), sign_in.read_text(), sorted(own_folders.rglob("*"))) == (before, passwords, files)


def test_what_somebody_has_changed_stays_changed(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys)
    Article.objects.filter(slug="ketamine-and-ect").delete()
    Clinic.objects.update(name="A real clinic")
    said(capsys)
    assert not Article.objects.filter(slug="ketamine-and-ect").exists()
    assert Clinic.current().name == "A real clinic"


def test_a_site_with_a_clinic_of_its_own_is_left_alone(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Clinic(name="A real clinic").save()
    assert "nothing was changed" in said(capsys)
    assert not Article.objects.exists()


def test_the_accounts_are_made_with_passwords_that_only_this_account_can_read(
    own_folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys)
    sign_in = own_folders / ".local" / "sign-in.txt"
    assert stat.S_IMODE(sign_in.stat().st_mode) == 0o600
    accounts = dict(line.split() for line in sign_in.read_text().splitlines())
    assert set(accounts) == {"editor", "writer", "clinician", "letters"}
    for name, password in accounts.items():
        assert password not in out
        assert len(password) >= 12
        assert Client().login(username=name, password=password)
    roles = {user.username: [group.name for group in user.groups.all()] for user in User.objects.all()}
    assert roles == {
        "editor": [], "writer": ["writer"], "clinician": ["clinical reviewer"], "letters": ["newsletter manager"],
    }  # fmt: skip
    assert [user.username for user in User.objects.filter(is_superuser=True)] == ["editor"]
    assert User.objects.get(username="writer").person.name == "Maya Lindqvist"
    assert User.objects.get(username="clinician").person.is_clinician


def test_an_account_that_is_there_keeps_its_password(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.create_user("editor", password="my own password")
    said(capsys)
    assert "editor" not in (own_folders / ".local" / "sign-in.txt").read_text()
    assert Client().login(username="editor", password="my own password")


def test_production_is_never_filled_by_accident(own_folders: Path, settings: Any) -> None:
    settings.IN_PRODUCTION = True
    with pytest.raises(CommandError, match="This is production"):
        call_command("demo")
    assert not Clinic.objects.exists()
    assert not User.objects.exists()
    assert not list(own_folders.rglob("sign-in*"))


def test_even_a_public_demonstration_gets_no_ready_accounts(
    own_folders: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.IN_PRODUCTION = True
    assert "loaded" in said(capsys, "--i-know-this-is-production")
    assert Article.objects.exists()
    assert not User.objects.exists()


def test_half_a_load_leaves_nothing(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clinic_site.demo import load

    def broken(_paths: Any) -> None:
        raise ValueError("a broken file")

    monkeypatch.setattr(load, "_load_articles", broken)
    with pytest.raises(ValueError, match="a broken file"):
        call_command("demo")
    assert not Person.objects.exists()
    assert not Clinic.objects.exists()


# --- Wording ----------------------------------------------------------------------------------------------------------

WATCHED = re.compile(
    r"\b(cure[sd]?|cure-all|miracles?|guarantee\w*|risk-free|no side effects?|non-?addictive"
    r"|proven|prove[sd]?|instant\w*"
    r"|breakthroughs?|best(?! support(?:ed)?\b)|unique\w*|unlike any|safe(?:r|st|ly)?|superior\w*"
    r"|the only (treatment|option|medicine|cure|drug)"
    r"|revolution\w*|game.?chang\w*|life-?changing|FDA[- ]approved|same as Spravato|like Spravato)\b",
    re.IGNORECASE,
)
DENIED = re.compile(
    r"\b(no|not|never|nobody|none|nothing|cannot|without|nor|neither|whether|if|ask|unless)\b|n[’']t\b|\?",
    re.IGNORECASE,
)
QUOTED = re.compile(r"“[^”]*”")


def promises_too_much(sentence: str) -> bool:
    return bool(WATCHED.search(QUOTED.sub("", sentence)) and not DENIED.search(sentence))


def sentences() -> Iterator[tuple[str, str]]:
    """Every sentence of ours that readers see, with where it stands."""
    for kind in publishable_models():
        for page in kind.objects.all():
            blocks = [page.title, page.summary, page.search_description, *page.key_point_list]
            blocks += re.split(r"</(?:p|li|h[2-4]|t[dh]|caption|figcaption)>", page.body)
            yield from ((str(page.slug), block) for block in blocks)
    for question in Question.objects.all():
        yield from ((str(question), block) for block in (question.question, *question.answer.split("</p>")))
    for text in SafetyText.objects.all():
        yield from ((text.kind, block) for block in (text.title, *text.body.split("</p>")))
    for person in Person.objects.all():
        yield from ((person.name, block) for block in person.biography.split("</p>"))
    for reference in Reference.objects.all():
        yield reference.key, reference.note
    clinic = Clinic.current()
    for block in (clinic.tagline, clinic.promise_title, clinic.promise_text, clinic.signup_text):
        yield "clinic", block
    for statement in Statement.objects.all():
        yield "home", f"{statement.heading} {statement.text}"
    for step in Step.objects.all():
        yield "home", f"{step.heading} {step.text}"


@pytest.mark.parametrize(
    ("sentence", "promises"),
    [
        ("Ketamine is safe.", True),
        ("It cures depression.", True),
        ("The best treatment there is.", True),
        ("FDA-approved ketamine for your home.", True),
        ("It is not a cure-all.", False),
        ("Ketamine is not FDA-approved.", False),
        ("An advertisement may say “safe and proven”.", False),
        ("It is best supported after surgery.", False),
    ],
)
def test_a_promise_is_told_from_a_denial(sentence: str, promises: bool) -> None:
    assert promises_too_much(sentence) is promises


# --- Rows and what they say -------------------------------------------------------------------------------------------


class TestContent(TestCase):
    """Loaded once for all of these."""

    @classmethod
    def setUpTestData(cls) -> None:
        folder = cls.enterClassContext(TemporaryDirectory())
        cls.enterClassContext(override_settings(MEDIA_ROOT=folder))
        load()

    def test_every_row_is_as_valid_as_one_typed_into_the_admin(self) -> None:
        kinds: list[type[Model]] = [*publishable_models(), Person, Credential, Reference, SafetyText]
        kinds += [Image, Clinic, Statement, Step, Question]
        for kind in kinds:
            rows = list(kind._default_manager.all())
            assert rows, kind
            for row in rows:
                row.full_clean(exclude=["search_vector"])

    def test_everything_is_public_and_was_published_before_today(self) -> None:
        for kind in publishable_models():
            assert kind.objects.published().count() == kind.objects.count()
            for page in kind.objects.all():
                assert page.missing_for_readers() == {}
                assert page.changed_at == page.published_at

    def test_saving_a_page_as_it_was_loaded_changes_nothing(self) -> None:
        for kind in publishable_models():
            for page in kind.objects.all():
                before = page.changed_at
                assert clean(page.body) == page.body
                page.save()
                assert page.changed_at == before, page

    def test_there_is_all_that_a_real_clinics_site_has(self) -> None:
        articles = {article.slug: article.word_count for article in Article.objects.all()}
        assert len([count for count in articles.values() if count >= FEWEST_WORDS]) >= 9
        assert min(articles.values()) >= FEWEST_WORDS
        assert set(articles) >= SEED
        assert {page.slug for page in ConditionPage.objects.all()} == {"depression", "chronic-pain", "anxiety", "ptsd"}
        assert {page.slug for page in StandingPage.objects.all()} >= STANDING
        assert Person.objects.filter(is_clinician=True).count() >= 3
        assert {text.kind for text in SafetyText.objects.all()} == set(SafetyText.Kind.values)

    def test_every_medical_page_is_reviewed_and_names_risks_and_sources(self) -> None:
        for page in [*Article.objects.all(), *ConditionPage.objects.all()]:
            assert page.reviewer, page
            assert page.shows_risks, page
            assert len(cited_keys(page.body)) >= 5, page
            assert 3 <= len(page.key_point_list) <= 4, page
            assert len(page.description) <= 160, page
        for article in Article.objects.all():
            assert article.conditions.exists(), article
            assert len(article.read_next()) == 3, article
        for condition in ConditionPage.objects.all():
            assert condition.questions.count() >= 3, condition
            assert condition.articles.exists(), condition
            assert condition.evidence_summary, condition

    def test_every_reference_can_be_looked_up_and_says_what_it_is(self) -> None:
        texts = [page.body for kind in publishable_models() for page in kind.objects.all()]
        texts += [question.answer for question in Question.objects.all()]
        texts += [text.body for text in SafetyText.objects.all()]
        cited = {key for text in texts for key in cited_keys(text)}
        assert cited <= {reference.key for reference in Reference.objects.all()}
        for reference in Reference.objects.all():
            assert reference.link.startswith("https://"), reference
            assert reference.note, reference
            assert reference.note.endswith((".", "?", "!", "”")), reference

    def test_what_a_clinic_must_replace_is_said_to_be_an_example(self) -> None:
        assert all(credential.number.startswith("EXAMPLE") for credential in Credential.objects.all())
        assert all("example" in plain_text(person.biography) for person in Person.objects.all())
        clinic = Clinic.current()
        assert "demonstration" in clinic.example_notice
        assert "Example" in clinic.postal_address
        assert clinic.email.endswith("@example.org")
        for slug in ("about", "contact", "terms", "privacy"):
            assert "example" in plain_text(StandingPage.objects.get(slug=slug).body).lower(), slug

    def test_no_sentence_promises_what_nobody_can_keep(self) -> None:
        """Each watched word stands in a denial, a condition, a question or somebody else's quoted words."""
        promises = [
            (where, sentence)
            for where, block in sentences()
            for sentence in re.split(r"(?<=[.!?])\s+", plain_text(block))
            if promises_too_much(sentence)
        ]
        assert promises == []

    def test_no_sentence_limits_the_missing_approval_to_one_setting(self) -> None:
        """“Not approved at home” would let readers think that it is approved elsewhere."""
        for where, block in sentences():
            said = QUOTED.sub("", plain_text(block))
            assert not re.search(r"not (FDA.)?approved (for use )?(at home|in the at-home)", said, re.IGNORECASE), where


# --- Links ----------------------------------------------------------------------------------------------------------


def test_every_link_of_the_site_leads_somewhere(site: Crawl) -> None:
    slugs = {urlsplit(address).path.rstrip("/").rpartition("/")[2] for address in site.pages} | {
        "home",
        "steps",
        "break",
    }
    broken = []
    for page, links in site.links.items():
        for link in links:
            address, parts = urldefrag(link).url, urlsplit(link)
            if parts.netloc or parts.scheme or not address or page == "/never-was/":
                continue
            if address.startswith("/static/"):
                found = bool(finders.find(address.removeprefix("/static/")))
            elif address.startswith(DRAWINGS):
                named = resolve(address).kwargs
                found = named["form"] in FORMS and {named["slug"], named["temper"]} <= slugs | {"plain"}
            elif address.startswith("?"):
                found = True
            else:
                answer = site.pages.get(address)
                found = answer is not None and answer.status in (200, 302, 405)
            if not found:
                broken.append((page, link))
    assert broken == []


def test_every_anchor_of_the_site_is_there(site: Crawl) -> None:
    ids = {address: set(answer.tree().xpath("//@id")) for address, answer in site.html().items()}
    for page, links in site.links.items():
        for link in links:
            address, fragment = urldefrag(link)
            if fragment and not urlsplit(link).netloc:
                assert fragment in ids[address or page], (page, link)


def test_no_page_names_an_element_twice(site: Crawl) -> None:
    for address, answer in site.html().items():
        twice = [name for name, count in Counter(answer.tree().xpath("//@id")).items() if count > 1]
        assert twice == [], address


def test_every_label_and_description_points_at_something(site: Crawl) -> None:
    for address, answer in site.html().items():
        document = answer.tree()
        ids = set(document.xpath("//@id"))
        named = document.xpath("//@aria-labelledby | //@aria-describedby | //@for | //@popovertarget")
        assert {name for names in named for name in names.split()} <= ids, address


def test_headings_go_down_one_step_at_a_time(site: Crawl) -> None:
    for address, answer in site.html().items():
        levels = [int(heading.tag[1]) for heading in answer.tree().xpath("//h1 | //h2 | //h3 | //h4 | //h5 | //h6")]
        assert levels.count(1) == 1, address
        assert all(below - above <= 1 for above, below in pairwise(levels)), (address, levels)


def test_every_picture_is_described_or_decorative_and_keeps_its_place(site: Crawl) -> None:
    for address, answer in site.html().items():
        for picture in answer.tree().xpath("//img"):
            assert picture.get("alt") is not None, address
            assert picture.get("width"), (address, picture.get("src"))
            assert picture.get("height"), (address, picture.get("src"))


def test_every_page_has_a_title_and_a_description_of_its_own(site: Crawl) -> None:
    titles: Counter[str] = Counter()
    for address, answer in site.html().items():
        document = answer.tree()
        assert document.get("lang") == "en-US", address
        titles[words(document.xpath("//title")[0])] += 1
        if answer.status == 200 and "noindex" not in "".join(document.xpath("//meta[@name='robots']/@content")):
            (description,) = document.xpath("//meta[@name='description']/@content")
            assert len(description) >= 20, (address, description)
    shared = {title for title, count in titles.items() if count > 1}
    assert not {title for title in shared if not title.startswith(("Search", "Page not found", "This link"))}, shared


def test_citation_keys_and_template_marks_are_never_shown(site: Crawl) -> None:
    for address, answer in site.html().items():
        text = words(answer.tree())
        for mark in ("[@", "{{", "{%", "{figure", "None", "&amp;"):
            assert mark not in text.replace("None of", "").replace("None has", "").replace("None tested", ""), (
                address,
                mark,
            )
