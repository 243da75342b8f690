"""What the clock asks for, it may ask for twice: everything is found by the database alone and done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.jobs import ingest
from pipelines.jobs.queue import Job
from pipelines.lifecycle.ingest import pulls, reconcile
from pipelines.models import FreezeWindow, Order, Shop, SyncRun
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Note what is enqueued instead of doing it."""
    noted: list[tuple[str, Any]] = []
    monkeypatch.setattr(Job, "enqueue", lambda self, *ids: noted.append((self.__name__, ids)))
    return noted


def test_deliveries_are_applied(shop: Shop) -> None:
    factories.a_delivery(shop, "orders/create", factories.order_body())
    ingest.drain()
    assert Order.objects.count() == 1


def test_a_shop_that_nobody_imported_is_imported(shop: Shop, enqueued: list[Any]) -> None:
    ingest.begin()
    assert enqueued == [("import_everything", (shop.pk, "daily"))]


def test_a_shop_that_we_may_not_ask_is_left_alone(shop: Shop, enqueued: list[Any]) -> None:
    Shop.objects.update(access_ended_at=timezone.now())
    ingest.begin()
    assert enqueued == []


def test_an_import_that_waits_goes_on(shop: Shop, enqueued: list[Any]) -> None:
    run = SyncRun.objects.create(shop=shop, kind="orders", trigger="install")
    ingest.carry_on()
    assert enqueued == [("advance_import", (shop.pk, run.pk))]


def test_an_import_that_failed_is_tried_again_within_hours(shop: Shop, enqueued: list[Any]) -> None:
    now = timezone.now()
    for kind, ago in (("orders", 0.5), ("stock", 2)):
        finished = now - timedelta(hours=ago)
        SyncRun.objects.create(shop=shop, kind=kind, trigger="daily", state="failed", finished_at=finished)
    ingest.begin()
    ingest.begin()
    assert list(SyncRun.objects.filter(trigger="retry").values_list("kind", "state")) == [("stock", "queued")]


def test_an_import_that_keeps_failing_is_tried_less_and_less(shop: Shop) -> None:
    now = timezone.now()
    for failures, hours in ((1, 1), (2, 2), (3, 4), (4, 8)):
        SyncRun.objects.create(shop=shop, kind="orders", trigger="daily", state="failed", finished_at=now)
        early, late = (now + timedelta(hours=hours, minutes=more) for more in (-1, 1))
        assert (pulls.worth_retrying(early), [kind for _, kind in pulls.worth_retrying(late)]) == ([], ["orders"]), (
            f"after {failures}"
        )


def test_a_pull_that_the_clock_sent_twice_runs_once(shop: Shop, enqueued: list[Any]) -> None:
    for _ in range(2):
        ingest.import_everything(shop.pk, "daily")
        SyncRun.objects.update(state="done", finished_at=timezone.now())
    assert len(enqueued) == SyncRun.objects.count() == 4


def test_a_merchant_may_ask_at_any_time(shop: Shop, enqueued: list[Any]) -> None:
    for _ in range(2):
        ingest.import_everything(shop.pk, "merchant")
        SyncRun.objects.update(state="done", finished_at=timezone.now())
    assert SyncRun.objects.count() == 8


def test_a_comparison_that_the_clock_sent_twice_runs_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Shop] = []
    monkeypatch.setattr(reconcile, "reconcile", compared.append)
    ingest.compare(shop.pk)
    assert not compared  # nothing was imported yet
    now = timezone.now()
    SyncRun.objects.create(shop=shop, kind="orders", trigger="install", state="done", started_at=now)
    ingest.compare(shop.pk)
    SyncRun.objects.create(shop=shop, kind="reconcile", trigger="hourly", state="done")
    ingest.compare(shop.pk)
    assert compared == [shop]


def test_a_shop_knows_the_freezes_of_its_calendar_from_the_first_import_on(shop: Shop, enqueued: list[Any]) -> None:
    for _ in range(2):
        ingest.import_everything(shop.pk, "merchant")
    proposed = FreezeWindow.objects.for_shop(shop).order_by("starts_at")
    assert [row.name for row in proposed] == ["Black Friday weekend"] * 2  # of this year and the next
    assert proposed[0].ends_at > timezone.now()


def test_what_is_due_is_found_by_no_more_queries_for_all_shops_than_for_one(
    shop: Shop, enqueued: list[Any], django_assert_max_num_queries: Any
) -> None:
    def imported(shops: int) -> None:
        for _ in range(shops):
            its = {"shop": factories.a_shop(), "state": "done", "finished_at": timezone.now()}
            SyncRun.objects.create(kind="orders", trigger="install", **its)
            SyncRun.objects.create(kind="reconcile", trigger="hourly", **its)

    imported(3)
    with CaptureQueriesContext(connection) as few:
        ingest.begin()
    imported(30)
    with django_assert_max_num_queries(len(few)):
        ingest.begin()
