"""Totals: the sums that pages show are those of exactly the rows that lie beside them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from pipelines.lifecycle.serving import refresh
from pipelines.models import Release
from pipelines.models.usecases.demand_forecast import StockAdvice, StockTotals
from pipelines.strategies import Step
from tests import histories

NOW = timezone.now()
MIGRATION = import_module("pipelines.migrations.0014_totals_of_advice")
STATUSES = ("out_of_stock", "order_today", "on_its_way", "ok")
facts = st.fixed_dictionaries(
    {
        "location_id": st.sampled_from([0, 7, 9]),
        "status": st.sampled_from(STATUSES),
        "order_quantity": st.integers(0, 3),
        "order_cost_minor": st.integers(0, 9_000),
        "lost_units": st.sampled_from([0.0, 0.49, 0.5, 12.0]),
        "at_risk_minor": st.integers(0, 9_000),
    }
)


def one_by_one(rows: list[StockAdvice], place: int) -> dict[str, object]:
    """Add up the rows of one place in a loop."""
    here = [row for row in rows if row.location_id == place]
    ordered = [row for row in here if row.status in STATUSES[:2] and row.order_quantity]
    short = [row for row in here if row.lost_units >= 0.5]
    late = [row for row in short if not row.order_quantity]
    return {
        "variants": dict(Counter(row.status for row in here)),
        "to_order": len(ordered),
        "to_order_out": sum(row.status == "out_of_stock" for row in ordered),
        "to_order_minor": sum(row.order_cost_minor for row in ordered),
        "short": len(short),
        "short_minor": sum(row.at_risk_minor for row in short),
        "late": len(late),
        "late_minor": sum(row.at_risk_minor for row in late),
        "newest_at": max(row.updated_at for row in here),
    }


def stored(shop) -> dict[int, dict[str, object]]:
    """Return the stored sums by place."""
    found = StockTotals.objects.for_shop(shop).values()
    return {row.pop("location_id"): {name: row[name] for name in row if name not in ("id", "shop_id")} for row in found}


class TestSums(TestCase):
    @given(st.lists(facts, max_size=12))
    def test_are_those_of_a_slow_loop_and_of_the_migration(self, told):
        shop, other = histories.a_shop(), histories.a_shop()
        StockAdvice.objects.create(shop=other, variant_id=1, origin=NOW.date(), title="Theirs", status="ok")
        rows = [
            StockAdvice.objects.create(shop=shop, variant_id=number, origin=NOW.date(), title="T", **fact)
            for number, fact in enumerate(told)
        ]
        expected = {place: one_by_one(rows, place) for place in {row.location_id for row in rows}}
        StockTotals.sum_up(shop)
        assert stored(shop) == expected and not StockTotals.objects.for_shop(other).exists()
        StockTotals.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(MIGRATION.SUM_UP)
        assert stored(shop) == expected and StockTotals.objects.for_shop(other).get().variants == {"ok": 1}


@pytest.mark.django_db
def test_more_money_than_a_column_holds_is_the_most_that_it_can(shop):
    most = 2**63 - 1
    row = {"shop": shop, "origin": NOW.date(), "title": "T", "status": "order_today", "order_quantity": 1}
    for number in range(2):
        StockAdvice.objects.create(variant_id=number, order_cost_minor=most, at_risk_minor=most, lost_units=1, **row)
    StockTotals.sum_up(shop)
    found = StockTotals.objects.get()
    assert (found.to_order_minor, found.short_minor, found.late_minor) == (most, most, 0)
    StockTotals.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.SUM_UP)
    assert StockTotals.objects.get().to_order_minor == most


@pytest.mark.django_db
class TestARefresh:
    def test_sums_up_what_it_wrote(self, shop, things):
        refresh.refresh(shop, "demand_forecast")
        assert sum(StockTotals.objects.get(location_id=0).variants.values()) == len(things)
        assert stored(shop)[0] == one_by_one(list(StockAdvice.objects.filter(location_id=0)), 0)

    def test_sums_up_the_advice_of_both_arms(self, shop, version, candidate):
        half = Step("half", weight=50).as_dict()
        Release.objects.filter(version=candidate).update(phase="canary", weight=50, steps=[half], strategy="canary")
        refresh.refresh(shop, "demand_forecast", now=timezone.now() + timedelta(seconds=1))
        assert stored(shop)[0] == one_by_one(list(StockAdvice.objects.filter(location_id=0)), 0)

    def test_keeps_the_sums_where_an_answer_is_thrown_away(self, shop, version, monkeypatch):
        refresh.refresh(shop, "demand_forecast")
        before = stored(shop)
        monkeypatch.setattr(refresh, "answer", lambda *_: refresh.Answer.missing(_[1], _[2], "broken"))
        refresh.refresh(shop, "demand_forecast")
        assert stored(shop) == before
