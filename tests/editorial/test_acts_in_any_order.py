"""Whoever does whatever in whatever order: readers see approved words alone, and history stays as it was."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from blog.models import Article
from editorial import acts, rechecks, schedule
from editorial.models import Act, Change, Publication, Reference, Remark, Revision, SafetyText, ScheduledAct, SignOff
from editorial.revisions import rehearsal, snapshot
from editorial.signoff import current_digest
from tests.factories import make_article, make_clinician, make_credential, make_person, make_reference, make_safety_text
from tests.factories import make_user as make_account

KEPT = (Revision, SignOff, Publication, Change, Act)
WHO = st.sampled_from(["writer", "stranger", "clinician", "other clinician", "editor", "letters"])
CHANGE = st.sampled_from(["minor", "substantive", "correction", ""])
pytestmark = pytest.mark.django_db


class Newsroom(RuleBasedStateMachine):
    """Two pages, six people. Each rule tries one act and lets it be refused."""

    @initialize()
    def open(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        groups = {
            "writer": "writer", "stranger": "writer", "clinician": "clinical reviewer",
            "other clinician": "clinical reviewer", "editor": "editor", "letters": "newsletter manager",
        }  # fmt: skip
        self.people: dict[str, User] = {name: make_account(group=group) for name, group in groups.items()}
        for name in ("clinician", "other clinician"):
            make_credential(person=make_clinician(user=self.people[name]))
        author = make_person(user=self.people["writer"])
        make_reference(key="study-a")
        make_safety_text(kind="article-disclaimer")
        self.pages = [
            acts.adopt(make_article(state="draft", author=author, body="<p>Said [@study-a].</p>")).pk for _ in range(2)
        ]
        self.count = 0
        self.seen: dict[tuple[str, int], dict[str, Any]] = {}
        self.was_public: set[int] = set()

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def attempt(self, act: Any, which: int, who: str, **said: Any) -> None:
        page = Article.objects.get(pk=self.pages[which])
        try:
            with transaction.atomic():
                act(page, by=self.people[who], **said)
        except (acts.Refused, PermissionDenied):
            pass

    @rule(which=st.integers(0, 1), who=WHO)
    def save(self, which: int, who: str) -> None:
        self.count += 1
        page = Article.objects.get(pk=self.pages[which])
        with rehearsal(page, page.latest) as shown:
            data = snapshot(shown)
        data["fields"]["summary"] = f"Words number {self.count}."
        self.attempt(acts.save_draft, which, who, data=data, base=None)

    @rule(which=st.integers(0, 1), who=WHO)
    def ask(self, which: int, who: str) -> None:
        self.attempt(acts.ask_for_review, which, who)

    @rule(which=st.integers(0, 1), who=WHO)
    def send_back(self, which: int, who: str) -> None:
        self.attempt(acts.return_to_author, which, who, sentence="Shorter.")

    @rule(which=st.integers(0, 1), who=WHO)
    def remark(self, which: int, who: str) -> None:
        self.attempt(acts.remark, which, who, text="For how long?")

    @rule(who=WHO)
    def resolve(self, who: str) -> None:
        remark = Remark.objects.filter(resolved_at=None).first()
        if remark is not None:
            self.attempt(lambda _page, by: acts.resolve(remark, by=by), 0, who)

    @rule(which=st.integers(0, 1), who=WHO, right=st.booleans(), minor=st.booleans(), live=st.booleans())
    def sign(self, which: int, who: str, right: bool, minor: bool, live: bool) -> None:
        page = Article.objects.get(pk=self.pages[which])
        with rehearsal(page, page.live if minor and live else page.latest) as shown:
            seen = current_digest(shown) if right else "0" * 64
        if minor:
            self.attempt(acts.call_minor, which, who, seen=seen, live=live)
        else:
            self.attempt(acts.approve, which, who, seen=seen)

    @rule(which=st.integers(0, 1), who=WHO, change=CHANGE)
    def publish(self, which: int, who: str, change: str) -> None:
        self.attempt(acts.publish, which, who, change=change, change_note="Said better.")

    @rule(which=st.integers(0, 1), clinician=st.sampled_from(["clinician", "other clinician"]), later=st.booleans())
    def go_on(self, which: int, clinician: str, later: bool) -> None:
        """What comes next, by somebody whose turn it is: chance alone would seldom get a page published."""
        page = Article.objects.get(pk=self.pages[which])
        if page.stage in ("draft", "returned"):
            self.ask(which, "writer")
        elif page.stage == "in-review":
            for remark in Remark.objects.of(page).filter(resolved_at=None):
                acts.resolve(remark, by=self.people["editor"])
            self.sign(which, clinician, right=True, minor=False, live=False)
        elif later:
            self.plan(which, "editor", "minor")
        else:
            self.publish(which, "editor", "minor")

    again, and_again = go_on, go_on

    @rule(which=st.integers(0, 1), who=WHO, change=CHANGE)
    def plan(self, which: int, who: str, change: str) -> None:
        at = timezone.now() + timedelta(days=1)
        self.attempt(schedule.go_live, which, who, at=at, change=change, change_note="Said better.")

    @rule(which=st.integers(0, 1), who=WHO)
    def plan_an_end(self, which: int, who: str) -> None:
        self.attempt(schedule.take_down, which, who, at=timezone.now() + timedelta(days=1))

    @rule()
    def time_passes(self) -> None:
        ScheduledAct.objects.filter(state="waiting").update(due_at=timezone.now())
        schedule.run_due()
        assert not ScheduledAct.objects.filter(state="waiting").exists()

    @rule(which=st.integers(0, 1), who=WHO)
    def take_down(self, which: int, who: str) -> None:
        self.attempt(acts.unpublish, which, who)

    @rule(which=st.integers(0, 1), who=WHO, back=st.integers(0, 5))
    def restore(self, which: int, who: str, back: int) -> None:
        revisions = list(Revision.objects.of(Article(pk=self.pages[which])))
        revision = revisions[back % len(revisions)]
        self.attempt(lambda page, by: acts.restore(page, revision, by=by), which, who)

    @rule(number=st.integers(0, 1), of_reference=st.booleans())
    def surroundings_change(self, number: int, of_reference: bool) -> None:
        if of_reference:
            Reference.objects.update(note=f"Note {number}.")
        else:
            SafetyText.objects.update(body=f"<p>Text {number}.</p>")
        rechecks.ask("It changed")
        rechecks.run()

    # --- What always holds ---

    @invariant()
    def readers_see_approved_words_alone(self) -> None:
        for pk in getattr(self, "pages", []):
            page = Article.objects.get(pk=pk)
            response = Client().get(page.get_absolute_url())
            assert response.status_code == (200 if page.is_published else 404)
            if not page.is_published:
                continue
            self.was_public.add(pk)
            signed = SignOff.objects.of(page).filter(clinical_content__contains=page.summary)
            assert signed.exists(), "nobody has signed off these words"
            for sign_off in signed:
                written = Revision.objects.of(page).filter(number__lte=sign_off.revision.number, restored_from=None)
                writers = {r.saved_by_id for r in written if r.data["fields"]["summary"] == page.summary}
                assert sign_off.signed_by_id not in writers, "somebody has signed off their own words"
            told = b"Clinically reviewed by" in response.content
            assert told is (page.sign_off.digest == current_digest(page))
            assert told is (page.reviewed_on is not None)

    @invariant()
    def what_is_served_is_what_was_kept(self) -> None:
        for pk in getattr(self, "pages", []):
            page = Article.objects.get(pk=pk)
            kept = Publication.objects.of(page).first()
            if page.is_published:
                assert kept.digest == current_digest(page)
                assert kept.revision_id == page.live_id
                assert (kept.sign_off_id is not None) is (page.reviewed_on is not None)
            elif pk in self.was_public:
                assert kept.html == ""

    @invariant()
    def history_never_changes(self) -> None:
        if not hasattr(self, "seen"):
            return
        for model in KEPT:
            rows = {(model.__name__, row["id"]): row for row in model._default_manager.values()}  # type: ignore[misc]
            for key, row in self.seen.items():
                if key[0] == model.__name__:
                    assert rows[key] == row
            self.seen |= rows


def test_in_whatever_order_readers_see_approved_words_alone_and_history_stays() -> None:
    run_state_machine_as_test(
        Newsroom,
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # a failure is told as it was found: making it smaller would take minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
