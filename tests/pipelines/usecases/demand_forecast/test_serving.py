"""What the live version says today, from the freshest history."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import model
from pipelines.usecases.demand_forecast.judging.past_in_money import (
    variants_with_terms,
)
from pipelines.usecases.demand_forecast.serving import add_sales_facts, answer
from tests.frames import LAST_DAY, shop_frames

TERMS = {"lead_time_days": 14, "review_days": 7, "service_level": 0.95, "weighs_costs": 0, "cost_share": 0.5}
RULE_FIELDS = ["lead_time_days", "review_days", "cover_days", "pack_size", "minimum_order", "service_level"]


def whole_frames(days: int = 150, n_series: int = 4, **tables: pd.DataFrame) -> Frames:
    """Put everything together that replay and serving read."""
    frames = shop_frames(n_series, days)
    series = frames["series"].assign(continues=0, vendor="Alp", sku="S", title="Default Title", product_title="Thing")
    empty = {
        "daily_sales": frames["daily_sales"].assign(price=1000.0, discount=0.0),
        "series": series,
        "stock": pd.DataFrame(columns=["variant_id", "location_id", "available", "committed", "incoming", "moved"]),
        "deliveries": pd.DataFrame(columns=["variant_id", "location_id", "ds", "units"]),
        "lead_times": pd.DataFrame(columns=["variant_id", "vendor", "days"]),
        "stock_history": pd.DataFrame({"unique_id": [1], "ds": [pd.Timestamp("2000-01-01")], "on_hand": [0]})[:0],
        "rules": rules(),
        "overrides": pd.DataFrame(columns=["variant_id", "units", "first_day", "last_day"]),
        "odd_orders": pd.DataFrame(columns=["unique_id", "ds", "counts"]),
        "terms": pd.DataFrame([TERMS | {"holding_rate": 0.25, "markdown_rate": 0.2}]),
    }
    return Frames({**frames.tables, **empty, **tables}, frames.asof, frames.country)


@pytest.fixture(scope="module")
def frames() -> Frames:
    return whole_frames()


@pytest.fixture(scope="module")
def fitted(frames: Frames) -> model.Fitted:
    return model.fit(frames)


def rules(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["variant_id", "vendor", *RULE_FIELDS, "unit_cost_minor", "order_days"])


def stock(*rows: tuple[int, int, int]) -> pd.DataFrame:
    columns = ["variant_id", "location_id", "available"]
    return pd.DataFrame(rows, columns=columns).assign(committed=0, incoming=0, moved=0.0)


def test_what_goes_out_on_order_days_only_has_to_last_longer_and_the_rule_stays_as_it_was_typed(fitted):
    other_day = float(1 << (LAST_DAY + timedelta(days=3)).weekday())  # two days from today
    typed = {"vendor": "Alp", "review_days": 3}
    any_day, some = (
        answer(fitted, whole_frames(stock=stock((1, 7, 0)), rules=rules(typed | {"order_days": days})))
        for days in (0.0, other_day)
    )
    first, later = (told["stock_advice"].set_index("variant_id").loc[1] for told in (any_day, some))
    assert later.order_quantity > first.order_quantity and later.lost_units > first.lost_units
    assert later.rule == first.rule and later.rule["review_days"] == 3


class TestServing:
    def test_the_parts_of_a_forecast_add_up_to_it(self, frames, fitted):
        tables = answer(fitted, frames)
        total = tables["stock_advice"].set_index("variant_id")["forecast_28"]
        for row in tables["forecasts"].itertuples():
            assert sum(units for _, units in row.parts) == round(total[row.variant_id])

    def test_stock_without_levels_gets_a_forecast_and_no_advice(self, frames, fitted):
        advice = answer(fitted, frames)["stock_advice"]
        assert advice["stock"].isna().all() and (advice["order_quantity"] == 0).all()
        assert (advice["forecast_28"] > 0).all()

    def test_a_stock_out_that_lasts_is_dated(self, fitted):
        frames = whole_frames(stock=stock((1, 7, 0), (2, 7, 5)))
        days = pd.date_range(LAST_DAY - timedelta(days=4), LAST_DAY)
        out = pd.DataFrame({"unique_id": 1, "ds": days, "y": 0.0, "stockout": 1})
        earlier = pd.DataFrame({"unique_id": 2, "ds": days[:2], "y": 0.0, "stockout": 1})
        sales = frames["daily_sales"]
        kept = sales[(sales["unique_id"] > 2) | (sales["ds"] < days[0])]
        frames = Frames({**frames.tables, "daily_sales": pd.concat([kept, out, earlier])}, frames.asof)
        facts = add_sales_facts(variants_with_terms(frames), frames).set_index("variant_id")
        assert facts.loc[1, "out_since"].date() == date(2026, 11, 18) and pd.isna(facts.loc[2, "out_since"])

    def test_the_simple_rule_repeats_the_last_week(self, frames):
        row = answer(None, frames)["forecasts"].iloc[0]
        sales = frames["daily_sales"]
        last_week = sales[
            (sales["unique_id"] == row.variant_id) & (sales["ds"] > pd.Timestamp(LAST_DAY - timedelta(days=7)))
        ]
        assert row["mean"][:7].sum() == row["mean"][7:14].sum() == last_week["y"].sum()

    def test_cover_that_the_merchant_wants_orders_for_longer_and_not_sooner(self, fitted):
        stocked = stock((1, 7, 3))
        usual = answer(fitted, whole_frames(stock=stocked))["stock_advice"].set_index("variant_id").loc[1]
        wish = rules({"variant_id": 1, "vendor": "", "cover_days": 60})
        more = answer(fitted, whole_frames(stock=stocked, rules=wish))["stock_advice"].set_index("variant_id").loc[1]
        assert more.order_quantity > usual.order_quantity > 0 and more.order_by == usual.order_by
