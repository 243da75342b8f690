"""A replay is the day-by-day story of METHODS 4h, told again here slowly and by hand."""

import json
import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.stats.quantiles import negative_binomial_quantile
from pipelines.usecases.demand_forecast.ordering import forecast_policy, naive_policy, rounded_order, terms
from pipelines.usecases.demand_forecast.replay import ALL, Rates, replay

FIRST_DAY = date(2026, 8, 31)


def steady(level):
    """A policy that always orders up to the same level."""
    return lambda day, rows: np.broadcast_to(np.asarray(level, dtype=float), (1000,))[rows]


def story(demand, terms, level, opening, first_counted, weeks, rates):
    """One variant at a time, one day at a time, in plain numbers: profit and lost units by counted day."""
    profits, losses = [], []
    for i, units in enumerate(demand):
        start = first_counted - int(terms.lead_time_days[i])
        stock, deliveries, profit, lost_units = float(opening[i]), {}, [], 0.0
        for day in range(start, first_counted + 7 * weeks):
            stock += deliveries.pop(day, 0.0)
            if (day - start) % int(terms.review_days[i]) == 0:
                need = level(day, np.array([i]))[0] - stock - sum(deliveries.values())
                if need > 0:
                    packs = math.ceil(max(need, terms.minimum_order[i]) / terms.pack_size[i] - 1e-9)
                    arrives = day + int(terms.lead_time_days[i])
                    deliveries[arrives] = deliveries.get(arrives, 0.0) + packs * float(terms.pack_size[i])
                stock += deliveries.pop(day, 0.0)
            sold = min(float(units[day]), stock)
            stock -= sold
            if day >= first_counted:
                profit.append(terms.margin[i] * sold - rates.holding / 365 * terms.unit_cost[i] * stock)
                lost_units += float(units[day]) - sold
        mean = np.mean(units[first_counted : first_counted + 7 * weeks])
        profit[-1] -= rates.markdown * terms.unit_cost[i] * max(0.0, stock - 90 * mean)
        profits.append(profit)
        losses.append(lost_units)
    return np.sum(profits, axis=0), sum(losses)


@st.composite
def shops(draw):
    """Some variants with rules of their own, five weeks to count and enough days before them."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    variants, first_counted = draw(st.integers(1, 5)), 40
    demand = random.poisson(random.lognormal(0, 1, size=(variants, 1)), size=(variants, first_counted + 38))
    rules = terms(
        random.integers(100, 20_000, variants),
        unit_cost=random.integers(10, 9_000, variants),
        review_days=random.integers(1, 15, variants),
        lead_time_days=random.integers(0, 22, variants),
        service_level=random.choice([0.8, 0.9, 0.95, 0.99], variants),
        pack_size=random.integers(1, 13, variants),
        minimum_order=random.integers(0, 20, variants),
    )
    return demand.astype(float), rules, first_counted, random


@settings(max_examples=60, deadline=None)
@given(shops())
def test_it_tells_the_same_story_as_a_slow_loop(shop):
    demand, rules, first_counted, random = shop
    levels = random.integers(0, 60, size=(len(demand), demand.shape[1])).astype(float)
    naive = naive_policy(demand, rules, lambda day: np.full(len(demand), 1.5))
    recorded = np.where(random.random(len(demand)) < 0.5, np.nan, random.integers(-3, 40, len(demand)))
    result = replay(
        demand,
        rules,
        {"candidate": lambda day, rows: levels[rows, day], "naive": naive},
        first_counted=first_counted,
        first_day=FIRST_DAY,
        opening_stock=recorded,
    )
    opening = [
        naive(first_counted - int(rules.lead_time_days[i]), np.array([i]))[0] if math.isnan(stock) else max(stock, 0.0)
        for i, stock in enumerate(recorded)
    ]
    for name, level in {"candidate": lambda day, rows: levels[rows, day], "naive": naive}.items():
        profit, lost = story(demand, rules, level, opening, first_counted, 5, Rates())
        assert result.outcomes[name].weekly_profit == pytest.approx(profit.reshape(5, 7).sum(axis=1), abs=1e-6)
        assert result.outcomes[name].units_lost == pytest.approx(lost)


def test_three_units_a_day_worked_out_by_hand():
    """Level 63 covers 21 days of 3; opening 30 lasts ten days, the first delivery of 33 comes on day 14."""
    demand = np.full((1, 42 + 28), 3.0)
    rules = terms([1000.0], unit_cost=[365.0])
    result = replay(
        demand,
        rules,
        {"candidate": steady(63), "naive": steady(0)},
        first_counted=42,
        first_day=FIRST_DAY,
        opening_stock=np.array([30.0]),
    )
    # Days 0-9 sell 30, 10-13 nothing (warm-up). Orders: 33 on day 0, 21 on day 7 (on hand 9, on order 33),
    # then level minus position: day 14 has 33 + 21 -> 9, and so on. Counted days start with the delivery.
    arrivals = {0: 33, 7: 21, 14: 9, 21: 21}
    stock, lost, closing = 0.0, 0.0, []
    for day in range(28):
        stock += arrivals.get(day, 0)
        lost += max(0.0, 3 - stock)
        stock = max(0.0, stock - 3)
        closing.append(stock)
    candidate, naive = result.outcomes["candidate"], result.outcomes["naive"]
    assert candidate.units_lost == lost == 84 - (33 + 21 + 9 + 21 - closing[-1])
    assert candidate.holding == pytest.approx(0.25 * sum(closing))  # unit cost 365: a quarter a unit and day
    assert candidate.too_little == pytest.approx(635 * lost)
    assert naive.units_lost == 84 and naive.units_sold == 0 and naive.profit == 0
    assert result.against("naive").profit == pytest.approx(candidate.profit)


def test_what_is_left_above_ninety_days_is_marked_down_once_in_the_last_week():
    demand = np.ones((1, 70))
    result = replay(
        demand,
        terms([200.0], unit_cost=[100.0]),
        {"candidate": steady(0), "naive": steady(0)},
        first_counted=42,
        first_day=FIRST_DAY,
        opening_stock=np.array([200.0]),
        rates=Rates(holding=0.0, markdown=0.2),
    )
    outcome = result.outcomes["candidate"]  # 200 less 14 of warm-up less 28 = 158, of which 68 above 90
    assert outcome.overstock_value == 6800 and outcome.markdown == 1360 == outcome.too_much
    assert outcome.weekly_profit.tolist() == [700, 700, 700, 700 - 1360]


def test_the_naive_rule_repeats_last_week_under_the_same_quantile_rule():
    units = np.tile([0.0, 1, 2, 3, 4, 5, 6], (2, 6))
    rules = terms([100.0, 100.0], service_level=[0.95, 0.8], lead_time_days=[14, 7])
    levels = naive_policy(units, rules, lambda day: np.array([2.0, 2.0]))(28, np.array([0, 1]))
    expected = [(63.0, 0.95), (42.0, 0.8)]  # 21 units times (R + L) / 7
    assert levels.tolist() == [
        float(negative_binomial_quantile(mean, mean * 2 + (0.3 * mean) ** 2, level)) for mean, level in expected
    ]


def test_a_forecast_policy_asks_for_each_rule_once():
    class Sums:
        asked = []

        def quantile_of_sum(self, days, level):
            self.asked.append((days, level))
            return np.arange(4) * 100 + days + level

    rules = terms([1.0] * 4, lead_time_days=[7, 7, 14, 7], service_level=[0.9, 0.95, 0.9, 0.9])
    levels = forecast_policy(lambda day: Sums(), rules)(30, np.array([0, 2, 3]))
    assert levels.tolist() == [14.9, 221.9, 314.9]
    assert sorted(Sums.asked) == [(14, 0.9), (21, 0.9)]


@settings(max_examples=30, deadline=None)
@given(shops())
def test_identical_policies_differ_by_nothing(shop):
    demand, rules, first_counted, random = shop
    level = steady(random.integers(0, 60, 1000))
    result = replay(
        demand, rules, {"candidate": level, "naive": level}, first_counted=first_counted, first_day=FIRST_DAY
    )
    difference = result.against("naive")
    assert difference.profit == 0 and difference.interval == (0.0, 0.0)
    assert result.verdict == "not_proven"


@settings(max_examples=30, deadline=None)
@given(shops(), st.integers(0, 50))
def test_more_opening_stock_never_sells_less(shop, more):
    demand, rules, first_counted, random = shop
    nothing = {"candidate": steady(0), "naive": steady(0)}
    opening = random.integers(0, 60, len(demand)).astype(float)
    less, plenty = (
        replay(demand, rules, nothing, first_counted=first_counted, first_day=FIRST_DAY, opening_stock=stock)
        for stock in (opening, opening + more)
    )
    assert plenty.outcomes["candidate"].units_sold >= less.outcomes["candidate"].units_sold


@settings(max_examples=30, deadline=None)
@given(shops(), st.integers(0, 50))
def test_a_higher_level_without_packs_never_sells_less(shop, more):
    demand, rules, first_counted, random = shop
    plain = terms(rules.price, review_days=rules.review_days, lead_time_days=rules.lead_time_days)
    levels = random.integers(0, 60, 1000)
    result = replay(
        demand,
        plain,
        {"candidate": steady(levels + more), "naive": steady(levels)},
        first_counted=first_counted,
        first_day=FIRST_DAY,
        opening_stock=np.zeros(len(demand)),
    )
    assert result.outcomes["candidate"].units_sold >= result.outcomes["naive"].units_sold - 1e-9


@settings(max_examples=30, deadline=None)
@given(shops())
def test_parts_groups_and_weeks_add_up_to_the_difference(shop):
    demand, rules, first_counted, _ = shop
    first = np.arange(len(demand)) < 2
    weekend = np.arange(demand.shape[1]) % 7 >= 5
    result = replay(
        demand,
        rules,
        {"candidate": steady(40), "naive": steady(25), "champion": steady(30)},
        first_counted=first_counted,
        first_day=FIRST_DAY,
        groups={"First": first, "Rest": ~first},
        day_groups={"Weekend": weekend, "Other days": ~weekend},
    )
    for other in ("naive", "champion"):
        mine, theirs = result.outcomes["candidate"], result.outcomes[other]
        total, first_group, rest, weekend_group, other_days = result.versus[other]
        saved = theirs.too_little + theirs.too_much - mine.too_little - mine.too_much
        assert total.group == ALL and total.profit == pytest.approx(saved, abs=1e-6)
        assert total.profit == pytest.approx(mine.profit - theirs.profit, abs=1e-6)
        assert total.profit == pytest.approx(first_group.profit + rest.profit, abs=1e-6)
        assert total.profit == pytest.approx(weekend_group.profit + other_days.profit, abs=1e-6)
        stored = result.as_dict()["policies"][other]
        assert stored["cost_of_errors"] == stored["too_little"] + stored["too_much"]
        worst = min(first_group.profit, rest.profit, weekend_group.profit, other_days.profit)
        assert result.worst_group(other).profit == worst


def random_replay(days=200, weeks_counted=12, seed=0):
    demand = np.random.default_rng(5).poisson(2.0, size=(40, days)).astype(float)
    rules = terms(np.full(40, 2000.0))
    naive = naive_policy(demand, rules, lambda day: np.ones(40))
    return replay(
        demand,
        rules,
        {"candidate": steady(60), "naive": naive},
        first_counted=days - 7 * weeks_counted,
        first_day=FIRST_DAY,
        seed=seed,
    )


def test_the_interval_is_the_bootstrap_of_weekly_differences():
    result = random_replay()
    weekly = result.outcomes["candidate"].weekly_profit - result.outcomes["naive"].weekly_profit
    random = np.random.default_rng(0)
    totals = sorted(sum(weekly[random.integers(0, 12)] for _ in range(12)) for _ in range(2000))
    low, high = result.against("naive").interval
    spread = totals[1950] - totals[50]
    assert abs(low - totals[50]) < 0.1 * spread and abs(high - totals[1950]) < 0.1 * spread
    assert low < result.against("naive").profit < high


def test_it_is_repeatable_with_a_seed():
    assert random_replay(seed=3).as_dict() == random_replay(seed=3).as_dict()
    assert random_replay(seed=3).against("naive").interval != random_replay(seed=4).against("naive").interval


def test_fewer_than_four_weeks_are_not_measured():
    result = random_replay(weeks_counted=3)
    assert result.against("naive").interval is None and result.against("naive").profit != 0
    assert result.verdict == "not_measured"
    assert result.reason == "3 of at least 4 complete weeks to replay."


def test_a_thin_history_is_never_proven():
    thick, thin = random_replay(days=140), random_replay(days=139)
    assert thick.against("naive").verdict == thick.verdict == "better"
    assert thin.against("naive").verdict == "better" and thin.verdict == "not_proven" and thin.is_thin


def test_variants_with_too_short_a_past_are_left_out_and_counted():
    demand = np.full((3, 80), 2.0)
    rules = terms([100.0] * 3, lead_time_days=[14, 60, 30])
    policies = {"candidate": steady(10), "naive": steady(10)}
    result = replay(demand, rules, policies, first_counted=45, first_day=FIRST_DAY)
    assert (result.variants, result.left_out) == (2, 1)
    nobody = replay(demand, rules, policies, first_counted=20, first_day=FIRST_DAY)
    assert nobody.verdict == "not_measured" and "No variant has 14 days" in nobody.reason
    json.dumps(nobody.as_dict())


def test_a_part_week_is_dropped():
    demand = np.full((1, 76), 2.0)
    policies = {"candidate": steady(100), "naive": steady(100)}
    whole, part = (
        replay(panel, terms([100.0]), policies, first_counted=40, first_day=FIRST_DAY)
        for panel in (demand[:, :75], demand[:, :76])
    )
    assert whole.weeks == part.weeks == 5
    assert whole.outcomes["candidate"].profit == part.outcomes["candidate"].profit


def test_it_uses_nothing_from_the_future():
    """A policy may be asked only with days whose data lie before; it is asked at reviews and nowhere else."""
    asked = []

    def noted(day, rows):
        asked.append(day)
        return np.full(len(rows), 20.0)

    demand = np.full((2, 70), 1.0)
    policies = {"candidate": noted, "naive": steady(5)}
    replay(demand, terms([10.0, 10.0]), policies, first_counted=42, first_day=FIRST_DAY)
    assert asked == [28, 35, 42, 49, 56, 63]


def test_what_is_stored_is_plain_json_in_whole_minor_units():
    stored = json.loads(json.dumps(random_replay().as_dict()))
    naive = stored["versus"]["naive"][0]
    assert isinstance(naive["profit"], int) and all(isinstance(bound, int) for bound in naive["interval"])
    assert stored["weeks"] == 12 and stored["draws"] == 2000 and stored["seed"] == 0
    assert stored["first_day"] == "2026-08-31"


@pytest.mark.parametrize("broken", [np.nan, -1.0])
def test_unknown_or_negative_demand_is_refused(broken):
    demand = np.full((1, 80), 2.0)
    demand[0, 50] = broken
    with pytest.raises(ValueError, match="demand must be known"):
        replay(
            demand, terms([1.0]), {"candidate": steady(1), "naive": steady(1)}, first_counted=40, first_day=FIRST_DAY
        )


def test_a_policy_without_a_number_is_refused():
    policies = {"candidate": steady(np.nan), "naive": steady(1)}
    with pytest.raises(ValueError, match="no order-up-to level on day 26"):
        replay(np.full((1, 80), 2.0), terms([1.0]), policies, first_counted=40, first_day=FIRST_DAY)


def test_terms_fill_what_is_unknown():
    rules = terms([1000.0, 1000.0, np.nan], unit_cost=[400.0, np.nan, np.nan])
    assert rules.unit_cost.tolist() == [400.0, 500.0, 0.0]
    assert rules.margin.tolist() == [600.0, 500.0, 0.0]
    assert rules.protection_days.tolist() == [21, 21, 21]


def test_orders_come_in_whole_packs_at_or_above_the_minimum():
    need = np.array([-5.0, 0.0, 0.2, 12.0, 12.0000000001, 40.0])
    orders = rounded_order(need, np.full(6, 6), np.full(6, 10))
    assert orders.tolist() == [0.0, 0.0, 12.0, 12.0, 12.0, 42.0]
