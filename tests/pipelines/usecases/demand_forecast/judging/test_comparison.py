"""What errors cost: checked against a slow loop over variants, and against sums done by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.stats.inference.quantiles import negative_binomial_quantile
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import USE_CASE, model
from pipelines.usecases.demand_forecast.judging.comparison import Said, compare, further_off, level_bets, loss_of
from pipelines.usecases.demand_forecast.serving import simple_rule
from tests.frames import LAST_DAY, shop_frames

ASKED = ["lead_time_days", "review_days", "cover_days", "pack_size", "minimum_order", "service_level"]
TERMS = {"lead_time_days": 14, "review_days": 7, "service_level": 0.95, "cost_share": 0.5, "holding_rate": 0.26}
TERMS |= {"weighs_costs": 0}
WEEK = LAST_DAY - timedelta(days=6)


def frames(days: int = 150, n_series: int = 3, **tables: pd.DataFrame) -> Frames:
    shop = shop_frames(n_series, days)
    known = {
        "series": shop["series"].assign(vendor="Alp", continues=0),
        "rules": pd.DataFrame(columns=["variant_id", "vendor", *ASKED, "unit_cost_minor", "order_days"]),
        "terms": pd.DataFrame([TERMS]),
    }
    return Frames({**shop.tables, **known, **tables}, shop.asof, shop.country)


def says(means: list[float], first_day: date = WEEK, ago: int = 1, **changes: object) -> pd.DataFrame:
    """Forecast the same units every day, from so many days before the week."""
    facts = {
        "variant_id": range(1, len(means) + 1),
        "first_day": first_day,
        "origin": first_day - timedelta(days=ago),
        "mean": [np.full(28, mean) for mean in means],
        "dispersion": 1.0,
        "model_error": 0.0,
    }
    return pd.DataFrame(facts | changes)


def sold(units: list[float], stockout: int = 0, first_day: date = WEEK) -> pd.DataFrame:
    """Sell the same units on every day of the last 40, variant by variant."""
    days = pd.date_range(end=LAST_DAY, periods=40)
    rows = [{"unique_id": n + 1, "ds": day, "y": y, "stockout": 0} for n, y in enumerate(units) for day in days]
    table = pd.DataFrame(rows)
    table.loc[(table["unique_id"] == 1) & (table["ds"] == pd.Timestamp(first_day)), "stockout"] = stockout
    return table


def by_hand(units: float, mean: float, margin: float, level: float = 0.95) -> float:
    """Price one variant's week: Poisson quantile, as neither dispersion nor model error add to it."""
    held = float(negative_binomial_quantile(7 * mean, 7 * mean, level))
    return margin * max(0.0, units - held) + margin * (1 - level) / level * max(0.0, held - units)


def test_a_week_costs_margin_where_too_little_and_a_nineteenth_of_it_where_too_much_was_expected():
    shop = frames(daily_sales=sold([2.0, 2.0, 2.0]))
    week = compare(shop, says([0.5, 2.0, 9.0]), says([2.0, 2.0, 2.0])).iloc[0]
    margin = np.array([750.0, 1000.0, 1250.0])
    assert week["loss"] == pytest.approx(sum(map(by_hand, [14] * 3, [0.5, 2, 9], margin)))
    assert week["against"] == pytest.approx(sum(map(by_hand, [14] * 3, [2, 2, 2], margin)))
    assert week["loss"] > week["against"] and (week["units"], week["coverage"]) == (3, 1.0)


def test_the_truth_is_the_cheapest_thing_to_say():
    """A proper score: with the cost of holding in the place of the second weight, twice too much was the cheapest."""
    shop, rng = frames(n_series=1), np.random.default_rng(0)
    from pipelines.usecases.demand_forecast.judging.comparison import prices_of

    terms, rows = prices_of(shop), np.array([True])
    sold = rng.negative_binomial(10, 10 / (10 + 100), size=4_000).astype(float)  # mean 100, variance 1,100

    def cost(factor: float) -> float:
        said = Said(np.array([[100.0 * factor]]), np.array([1.0]), float(np.sqrt(0.1)))
        return sum(loss_of(terms, np.array([units]), said, rows) for units in sold)

    costs = {factor: cost(factor) for factor in (0.7, 0.8, 1.0, 1.3, 2.0)}
    assert min(costs, key=costs.__getitem__) == 1.0


def test_another_service_level_weighs_a_unit_too_many_otherwise():
    shop = frames(daily_sales=sold([2.0, 2.0, 2.0]), terms=pd.DataFrame([TERMS | {"service_level": 0.8}]))
    week = compare(shop, says([9.0] * 3), says([2.0] * 3)).iloc[0]
    assert week["loss"] == pytest.approx(sum(by_hand(14, 9, margin, 0.8) for margin in (750, 1000, 1250)))


def test_versions_that_say_the_same_cost_the_same():
    week = compare(frames(), says([1.0, 2.0, 3.0]), says([1.0, 2.0, 3.0])).iloc[0]
    assert week["loss"] == week["against"] > 0
    assert week["bets"] == {"daily_totals": 0.0, "period_total": 0.0}


def test_the_level_is_judged_on_the_shops_days_and_on_the_weeks_total():
    shop = frames(daily_sales=sold([2.0, 2.0, 2.0]))  # 6 a day
    too_high = compare(shop, says([4.0, 4.0, 4.0]), says([2.0, 2.0, 2.0])).iloc[0]
    assert too_high["bets"] == {"daily_totals": 1.0, "period_total": 1.0}
    right = compare(shop, says([2.0, 2.0, 2.0]), says([4.0, 4.0, 4.0])).iloc[0]
    assert right["bets"] == {"daily_totals": -1.0, "period_total": -1.0}
    shuffled = compare(shop, says([1.0, 2.0, 3.0]), says([2.0, 2.0, 2.0])).iloc[0]
    assert shuffled["bets"] == {"daily_totals": 0.0, "period_total": 0.0}


def test_days_tell_apart_what_the_total_does_not():
    """By hand: |6 - 0| + |6 - 12| against nothing, over 12 units that they are apart."""
    told = level_bets(np.array([6.0, 6.0]), np.array([0.0, 12.0]), np.array([6.0, 6.0]))
    assert told == {"daily_totals": 1.0, "period_total": 0.0}


@pytest.mark.parametrize(
    ("sold", "new", "old", "share"),
    [
        (100.0, 101.0, 100.0, 0.1),  # a hundredth apart counts as a tenth of the old one's total
        (100.0, 130.0, 90.0, 0.5),
        (0.0, 0.0, 0.0, 0.0),
        (5.0, 3.0, 0.0, -1.0),
    ],
)
def test_versions_that_are_hardly_apart_prove_little(sold, new, old, share):
    assert further_off(*(np.array([value]) for value in (sold, new, old))) == pytest.approx(share)


def test_only_the_days_of_the_week_count_whatever_the_origin():
    shop, rows = frames(daily_sales=sold([2.0, 2.0, 2.0])), says([0.0, 0.0, 0.0], ago=5)
    rows["mean"] = [np.where(np.arange(28) < 4, 1_000.0, 2.0)] * 3  # four days before the week, then the week
    late = compare(shop, rows, says([2.0, 2.0, 2.0])).iloc[0]
    assert late["loss"] == pytest.approx(late["against"])


def test_p16_a_variant_without_stock_on_a_day_is_not_judged_and_lowers_the_coverage():
    for state in (1, 3):  # known, suspected
        shop = frames(daily_sales=sold([500.0, 2.0, 2.0], stockout=state))
        week = compare(shop, says([2.0, 2.0, 2.0]), says([2.0, 2.0, 2.0])).iloc[0]
        assert week["units"] == 2 and week["coverage"] == pytest.approx(2 / 3)
        assert week["loss"] == pytest.approx(sum(by_hand(14, 2, price) for price in (1000, 1250)))
        assert week["bets"] == {"daily_totals": 0.0, "period_total": 0.0}


def test_a_week_in_which_nothing_can_be_judged_is_left_out():
    shop = frames(n_series=1, daily_sales=sold([5.0], stockout=1))
    assert compare(shop, says([5.0]), says([5.0])).empty


def test_a_week_that_is_not_over_is_left_out():
    tomorrow = LAST_DAY + timedelta(days=1)
    assert compare(frames(), says([1.0] * 3, first_day=tomorrow), says([1.0] * 3, first_day=tomorrow)).empty


def test_only_variants_that_both_spoke_of_are_compared():
    week = compare(frames(), says([1.0, 1.0, 1.0]), says([1.0, 1.0, 1.0]).iloc[1:]).iloc[0]
    assert week["units"] == 2


def test_a_week_of_which_the_other_said_nothing_is_left_out():
    earlier = WEEK - timedelta(days=7)
    both = pd.concat([says([1.0] * 3), says([1.0] * 3, first_day=earlier)])
    assert compare(frames(), both, says([1.0] * 3))["first_day"].tolist() == [WEEK]
    assert compare(frames(), both, says([1.0] * 3)[:0]).empty
    assert compare(frames(), both, both)["first_day"].tolist() == [earlier, WEEK]


def test_a_forecast_that_does_not_reach_the_week_is_an_error():
    with pytest.raises(ValueError, match="does not reach"):
        compare(frames(), says([1.0] * 3, ago=25), says([1.0] * 3, ago=25))


def test_without_another_version_the_simple_rule_speaks_as_it_would_have_been_served():
    shop = frames()
    origin = WEEK - timedelta(days=1)
    known = Frames({**shop.tables, "daily_sales": until(shop, origin)}, origin, shop.country)
    rule = simple_rule(model.history_of(known), 28)
    served = pd.DataFrame(
        {
            "variant_id": rule.ids,
            "first_day": WEEK,
            "origin": origin,
            "mean": list(rule.mean),
            "dispersion": rule.spread.dispersion,
            "model_error": rule.spread.error(7),
        }
    )
    spoken = compare(shop, says([1.0] * 3)).iloc[0]
    stored = compare(shop, says([1.0] * 3), served).iloc[0]
    assert spoken["against"] == pytest.approx(stored["against"]) and spoken["loss"] == stored["loss"]


def until(shop: Frames, day: date) -> pd.DataFrame:
    sales = shop["daily_sales"]
    return sales[sales["ds"] <= pd.Timestamp(day)]


def test_days_are_priced_like_weeks():
    shop = frames(daily_sales=sold([2.0, 2.0, 2.0]))
    day = compare(shop, says([2.0] * 3, first_day=LAST_DAY), says([2.0] * 3, first_day=LAST_DAY), days=1).iloc[0]
    held = float(negative_binomial_quantile(2.0, 2.0, 0.95))
    assert day["loss"] == pytest.approx((750 + 1000 + 1250) / 19 * (held - 2))


def test_the_frames_are_left_as_they_were():
    shop, rows = frames(), says([1.0] * 3)
    before = {name: table.copy() for name, table in shop.tables.items()}, rows.copy()
    compare(shop, rows, rows)
    for name, table in before[0].items():
        pd.testing.assert_frame_equal(shop[name], table)
    pd.testing.assert_frame_equal(rows, before[1])


# The same on the past


def test_the_evaluation_keeps_what_errors_cost_week_by_week_and_day_by_day():
    shop = frames(days=150)
    fitted = USE_CASE.resolve("fit")(shop)
    told = USE_CASE.resolve("evaluate")(shop, champion=fitted).as_dict()
    weekly, daily = told["weekly_loss"], told["daily_loss"]
    assert {name: len(costs) for name, costs in weekly.items()} == dict.fromkeys(
        ["candidate", "champion", "seasonal_naive"], 12
    )
    assert {name: len(costs) for name, costs in daily.items()} == {"candidate": 84, "seasonal_naive": 84}
    gap = np.array(daily["candidate"]) - np.array(daily["seasonal_naive"])
    assert told["decay"]["usual"] == pytest.approx(gap.reshape(28, 3).mean(axis=1), abs=0.006)
    assert 8 < told["decay"]["limit"] < 11


def test_the_last_past_week_costs_what_comparing_it_would_say():
    shop = frames(days=150)
    told = USE_CASE.resolve("evaluate")(shop).as_dict()
    cut = LAST_DAY - timedelta(days=28)
    known = Frames({**shop.tables, "daily_sales": until(shop, cut)}, cut, shop.country)
    rule = simple_rule(model.history_of(known), 28)
    rows = says(
        [1.0] * 3,
        first_day=WEEK,
        ago=22,
        mean=list(rule.mean),
        dispersion=rule.spread.dispersion,
        model_error=rule.spread.error(7),
    )
    week = compare(shop, rows, rows).iloc[0]
    assert told["weekly_loss"]["seasonal_naive"][-1] == pytest.approx(week["loss"], abs=0.01)


def test_without_prices_the_past_has_no_losses():
    told = USE_CASE.resolve("evaluate")(shop_frames(3, 60)).as_dict()
    assert told["weekly_loss"] == {} and told["decay"] == {}
