"""What a replay found, in words and whole minor units: nothing thin is proven."""

from datetime import date

import numpy as np
import pytest

from benchmarks.usecases.demand_forecast.evidence.replay import UpTo
from pipelines.usecases.demand_forecast.judging.replay import replay
from pipelines.usecases.demand_forecast.judging.replay_result import Difference, PolicyCost, Replay
from pipelines.usecases.demand_forecast.ordering.policies import terms

FIRST_DAY = date(2026, 8, 31)


def steady(level):
    """A policy that always orders up to the same level."""
    return lambda day, rows: UpTo(np.broadcast_to(np.asarray(level, dtype=float), (1000,))[rows])


def last_week(demand, terms):
    """A policy that repeats last week's sales, half as much again."""
    factor = 1.5 * terms.protection_days / 7
    return lambda day, rows: UpTo(np.ceil(factor[rows] * demand[rows, max(0, day - 7) : day].sum(axis=1)))


def random_replay(days=200, weeks_counted=12, variants=100):
    demand = np.random.default_rng(5).poisson(2.0, size=(variants, days)).astype(float)
    rules = terms(np.full(variants, 2000.0))
    policies = {"candidate": steady(60), "naive": last_week(demand, rules)}
    return replay(demand, rules, policies, first_counted=days - 7 * weeks_counted, first_day=FIRST_DAY)


def test_a_thin_history_is_never_proven():
    thick, thin = random_replay(days=140), random_replay(days=139, weeks_counted=11)
    assert thick.against("naive").verdict == thick.verdict == "better"
    assert thin.verdict == "not_proven" and thin.is_thin
    assert thin.thin_because == "139 days of sales are thin evidence, a proof needs 140"


def test_few_variants_are_never_proven():
    few = random_replay(variants=99)
    assert few.against("naive").interval[0] > 0 and few.verdict == "not_proven"
    assert few.as_dict()["thin"] and few.as_dict()["thin_because"] == (
        "99 variants are thin evidence, a proof needs 100"
    )
    assert random_replay(variants=1).thin_because == "1 variant is thin evidence, a proof needs 100"


def result(profit=500.0, interval=(100.0, 900.0), days=200, variants=150, groups=(), **changes) -> Replay:
    versus = {"naive": (Difference("all", variants, profit, interval), *groups)}
    facts = {"first_day": FIRST_DAY, "weeks": 2, "history_days": days, "variants": variants, "left_out": 0}
    outcomes = {name: outcome(weeks) for name, weeks in (("candidate", [300.4, 200.4]), ("naive", [100.0, 100.0]))}
    return Replay(**{"outcomes": outcomes, "versus": versus, "imputed_share": 0.0} | facts | changes)


def outcome(weekly, too_little=10.6, holding=3.2, markdown=1.1) -> PolicyCost:
    return PolicyCost(np.array(weekly), 12.34, 5.0, too_little, holding, markdown, 7.0)


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((1.0, 9.0), "better"),
        ((-9.0, -1.0), "worse"),
        ((0.0, 9.0), "not_proven"),
        ((-9.0, 0.0), "not_proven"),
        (None, "not_measured"),
    ],
)
def test_the_range_is_the_evidence(interval, verdict):
    assert result(interval=interval).verdict == verdict


@pytest.mark.parametrize("interval", [(1.0, 9.0), (-9.0, -1.0)])
@pytest.mark.parametrize("thin", [{"days": 139}, {"variants": 99}])
def test_what_is_thin_is_proven_neither_way(interval, thin):
    found = result(interval=interval, **thin)
    assert found.is_thin and found.verdict == "not_proven" and found.as_dict()["thin_because"]
    assert not result(days=140, variants=100).is_thin


def test_one_variant_is_and_more_are():
    assert result(variants=1).thin_because == "1 variant is thin evidence, a proof needs 100"
    assert result(variants=2).thin_because.startswith("2 variants are")
    assert result(days=1).thin_because.startswith("1 day of sales is thin")


def test_without_the_simple_rule_nothing_is_measured():
    found = result(versus={})
    assert found.against("naive") is None and found.verdict == "not_measured" and found.worst_group("naive") is None


def test_the_worst_group_gains_least():
    groups = [Difference(name, 20, profit, None) for name, profit in (("a", 5.0), ("b", -7.0), ("c", 0.0))]
    assert result(groups=groups).worst_group("naive").group == "b"
    assert result().worst_group("naive") is None


def test_weeks_add_up_to_what_is_running_also_when_rounded():
    weeks = result(running={"naive": (None, (1.4, 599.6))}).weekly("naive")
    assert [(week.saved, week.running, week.interval) for week in weeks] == [(200, 200, None), (101, 301, (1, 600))]
    assert [week.interval for week in result().weekly("naive")] == [None, None]


def test_the_cost_of_errors_is_the_sum_of_its_rounded_parts():
    told = outcome([1.5, 2.5]).as_dict()
    assert (told["too_little"], told["too_much"], told["cost_of_errors"]) == (11, 4, 15)
    assert told["weekly_profit"] == [2, 2] and told["units_sold"] == 12.3 and outcome([1.5, 2.5]).profit == 4
