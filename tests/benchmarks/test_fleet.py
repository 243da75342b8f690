"""The benchmark of a fleet, small: shops by their sizes, copies that are alike, and a pull as an import does it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.db.models import Count, Sum

from benchmarks import fleet
from benchmarks.rig.fleet import crew, night, shops
from pipelines.lifecycle.ingest import freshness
from pipelines.models import Order, OrderLine, Shop, SyncRun
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
SMALL = replace(shops.TINY, variants=5, alike=1)


@pytest.fixture
def alike(monkeypatch: pytest.MonkeyPatch) -> dict[shops.Size, list[Shop]]:
    monkeypatch.setattr(shops, "SIZES", (SMALL,))
    monkeypatch.setattr(shops, "DAYS", 30)
    return shops.drawn(seed=0)


def test_a_fleet_has_all_sizes_by_their_shares() -> None:
    thousand = {size.name: count for size, count in shops.counts(1_000).items()}
    assert thousand == {"tiny": 790, "middle": 200, "large": 10}
    assert min(shops.counts(3).values()) == 1


def test_a_copy_sells_the_same_and_a_shop_about_as_much_as_its_size_says(alike: Any) -> None:
    copies = shops.copied(alike, {SMALL: 2})[SMALL]
    told = (
        OrderLine.objects.values("shop")
        .annotate(lines=Count("pk"), units=Sum("quantity"))
        .values_list("lines", "units")
    )
    assert len(copies) == 2 and len(set(told)) == 1
    assert Order.objects.for_shop(copies[0]).count() == pytest.approx(30 * SMALL.orders, rel=0.4)


def test_a_pull_goes_through_the_loader_and_makes_the_data_fresh(alike: Any) -> None:
    shop = alike[SMALL][0]
    before = freshness.newest_pull_at(shop)
    lines = OrderLine.objects.for_shop(shop).count()
    night.read(shop.pk)
    run = SyncRun.objects.for_shop(shop).latest("pk")
    assert freshness.newest_pull_at(shop) > before and run.state == "done"
    assert run.rows_written > 0 and run.lines_refused == 0 and OrderLine.objects.for_shop(shop).count() == lines


def test_a_job_belongs_to_the_shop_that_it_names() -> None:
    shop = factories.a_shop()
    jobs = pd.DataFrame({"job": ["refresh", "propose_release", "watch"], "args": [[shop.pk, "toy"], [shop.pk, 3], []]})
    assert [*crew.owners(jobs)] == [shop.pk, shop.pk, 0]


def test_ten_thousand_shops_are_said_from_what_one_took() -> None:
    checks = {check.name: check for check in fleet.on_paper(all_train=9.0, none_trains=2.0)}
    assert checks["shops_an_hour_and_core"].value == 400
    assert checks["hours_for_10000_shops_on_16_cores"].value == pytest.approx(1.5625)
    assert checks["computing_a_month"].value == pytest.approx(30 * 3 / 3600 * fleet.CORE_HOUR)


def test_what_a_night_leaves_behind_is_counted_by_shop(alike: Any, settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    before = fleet.tables()
    shops.copied(alike, {SMALL: 1})
    left = {check.name: check.value for check in fleet.left_behind(before, alike[SMALL])}
    assert left["rows_a_night"] > Order.objects.for_shop(alike[SMALL][0]).count() > 0
