"""A replay is the day-by-day story of METHODS 4h, told again here slowly and by hand."""

import json
import math
from dataclasses import replace as replaced
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.usecases.demand_forecast.evidence.replay import UpTo
from pipelines.usecases.demand_forecast.judging.replay import ALL, Rates, replay, starts_of
from pipelines.usecases.demand_forecast.ordering.policies import terms

FIRST_DAY = date(2026, 8, 31)


def steady(level):
    """A policy that always orders up to the same level."""
    return lambda day, rows: UpTo(np.broadcast_to(np.asarray(level, dtype=float), (1000,))[rows])


def last_week(demand, terms):
    """A policy that repeats last week's sales, half as much again."""
    factor = 1.5 * terms.protection_days / 7
    return lambda day, rows: UpTo(np.ceil(factor[rows] * demand[rows, max(0, day - 7) : day].sum(axis=1)))


def started(demand, terms, first_counted):
    """Each variant's first day, in plain numbers: whole reviews, twice as many for what hardly sells."""
    starts = []
    for i, units in enumerate(demand):
        lasts, review = int(terms.lead_time_days[i] + terms.review_days[i]), int(terms.review_days[i])
        wanted = np.mean(units[max(0, first_counted - 182) : first_counted]) * lasts
        starts.append(first_counted - review * math.ceil((4 if 0 < wanted < 1 else 2) * lasts / review))
    return starts


def story(units, terms, i, level, stock, start, first_counted, weeks, rates):
    """One variant, one day at a time, in plain numbers, from some stock and nothing on order; by counted day."""
    deliveries, profit, lost_units = {}, [], 0.0
    mean = np.mean(units[first_counted : first_counted + 7 * weeks])
    for day in range(start, first_counted + 7 * weeks):
        stock += deliveries.pop(day, 0.0)
        if (day - start) % int(terms.review_days[i]) == 0:
            need = level(day, np.array([i])).order_up_to[0] - stock - sum(deliveries.values())
            if need > 0:
                packs = math.ceil(max(need, terms.minimum_order[i]) / terms.pack_size[i] - 1e-9)
                arrives = day + int(terms.lead_time_days[i])
                deliveries[arrives] = deliveries.get(arrives, 0.0) + packs * float(terms.pack_size[i])
            stock += deliveries.pop(day, 0.0)
        sold = min(float(units[day]), stock)
        stock -= sold
        if day >= first_counted:
            kept = rates.holding / 365 * terms.unit_cost[i] * stock
            kept += rates.markdown / 90 * terms.unit_cost[i] * max(0.0, stock - 90 * mean)
            profit.append(terms.margin[i] * sold - kept)
            lost_units += float(units[day]) - sold
    return np.array(profit), lost_units


@st.composite
def shops(draw):
    """Some variants with rules of their own, five weeks to count and enough days before them."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    variants, first_counted = draw(st.integers(3, 6)), 180
    demand = random.poisson(random.lognormal(0, 1, size=(variants, 1)), size=(variants, first_counted + 59))
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
def test_from_recorded_stock_it_tells_the_same_story_as_a_slow_loop(shop):
    demand, rules, first_counted, random = shop
    levels = random.integers(0, 60, size=demand.shape).astype(float)
    policies = {
        "candidate": lambda day, rows: UpTo(levels[rows, day]),
        "naive": last_week(demand, rules),
    }
    recorded = random.integers(-3, 40, len(demand)).astype(float)
    result = replay(demand, rules, policies, first_counted=first_counted, first_day=FIRST_DAY, opening_stock=recorded)
    starts = started(demand, rules, first_counted)
    assert starts_of(demand, rules, first_counted).tolist() == starts
    for name, level in policies.items():
        told = [
            story(units, rules, i, level, max(0.0, recorded[i]), starts[i], first_counted, 8, Rates())
            for i, units in enumerate(demand)
        ]
        weekly = sum(profit for profit, _ in told).reshape(8, 7).sum(axis=1)
        assert result.outcomes[name].weekly_profit == pytest.approx(weekly, abs=1e-6)
        assert result.outcomes[name].units_lost == pytest.approx(sum(lost for _, lost in told))


def test_three_units_a_day_worked_out_by_hand():
    """Opened in its steady state, a policy that always sells keeps it: 63 units cover 21 days of 3."""
    demand = np.full((1, 56 + 56), 3.0)
    rules = terms([1000.0], unit_cost=[365.0])
    policies = {"candidate": steady(63), "naive": steady(0)}
    result = replay(demand, rules, policies, first_counted=56, first_day=FIRST_DAY)
    # Before a review 63 - 21 are on hand or on order: 21 on hand, 21 that come in a week. A review orders 21 more.
    # On the day of a delivery (every seventh, the first of a week) 21 are there, and all are sold by the next one.
    closing = [18, 15, 12, 9, 6, 3, 0]
    candidate, naive = result.outcomes["candidate"], result.outcomes["naive"]
    week = 635 * 21 - 0.25 * sum(closing)  # unit cost 365: a quarter a unit and day
    assert candidate.weekly_profit.tolist() == pytest.approx([week] * 8)
    assert candidate.units_lost == 0 and candidate.holding == pytest.approx(8 * 0.25 * sum(closing))
    assert naive.units_lost == 168 and naive.units_sold == 0 and naive.profit == 0
    assert result.against("naive").profit == pytest.approx(candidate.profit)


def test_every_policy_starts_in_its_own_steady_state():
    """Two levels, one over the other: neither the first counted week nor any other is special."""
    demand = np.full((3, 140 + 56), 2.0)
    rules = terms([100.0] * 3, lead_time_days=[3, 14, 30], review_days=[7, 7, 14])
    policies = {"candidate": steady(150), "naive": steady(90)}
    result = replay(demand, rules, policies, first_counted=140, first_day=FIRST_DAY)
    for outcome in result.outcomes.values():
        fortnights = outcome.weekly_profit.reshape(4, 2).sum(axis=1)
        assert fortnights.tolist() == pytest.approx([fortnights[0]] * 4)


def test_what_lies_above_ninety_days_is_marked_down_while_it_lies_there():
    demand = np.ones((1, 133))
    result = replay(
        demand,
        terms([200.0], unit_cost=[100.0]),
        {"candidate": steady(0), "naive": steady(0)},
        first_counted=56,
        first_day=FIRST_DAY,
        opening_stock=np.array([200.0]),
        rates=Rates(holding=0.0, markdown=0.2),
    )
    outcome = result.outcomes["candidate"]  # 200 less 42 of warm-up: 158, so 67 above 90 after the first counted day
    first_week = 0.2 / 90 * 100 * sum(range(61, 68))
    assert outcome.markdown == pytest.approx(0.2 / 90 * 100 * sum(range(68))) == outcome.too_much
    assert outcome.weekly_profit[[0, -1]].tolist() == pytest.approx([700 - first_week, 700])
    assert outcome.overstock_value == 0


@settings(max_examples=20, deadline=None)
@given(shops(), st.integers(0, 30))
def test_who_sells_on_loses_nothing_and_sells_all_that_is_wanted(shop, level):
    demand, rules, first_counted, _ = shop
    # Nothing that nobody ordered lies there or comes at the beginning: no part of a pack, and one order at a time.
    one, lead_time = np.ones(len(demand), dtype=int), np.minimum(rules.lead_time_days, rules.review_days)
    rules = replaced(rules, pack_size=one, minimum_order=0 * one, lead_time_days=lead_time)
    rules = replaced(rules, continues=np.arange(len(demand)) % 2 == 0)
    policies = {"candidate": steady(level), "naive": steady(0)}
    result = replay(demand, rules, policies, first_counted=first_counted, first_day=FIRST_DAY)
    stops = demand[1::2, first_counted : first_counted + 56].sum()
    assert result.outcomes["naive"].units_lost == pytest.approx(stops)
    assert result.outcomes["candidate"].units_lost <= stops


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


def random_replay(days=200, weeks_counted=12, variants=100):
    demand = np.random.default_rng(5).poisson(2.0, size=(variants, days)).astype(float)
    rules = terms(np.full(variants, 2000.0))
    policies = {"candidate": steady(60), "naive": last_week(demand, rules)}
    return replay(demand, rules, policies, first_counted=days - 7 * weeks_counted, first_day=FIRST_DAY)


def test_a_range_is_told_of_every_week_from_the_eighth_on():
    result = random_replay()
    weeks = result.weekly("naive")
    assert [week.interval is not None for week in weeks] == [False] * 7 + [True] * 5
    low, high = result.against("naive").interval
    assert weeks[-1].interval == (round(low), round(high)) and low < result.against("naive").profit < high


def test_it_is_repeatable():
    assert random_replay().as_dict() == random_replay().as_dict()


def test_fewer_than_eight_weeks_are_not_measured():
    result = random_replay(weeks_counted=7)
    assert result.against("naive") is None and not result.outcomes and result.verdict == "not_measured"
    assert result.reason == ("A replay of 8 weeks needs 112 days of sales with your lead times; yours reach back 200.")
    assert random_replay(weeks_counted=8).against("naive").interval is not None


def test_variants_with_too_short_a_past_are_left_out_and_counted():
    demand = np.full((3, 156), 2.0)
    rules = terms([100.0] * 3, lead_time_days=[14, 60, 30])
    policies = {"candidate": steady(10), "naive": steady(10)}
    result = replay(demand, rules, policies, first_counted=100, first_day=FIRST_DAY)
    assert (result.variants, result.left_out) == (2, 1)
    json.dumps(result.as_dict())


def test_why_nothing_was_measured_names_the_days_that_it_takes():
    policies = {"candidate": steady(10), "naive": steady(10)}
    young = replay(np.full((1, 60), 2.0), terms([1.0]), policies, first_counted=14, first_day=FIRST_DAY)
    assert young.verdict == "not_measured" and not young.versus
    assert young.reason == "A replay of 8 weeks needs 112 days of sales with your lead times; yours reach back 60."
    slow = np.zeros((1, 140))
    slow[0, ::40] = 1
    rare = replay(slow, terms([1.0]), policies, first_counted=56, first_day=FIRST_DAY)
    assert rare.verdict == "not_measured" and rare.left_out == 1
    assert rare.reason == "A replay of 12 weeks needs 182 days of sales where so little sells; yours reach back 140."


def test_a_part_week_is_dropped():
    demand = np.full((1, 119), 2.0)
    policies = {"candidate": steady(100), "naive": steady(100)}
    whole, part = (
        replay(panel, terms([100.0]), policies, first_counted=56, first_day=FIRST_DAY)
        for panel in (demand[:, :112], demand[:, :118])
    )
    assert whole.weeks == part.weeks == 8
    assert whole.outcomes["candidate"].profit == part.outcomes["candidate"].profit


def test_it_uses_nothing_from_the_future():
    """A policy may be asked only with days whose data lie before; it is asked at reviews and nowhere else."""
    asked = []

    def noted(day, rows):
        asked.append(day)
        return UpTo(np.full(len(rows), 20.0))

    demand = np.full((2, 119), 1.0)
    policies = {"candidate": noted, "naive": steady(5)}
    replay(demand, terms([10.0, 10.0]), policies, first_counted=63, first_day=FIRST_DAY)
    assert asked == list(range(21, 119, 7))  # six weeks of warm-up, eight that count


def test_what_is_stored_is_plain_json_in_whole_minor_units():
    stored = json.loads(json.dumps(random_replay().as_dict()))
    naive = stored["versus"]["naive"][0]
    assert isinstance(naive["profit"], int) and all(isinstance(bound, int) for bound in naive["interval"])
    assert stored["weeks"] == 12 and stored["variants"] == 100 and not stored["thin"]
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
    with pytest.raises(ValueError, match="no order on day 14"):
        replay(np.full((1, 112), 2.0), terms([1.0]), policies, first_counted=56, first_day=FIRST_DAY)
