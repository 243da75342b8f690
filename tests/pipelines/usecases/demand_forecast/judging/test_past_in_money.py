"""The past in money: what each policy knew on its day, and nothing more."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import model
from pipelines.usecases.demand_forecast.backtesting.backtest import backtest_of
from pipelines.usecases.demand_forecast.judging.past_in_money import (
    DRAWS,
    Past,
    by_the_simple_rule,
    censored_days,
    day_groups,
    imputed_demand,
    opening_stock,
    policies_of,
    replay_past,
    terms_of,
    variants_with_terms,
)
from pipelines.usecases.demand_forecast.learning.baselines import SAFE_DEFAULT, SIMPLE_RULES
from pipelines.usecases.demand_forecast.model import forecast_by_rule
from pipelines.usecases.demand_forecast.ordering.arrival import arrival_policy
from pipelines.usecases.demand_forecast.ordering.policies import Wish
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


def rules(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["variant_id", "vendor", *RULE_FIELDS, "unit_cost_minor", "order_days"])


def past_of(frames: Frames, first_counted: int) -> Past:
    variants = variants_with_terms(frames)
    return Past(backtest_of(frames, seed=0, lead_days=14), terms_of(variants, frames), first_counted)


def empty_handed(wish: Wish) -> list[float]:
    """Say what is ordered where nothing lies or comes."""
    return wish.missing(np.zeros(4), np.zeros((1, 4))).tolist()


def stock(*rows: tuple[int, int, int]) -> pd.DataFrame:
    columns = ["variant_id", "location_id", "available"]
    return pd.DataFrame(rows, columns=columns).assign(committed=0, incoming=0, moved=0.0)


@pytest.fixture(scope="module")
def frames() -> Frames:
    return whole_frames()


@pytest.fixture(scope="module")
def fitted(frames: Frames) -> model.Fitted:
    return model.fit(frames)


class TestReplay:
    def test_it_counts_the_last_twelve_weeks_and_a_few_variants_are_thin(self, frames, fitted):
        replay = replay_past(frames, fitted)
        assert (replay.weeks, replay.first_day) == (12, LAST_DAY - timedelta(days=83))
        assert replay.against("naive").interval is not None
        assert replay.thin_because == "4 variants are thin evidence, a proof needs 100"

    def test_a_live_version_of_the_same_recipe_at_every_origin_differs_by_nothing(self, frames, fitted, monkeypatch):
        monkeypatch.setattr(
            "pipelines.usecases.demand_forecast.backtesting.backtest.Backtest.recipe", lambda *_: fitted.recipe
        )
        difference = replay_past(frames, fitted, champion=fitted).against("champion")
        assert difference.profit == 0 and difference.interval == (0, 0)

    def test_a_month_of_history_is_not_measured_and_says_why(self):
        frames = whole_frames(days=28)
        replay = replay_past(frames, model.fit(frames))
        assert replay.verdict == "not_measured" and replay.weeks == 0
        assert replay.reason == (
            "A replay of 8 weeks needs 112 days of sales with your lead times; yours reach back 28."
        )

    @pytest.mark.parametrize(("days", "weeks"), [(60, 0), (111, 0), (112, 8), (139, 11), (140, 12), (200, 12)])
    def test_how_many_weeks_count_after_the_shelves_are_filled(self, days, weeks):
        frames = whole_frames(days=days)
        replay = replay_past(frames, model.fit(frames))
        assert replay.weeks == weeks and (replay.against("naive") is not None) == (weeks > 0)
        assert replay.is_thin and replay.verdict != "better"

    def test_each_variant_is_replayed_by_its_own_terms(self, frames, fitted):
        slow = rules({"variant_id": 1, "vendor": "", "lead_time_days": 7, "review_days": 14})
        replay = replay_past(whole_frames(rules=slow), fitted)
        assert replay.left_out == 0
        assert replay.outcomes["naive"].holding > 1.04 * replay_past(frames, fitted).outcomes["naive"].holding


def test_money_is_set_beside_the_strongest_simple_rule(frames, fitted, monkeypatch):
    past = past_of(frames, first_counted=66)
    day, rows = past.origins[-1], np.arange(4)
    for name, rule in list(SIMPLE_RULES.items())[:2]:
        monkeypatch.setitem(vars(past.backtest), "simple_rule", name)
        doubt = past.backtest.recipe(day).doubt
        said = forecast_by_rule(past.history.until(day), past.reach, rule, doubt, past.backtest.lead_days)
        wanted = by_the_simple_rule(past)(day, rows)
        assert wanted.mean.sum(axis=0) == pytest.approx(said.sum_of(past.terms.protection_days))
        again = arrival_policy(lambda _, known=said: known, past.terms, DRAWS)(day, rows)
        assert empty_handed(wanted) == empty_handed(again)


@pytest.mark.parametrize(
    ("policy", "rule"),
    [("candidate", SAFE_DEFAULT), ("champion", SAFE_DEFAULT), *(("naive", rule) for rule in SIMPLE_RULES)],
)
def test_a_policy_reads_no_day_at_or_after_its_review(frames, fitted, policy, rule, monkeypatch):
    """Which simple rule is the bar is known in hindsight, in the rule's favour; what it orders is not."""
    day = 108  # 24, the first review, and twelve weeks
    future = frames["daily_sales"]["ds"] >= frames["daily_sales"]["ds"].min() + pd.Timedelta(days=day)
    other = frames["daily_sales"].assign(y=np.where(future, 50.0, frames["daily_sales"]["y"]))
    told = []
    for known in (frames, whole_frames(daily_sales=other)):
        past = past_of(known, first_counted=66)
        monkeypatch.setitem(vars(past.backtest), "simple_rule", rule)
        told.append(empty_handed(policies_of(past, fitted)[policy](day, np.arange(4))))
    assert told[0] == told[1] and sum(told[0]) > 0


def test_stock_is_opened_with_what_was_there_on_the_eve_where_that_is_known(frames):
    past = past_of(frames, first_counted=66)
    eve = pd.Timestamp(past.history.day(66 - 2 * 21 - 1))
    known = pd.DataFrame(
        {
            "unique_id": [1, 1, 1, 2, 3],
            "ds": eve + pd.to_timedelta([-20, -3, 1, 1, 0], unit="D"),
            "on_hand": [9, 7, 5, 4, 3],
        }
    )
    assert opening_stock(past, known).tolist() == pytest.approx([7, np.nan, 3, np.nan], nan_ok=True)


def test_days_without_stock_are_filled_and_days_before_the_first_are_not():
    frames = whole_frames()
    sales = frames["daily_sales"]
    late = sales[(sales["unique_id"] != 1) | (sales["ds"] >= pd.Timestamp(LAST_DAY) - pd.Timedelta(days=99))]
    gone = pd.DataFrame({"unique_id": 1, "ds": [pd.Timestamp(LAST_DAY)], "y": [0.0], "stockout": [1]})
    late = pd.concat([late[late["ds"] < pd.Timestamp(LAST_DAY)], gone.astype({"y": "float32", "stockout": "uint8"})])
    series = frames["series"].assign(first_day=pd.NaT)
    history = backtest_of(whole_frames(daily_sales=late, series=series), seed=0, lead_days=14).history
    censored = censored_days(history)
    demand = imputed_demand(history, censored)
    row = list(history.panel.ids).index(1)
    assert censored[row].nonzero()[0].tolist() == [history.n_days - 1]
    assert demand[row, -1] > 0 and not demand[row, : history.panel.first[row]].any()


def test_every_day_is_a_peak_day_or_another(frames):
    groups = day_groups(past_of(frames, 66).history)
    assert (groups["Peak days"] ^ groups["Other days"]).all() and groups["Peak days"].any()


class TestWantedProbability:
    def test_the_price_of_being_wrong_takes_the_place_of_the_service_level_and_not_of_a_rule(self):
        own = rules({"variant_id": 2, "vendor": "", "service_level": 0.6})
        terms = pd.DataFrame([TERMS | {"weighs_costs": 1, "holding_rate": 0.25, "markdown_rate": 0.2}])
        frames = whole_frames(terms=terms, rules=own)
        frames["series"]["unit_cost"] = frames["series"]["price"] * [0.2, 0.2, 0.999, 1.2]
        wanted = variants_with_terms(frames).set_index("variant_id")["service_level"]
        share = 0.001 / (0.001 + 0.999 * 0.25 * 7 / 365)
        assert wanted.tolist() == pytest.approx([0.98, 0.6, max(share, 0.5), 0.5])

    def test_an_unknown_cost_is_the_shops_share_of_the_price(self):
        terms = pd.DataFrame([TERMS | {"weighs_costs": 1, "holding_rate": 0.25, "markdown_rate": 0.2}])
        frames = whole_frames(terms=terms.assign(cost_share=0.99))
        frames["series"]["unit_cost"] = np.nan
        share = 0.01 / (0.01 + 0.99 * 0.25 * 7 / 365)
        assert variants_with_terms(frames)["service_level"].tolist() == pytest.approx([share] * 4)
