"""Every table that grows has a stated life, and what is over ends without taking anything that is still read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from pipelines.lifecycle import retention
from pipelines.lifecycle.data import frames
from pipelines.models import (
    Alert,
    Checkout,
    Exposure,
    HoldOutSight,
    Measurement,
    OptOut,
    Shop,
    StockLevel,
    SyncRun,
    TrainingRun,
)
from pipelines.usecases import USE_CASES
from tests import exposing, factories, histories, holding_out
from tests.one_family import OURS

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def test_every_table_has_a_life_or_a_reason_to_stay() -> None:
    with USE_CASES.only(*OURS):
        lives = {life.rows.model._meta.model_name for life in retention.lives()}
        stated = [*lives, *retention.ELSEWHERE, *retention.kept()]
    assert len(stated) == len(set(stated))
    assert set(stated) == {table._meta.model_name for table in apps.get_app_config("pipelines").get_models()}


def test_only_what_is_over_long_enough_ends(shop: Shop) -> None:
    def alert(key: str, **changes: object) -> None:
        Alert.objects.create(shop=shop, key=key, title=key, next_step="Wait.", opened_at=NOW, last_at=NOW, **changes)

    alert("open")
    alert("young", closed_at=NOW - timedelta(days=399))
    alert("old", closed_at=NOW - timedelta(days=401))
    for number, days in ((1, 399), (2, 401)):
        at = NOW - timedelta(days=days)
        facts = {"created_at": at, "updated_at": at, "token_digest": b"", "currency": "GBP"}
        Checkout.objects.create(shop=shop, shopify_id=number, **facts)
    retention.forget(NOW)
    assert set(Alert.objects.values_list("key", flat=True)) == {"open", "young"}
    assert Checkout.objects.get().shopify_id == 1


def test_an_objection_ends_when_nothing_else_of_its_unit_is_known(shop: Shop) -> None:
    for days in (399, 401):
        OptOut.objects.create(shop=shop, unit=str(days).encode(), at=NOW - timedelta(days=days))
    retention.forget(NOW)
    assert bytes(OptOut.objects.get().unit) == b"399"


def test_figures_of_hours_live_a_season_those_of_days_and_what_decided_over_a_year(shop: Shop) -> None:
    release = exposing.a_canary(exposing.a_shop())

    def figure(metric: str, days: float, hours: float, **of: object) -> None:
        at = NOW - timedelta(days=days)
        facts = {
            "shop": shop,
            "use_case": "toy",
            "metric": metric,
            "starts_at": at,
            "ends_at": at + timedelta(hours=hours),
        }
        Measurement.objects.create(**facts | of)

    for days in (89, 91):
        figure(f"hour {days}", days, 1)
        figure(f"half an hour {days}", days, 0.5)
    for days in (399, 401):
        figure(f"day {days}", days, 23)
        figure(f"look {days}", days, 0, release=release)
    retention.forget(NOW)
    kept = {"hour 89", "half an hour 89", "day 399", "look 399"}
    assert set(Measurement.objects.values_list("metric", flat=True)) == kept


def test_who_was_held_out_or_shown_something_counts_once_in_over_a_year(shop: Shop) -> None:
    row = holding_out.a_hold_out(shop)
    for days in (399, 401):
        holding_out.seen(row, NOW - timedelta(days=days), held_out=1, shown=1)
    retention.forget(NOW)
    assert HoldOutSight.objects.count() == 2 and HoldOutSight.objects.filter(first_at__gt=NOW - timedelta(400)).exists()


def test_the_newest_good_import_of_a_kind_stays(shop: Shop) -> None:
    for state, days in (("done", 300), ("done", 200), ("failed", 150), ("done", 10)):
        run = SyncRun.objects.create(shop=shop, kind="stock", trigger="daily", state=state)
        SyncRun.objects.filter(pk=run.pk).update(created_at=NOW - timedelta(days=days))
    only = SyncRun.objects.create(shop=shop, kind="orders", trigger="install", state="done")
    SyncRun.objects.filter(pk=only.pk).update(created_at=NOW - timedelta(days=500))
    retention.forget(NOW)
    assert SyncRun.objects.filter(kind="stock").count() == 1 and SyncRun.objects.filter(pk=only.pk).exists()


def test_who_was_shown_a_release_is_forgotten_when_it_is_long_over() -> None:
    release = exposing.a_canary(exposing.a_shop())
    seen = {"shop": release.shop, "release": release, "arm": "canary", "step": 1}
    Exposure.objects.create(unit=b"u" * 16, first_at=NOW - timedelta(days=100), **seen)
    retention.forget(NOW)
    assert Exposure.objects.count() == 1
    type(release).objects.filter(pk=release.pk).update(phase="rolled_back")
    retention.forget(NOW)
    assert not Exposure.objects.exists()


def test_trainings_that_taught_nothing_end(shop: Shop) -> None:
    version = histories.a_version(shop)
    for made in (version, None):
        run = TrainingRun.objects.create(shop=shop, use_case="toy", trigger="weekly", state="done", version=made)
        TrainingRun.objects.filter(pk=run.pk).update(created_at=NOW - timedelta(days=500))
    retention.forget(NOW)
    assert TrainingRun.objects.get().version == version


def test_the_stock_at_the_begin_of_the_longest_window_is_still_known(shop: Shop) -> None:
    edge = NOW - retention.LONGEST_WINDOW
    for available, days in ((9, 200), (7, 120), (5, 1), (3, -1)):
        at = edge - timedelta(days=days)
        StockLevel.objects.create(shop=shop, inventory_item_id=1, location_id=7, available=available, updated_at=at)
    before = frames.stock_moves(shop, edge, NOW)
    retention.forget(NOW)
    assert list(StockLevel.objects.order_by("-updated_at").values_list("available", flat=True)) == [3, 5, 7]
    assert frames.stock_moves(shop, edge, NOW).equals(before)
    assert before["available"].tolist() == [5, 3]  # what stood when the window began, and what came after
