"""What happens by itself: each thing once, at its time, with the sign-off looked at again; and seen when it fails."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection, connections
from django.utils import timezone

from blog.models import Article
from editorial import acts, schedule
from editorial.models import Act, Publication, SafetyText, ScheduledAct
from editorial.revisions import snapshot
from tests.factories import MAKERS, approved, make_article, make_safety_text, make_user
from tests.programs import clean_environment, eventually

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=5)
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def planned(page: Any, *, change: str = "first", note: str = "") -> ScheduledAct:
    boss = make_user(is_superuser=True)
    return schedule.go_live(page, by=boss, at=timezone.now() + SOON, change=change, change_note=note)


def its_time_comes() -> None:
    ScheduledAct.objects.filter(state="waiting").update(due_at=timezone.now() - timedelta(seconds=1))


@every_kind
def test_a_page_goes_live_at_its_time_and_not_before(make: Any) -> None:
    page = approved(make(state="draft"))
    act = planned(page)
    assert schedule.run_due() == 0
    its_time_comes()
    assert schedule.run_due() == 1
    assert schedule.run_due() == 0
    act.refresh_from_db()
    page.refresh_from_db()
    assert (act.state, page.is_published, page.live) == ("done", True, page.latest)
    assert Publication.objects.of(page).count() == 1


def test_a_change_goes_live_while_a_later_draft_stays_one() -> None:
    page = acts.publish(approved(make_article(state="draft", summary="Old.")), by=None, change="first")
    page = approved(page, summary="Scheduled.")
    planned(page, change="substantive", note="It says more.")
    data = snapshot(page)
    data["fields"]["summary"] = "A later thought."
    acts.save_draft(page, data, by=None, base=None)
    its_time_comes()
    schedule.run_due()
    page = Article.objects.get()
    assert page.summary == "Scheduled."
    assert page.latest.data["fields"]["summary"] == "A later thought."
    assert page.stage == "draft"


def test_a_page_is_taken_down_at_its_time_and_its_readers_led_on(client: Any) -> None:
    page = acts.publish(approved(make_article(state="draft", slug="old")), by=None, change="first")
    boss = make_user(is_superuser=True)
    schedule.take_down(page, by=boss, at=timezone.now() + SOON, redirect_to="/conditions/")
    its_time_comes()
    schedule.run_due()
    assert client.get("/articles/old/").headers["Location"] == "/conditions/"


def test_a_sign_off_that_no_longer_holds_stops_the_page_and_not_its_neighbours() -> None:
    make_safety_text(kind="risks")
    stopped, neighbour = approved(make_article(state="draft")), approved(make_article(state="draft", shows_risks=False))
    acts_planned = [planned(stopped), planned(neighbour)]
    SafetyText.objects.update(body="<p>Said otherwise.</p>")
    its_time_comes()
    assert schedule.run_due() == 2
    for act in acts_planned:
        act.refresh_from_db()
    assert [act.state for act in acts_planned] == ["failed", "done"]
    assert "not for these words" in acts_planned[0].problem
    assert list(Article.objects.published()) == [neighbour]
    assert Act.objects.of(stopped).values_list("kind", flat=True).first() == "failed"


def test_an_address_that_another_page_took_meanwhile_is_told_in_plain_words() -> None:
    page = acts.publish(approved(make_article(state="draft", slug="mine")), by=None, change="first")
    act = planned(approved(page, slug="wanted", summary="New."), change="minor")
    make_article(slug="wanted")
    its_time_comes()
    schedule.run_due()
    act.refresh_from_db()
    assert (act.state, act.problem[:18]) == ("failed", "Another page stand")
    assert Article.objects.get(pk=page.pk).slug == "mine"


def test_whoever_may_no_longer_publish_has_nothing_published() -> None:
    act = planned(approved(make_article(state="draft")))
    act.made_by.is_active = False
    act.made_by.save()
    its_time_comes()
    schedule.run_due()
    act.refresh_from_db()
    assert act.state == "failed"
    assert not Article.objects.published().exists()


def test_what_was_canceled_does_not_happen() -> None:
    act = planned(approved(make_article(state="draft")))
    schedule.cancel(act, by=act.made_by)
    its_time_comes()
    assert schedule.run_due() == 0
    with pytest.raises(acts.Refused):
        schedule.cancel(act, by=act.made_by)


def test_nothing_is_scheduled_for_the_past_twice_or_without_a_sign_off() -> None:
    boss, page = make_user(is_superuser=True), approved(make_article(state="draft"))
    with pytest.raises(acts.Refused, match="lies ahead"):
        schedule.go_live(page, by=boss, at=timezone.now(), change="first")
    planned(page)
    with pytest.raises(acts.Refused, match="scheduled already"):
        planned(page)
    with pytest.raises(acts.Refused, match="not approved"):
        planned(acts.adopt(make_article(state="draft")))


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_do_each_thing_once() -> None:
    pages = [approved(make_article(state="draft")) for _number in range(12)]
    for page in pages:
        planned(page)
    its_time_comes()
    done: list[int] = []

    def work() -> None:
        done.append(schedule.run_due())
        connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == len(pages)
    assert Publication.objects.count() == len(pages)
    assert Article.objects.published().count() == len(pages)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_fifty_times_leaves_each_thing_done_once() -> None:
    pages = [approved(make_article(state="draft")) for _number in range(150)]
    boss = make_user(is_superuser=True)
    for number, page in enumerate(pages):
        schedule.go_live(page, by=boss, at=timezone.now() + SOON, change="first")
        at = timezone.now() + timedelta(seconds=number * 0.2)  # some are due in each worker's short life
        ScheduledAct.objects.of(page).update(due_at=at)
    program = (
        "import django; django.setup()\n"
        "from editorial import schedule\n"
        "import time\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    schedule.run_due()\n"
        "    time.sleep(0.005)\n"
    )
    name = connection.settings_dict["NAME"]
    start = f"import os; from django.conf import settings; settings.DATABASES['default']['NAME'] = {name!r}\n"
    environment = {**clean_environment(), "ENVIRONMENT": "test", "DJANGO_SETTINGS_MODULE": "clinic_site.settings"}
    if "DATABASE_URL" in os.environ:
        environment["DATABASE_URL"] = os.environ["DATABASE_URL"]
    chance = random.Random(7)
    for _kill in range(50):
        worker = subprocess.Popen(
            [sys.executable, "-c", start + program], cwd=configured.BASE_DIR, env=environment, stdout=subprocess.PIPE
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.3))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    assert ScheduledAct.objects.filter(state="done").count() > 20, "they have worked before they were killed"
    its_time_comes()
    assert eventually(lambda: schedule.run_due() == 0)
    assert not ScheduledAct.objects.exclude(state="done").exists()
    assert Article.objects.published().count() == len(pages)
    for page in pages:
        assert Publication.objects.of(page).count() == 1
        assert Act.objects.of(page).filter(kind="published").count() == 1
