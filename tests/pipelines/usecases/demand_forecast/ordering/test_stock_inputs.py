"""What the merchant knows comes first: own numbers, own rules, a place's own sales."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.ordering.stock_inputs import (
    Override,
    apply_overrides,
    location_shares,
    measured_times,
    on_order_days,
    resolve_rules,
)

TODAY = date(2026, 11, 19)

USUAL = {
    "variant_id": 1,
    "price_minor": 14_900,
    "unit_cost_minor": 7_750,
    "lead_time_days": 14,
    "review_days": 7,
    "cover_days": np.nan,
    "pack_size": 1,
    "minimum_order": 0,
    "service_level": 0.95,
    "continues": False,
    "sold_28": 43,
    "revenue_minor": 600_000,
    "sale_days": 60,
    "age_days": 400,
    "idle_days": 1,
    "out_since": pd.NaT,
}


def levels(*rows):
    """List stock by location."""
    return pd.DataFrame(rows, columns=["variant_id", "location_id", "available", "committed", "incoming", "share"])


def test_an_override_replaces_its_days_and_keeps_their_shape():
    mean = np.array([[1.0, 3.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
    own = [Override(10, 8, TODAY, TODAY + timedelta(days=1)), Override(99, 5, TODAY, TODAY)]
    changed, is_own = apply_overrides(mean, np.array([10, 11]), own, today=TODAY)
    assert changed.tolist() == [[2.0, 6.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0]]
    assert is_own.tolist() == [True, False] and mean[0, 0] == 1.0


def test_an_override_counts_only_what_is_still_ahead_and_the_later_one_wins():
    mean = np.zeros((1, 4))
    begun = Override(10, 30, TODAY - timedelta(days=8), TODAY + timedelta(days=1))
    over = Override(10, 4, TODAY - timedelta(days=9), TODAY - timedelta(days=1))
    changed, _ = apply_overrides(mean, np.array([10]), [begun, over], today=TODAY)
    assert changed.tolist() == [[3.0, 3.0, 0.0, 0.0]]
    later = Override(10, 2, TODAY, TODAY)
    assert apply_overrides(mean, np.array([10]), [begun, later], today=TODAY)[0].tolist() == [[2.0, 3.0, 0.0, 0.0]]


def test_shares_follow_sales_and_are_even_without_any():
    sold = pd.DataFrame({"variant_id": [1, 1], "location_id": [7, 8], "units": [29.0, 9.0]})
    stock = levels((1, 7, 1, 0, 0, 0), (1, 8, 1, 0, 0, 0), (2, 7, 1, 0, 0, 0), (2, 8, 1, 0, 0, 0))
    shares = location_shares(stock, sold)["demand_share"]
    assert shares.tolist() == pytest.approx([29.5 / 39, 9.5 / 39, 0.5, 0.5])


def test_a_variants_own_rule_comes_before_its_vendors_and_the_shops():
    variants = pd.DataFrame({"variant_id": [1, 2, 3], "vendor": ["Acme", "Acme", "Other"]})
    rules = pd.DataFrame(
        {
            "variant_id": [1.0, np.nan],
            "vendor": ["", "Acme"],
            "lead_time_days": [5, 30],
            "pack_size": [np.nan, 6],
            "cover_days": [np.nan, np.nan],
        }
    )
    filled = resolve_rules(variants, rules, {"lead_time_days": 14, "pack_size": 1, "cover_days": None})
    assert filled.lead_time_days.tolist() == [5, 30, 14]
    assert filled.pack_size.tolist() == [6, 6, 1]
    assert filled.cover_days.isna().all()
    assert resolve_rules(variants, rules.iloc[:0], {"pack_size": 1}).pack_size.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("first", "days", "changed"),
    [(-10, 5, False), (-10, 10, False), (-10, 11, True), (41, 5, True), (42, 5, False)],
)
def test_a_period_that_is_over_or_out_of_reach_changes_nothing(first, days, changed):
    begins = TODAY + timedelta(days=first)
    own = Override(1, 50.0, begins, begins + timedelta(days=days - 1))
    mean, told = apply_overrides(np.ones((1, 42)), np.array([1]), [own], today=TODAY)
    assert own.days == days and told.tolist() == [changed] and (mean == 1).all() != changed


def test_a_number_for_a_variant_that_is_gone_is_nobodys():
    mean, told = apply_overrides(np.ones((1, 42)), np.array([1]), [Override(9, 5.0, TODAY, TODAY)], today=TODAY)
    assert (mean == 1).all() and not told.any()


def test_where_nothing_was_expected_the_units_are_spread_evenly_and_the_forecast_itself_stays():
    before = np.zeros((1, 28))
    own = Override(1, 14.0, TODAY, TODAY + timedelta(days=6))
    after, _ = apply_overrides(before, np.array([1]), [own], today=TODAY)
    assert after[0, :7].tolist() == [2.0] * 7 and after[0, 7:].sum() == 0 and before.sum() == 0


@given(
    st.integers(-20, 30), st.integers(1, 30), st.floats(0, 1e4), st.lists(st.floats(0, 100), min_size=28, max_size=28)
)
def test_what_is_ahead_takes_its_even_share_of_the_units(first, days, units, profile):
    begins = TODAY + timedelta(days=first)
    own = Override(1, units, begins, begins + timedelta(days=days - 1))
    mean = np.array([profile])
    after, told = apply_overrides(mean, np.array([1]), [own], today=TODAY)
    ahead = [day for day in range(28) if first <= day < first + days]
    rest = [day for day in range(28) if day not in ahead]
    assert after[0, rest].tolist() == mean[0, rest].tolist() and told[0] == bool(ahead)
    if ahead:
        assert after[0, ahead].sum() == pytest.approx(units * len(ahead) / days)


def test_a_rule_without_a_default_leaves_a_gap_and_zero_is_a_rule():
    variants = pd.DataFrame({"variant_id": [1, 2], "vendor": ["A", "B"]})
    rules = pd.DataFrame({"variant_id": [1.0], "vendor": [""], "cover_days": [np.nan], "minimum_order": [0.0]})
    told = resolve_rules(variants, rules, {"cover_days": None, "minimum_order": 5.0})
    assert told["cover_days"].isna().all() and told["minimum_order"].tolist() == [0.0, 5.0]


def test_measured_times_hold_where_nothing_else_is_known_of_the_variant():
    times = pd.DataFrame({"variant_id": [None, 4.0], "vendor": ["Larch", ""], "days": [list(range(1, 17)), [2] * 16]})
    variants = pd.DataFrame(
        {"variant_id": [1, 2, 3, 4], "vendor": ["Larch", "Larch", "Gill", "Larch"], "lead_time_days": [8.0, 20, 8, 2]}
    )
    found = measured_times(variants, times)
    assert found[0].tolist() == list(range(1, 17)) and np.isnan(found[1:3]).all() and found[3].tolist() == [2] * 16
    assert np.isnan(measured_times(variants, times[:0])).all()


MONDAY, TUESDAY, THURSDAY = 1, 2, 8


@pytest.mark.parametrize(
    ("order_days", "review", "arrival", "lasts"),
    [
        (0, 7, 14, 7),  # TODAY is a Thursday
        (THURSDAY, 7, 14, 7),
        (THURSDAY, 3, 14, 7),
        (TUESDAY, 7, 19, 7),
        (TUESDAY, 10, 19, 14),
        (TUESDAY | THURSDAY, 1, 14, 5),
        (TUESDAY | THURSDAY, 7, 14, 7),
        (MONDAY, 28, 18, 28),
    ],
)
def test_an_order_lasts_until_what_goes_out_on_the_next_order_day_is_there(order_days, review, arrival, lasts):
    variants = pd.DataFrame([{"lead_time_days": 14.0, "review_days": float(review), "order_days": float(order_days)}])
    (row,) = on_order_days(variants, TODAY).to_dict("records")
    assert (row["lead_time_days"], row["review_days"]) == (arrival, lasts)
