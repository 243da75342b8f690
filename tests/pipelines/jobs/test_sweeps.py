"""A sweep asks the database as often for thirty shops as for three, and fills no queue with the same things again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.jobs import ingest, monitoring, releases, staging, training
from pipelines.jobs.queue import Job
from pipelines.lifecycle import due
from pipelines.models import (
    Deployment,
    ModelVersion,
    NextTry,
    Publication,
    Release,
    StagingRun,
    StoreLink,
    SyncRun,
    TrainingRun,
)
from pipelines.models.usecases.demand_forecast import StockAdvice
from pipelines.strategies import Step
from tests import histories

pytestmark = pytest.mark.django_db
DEMAND = "demand_forecast"
SWEEPS = [
    training.carry_on,
    releases.keep_time,
    releases.look_back,
    staging.carry_on,
    monitoring.keep_up,
    monitoring.measure,
    monitoring.measure_late,
    ingest.carry_on,
    ingest.begin,
]
ASK_FOR_NOTHING = [releases.look_back, monitoring.measure, monitoring.measure_late]


@pytest.fixture
def queued(monkeypatch):
    """Note what is put on the queue, instead of doing it."""
    seen = []
    monkeypatch.setattr(Job, "enqueue", lambda self, *args: seen.append((self.path.rpartition(".")[2], args)))
    return seen


def a_busy_shop(number):
    """Return a shop of which something of every kind is due."""
    zones = ["Europe/London", "America/New_York", "Asia/Kolkata"]
    shop = histories.a_shop(timezone=zones[number % 3], scopes=["write_products"])
    histories.pulled(shop)
    live = histories.a_version(shop)
    histories.a_live_release(live)
    Deployment.objects.create(shop=shop, use_case=DEMAND, active=live, revision=1)
    StockAdvice.objects.create(shop=shop, variant_id=1, version=live, origin=timezone.now().date(), title="Thing")
    early = timezone.now() - timedelta(hours=3)
    candidate = histories.a_version(shop)
    facts = {"shop": shop, "use_case": DEMAND, "strategy": "blue_green", "entered_at": early}
    alongside = [Step("alongside", mirrors=True).as_dict()]
    Release.objects.create(version=candidate, phase=Release.Phase.SHADOW, steps=alongside, **facts)
    gone = histories.a_version(shop)
    Release.objects.create(version=gone, phase=Release.Phase.ROLLED_BACK, exposed_at=early, **facts)
    histories.a_version(shop, state=ModelVersion.State.TRAINED)
    SyncRun.objects.create(shop=shop, kind="products", trigger="retry", due_at=early)
    return shop


def fleet(count):
    for number in range(count):
        a_busy_shop(number)
    links = [
        StoreLink(
            shop=live.shop, test_shop=histories.a_shop(), entered_at=timezone.now(), confirmed_at=timezone.now(), by="1"
        )
        for live in Deployment.objects.filter(of_no_test_store(), revision=1)
    ]
    StoreLink.objects.bulk_create(links)
    waiting = {"use_case": DEMAND, "state": StagingRun.State.WAITING}
    StagingRun.objects.bulk_create(
        StagingRun(shop=link.shop, test_shop=link.test_shop, version=newest_of(link.shop), **waiting) for link in links
    )
    with histories.anything_goes():
        ModelVersion.objects.update(created_at=timezone.now() - timedelta(hours=1))


def newest_of(shop):
    return ModelVersion.objects.for_shop(shop).order_by("-number").first()


def of_no_test_store():
    return ~Q(shop__in=StoreLink.objects.values("shop"))


def statements(work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return len([each for each in queries if "SAVEPOINT" not in each["sql"]])


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.path.removeprefix("pipelines.jobs."))
def test_asks_as_often_for_thirty_shops_as_for_three(sweep, queued):
    fleet(3)
    few, found = statements(sweep), len(queued)
    NextTry.objects.all().delete()
    queued.clear()
    fleet(27)
    assert statements(sweep) == few and few <= 60
    assert len(queued) >= 10 * max(found, 1) or sweep in ASK_FOR_NOTHING


def test_the_clock_asks_for_the_same_things_in_pauses(queued):
    fleet(3)
    training.carry_on()
    found = list(queued)
    assert {name for name, _ in found} >= {"train_version", "validate_version", "catch_up", "publish"}
    training.carry_on()
    assert queued == found


def test_catching_up_looks_at_one_shop_alone(queued):
    fleet(3)
    shop = Deployment.objects.first().shop_id
    few = statements(lambda: due.is_behind(shop, DEMAND))
    fleet(27)
    assert statements(lambda: due.is_behind(shop, DEMAND)) == few <= 2


def test_a_refresh_that_always_fails_is_tried_less_and_less(queued, monkeypatch):
    fleet(1)
    now = timezone.now()
    tried = 0
    for minute in range(180):
        monkeypatch.setattr(timezone, "now", lambda at=now + timedelta(minutes=minute): at)
        queued.clear()
        training.carry_on()
        tried += any(name == "catch_up" for name, _ in queued)
    assert 7 <= tried <= 11


def test_training_is_tried_less_and_less_where_it_breaks_off(shop_that_learns):
    now = timezone.now()
    for failures, wait in ((1, 15), (2, 60), (3, 240), (4, 1200)):
        run = TrainingRun.objects.create(shop=shop_that_learns, use_case=DEMAND, trigger="weekly", state="failed")
        TrainingRun.objects.filter(pk=run.pk).update(created_at=now + timedelta(seconds=failures))
        early, late = (now + timedelta(minutes=wait * factor) for factor in (0.7, 1.3))
        assert due.due_trigger(shop_that_learns, DEMAND, early) == ""
        assert due.due_trigger(shop_that_learns, DEMAND, late) == "weekly"


@pytest.fixture
def shop_that_learns():
    shop = histories.a_shop()
    histories.pulled(shop)
    histories.a_version(shop)
    assert Deployment.of(shop, DEMAND)
    return shop


def test_a_release_is_looked_at_in_time_however_often_it_was_before(queued, monkeypatch):
    fleet(1)
    live = Release.objects.get(phase=Release.Phase.LIVE)
    now = timezone.now()
    for hour in range(12):
        monkeypatch.setattr(timezone, "now", lambda at=now + timedelta(hours=hour): at)
        queued.clear()
        releases.keep_time()
        assert ("evaluate", (live.shop_id, live.pk)) in queued
        releases.evaluate(live.shop_id, live.pk)


def test_nobody_is_sent_to_publish_where_somebody_is_at_it_and_its_pauses_grow_all_the_same(queued):
    shop = a_busy_shop(0)
    row = Publication.objects.create(shop=shop, use_case=DEMAND, leased_until=timezone.now() + timedelta(minutes=5))
    training.carry_on()
    assert ("publish", (shop.pk, DEMAND)) not in queued and NextTry.objects.filter(work="publish").exists()
    Publication.objects.filter(pk=row.pk).update(leased_until=None)
    NextTry.objects.all().delete()
    training.carry_on()
    assert ("publish", (shop.pk, DEMAND)) in queued
