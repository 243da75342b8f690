"""What is said of shoppers, simulated: ramps with returning visitors, weeks after a rollback, what a test may spend.

Ramps are walked visitor by visitor with the buckets and e-values that really decide; how the door writes first sights
down is a test's business. `remembers` turns off what is promised here, so that each rate is seen to be able to fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.evidence import Row, at_least, at_most, told
from pipelines.stats import assignment, assignment_many
from pipelines.stats.inference import before_after, intervals, power, sequential
from pipelines.stats.inference.intervals import Sums
from pipelines.strategies import Traffic, ab, limits

SUBJECT = "shoppers"
HOURS = 24
UNSEEN = -1
CODES = {assignment.BETWEEN: 0, assignment.CANARY: 1, assignment.CONTROL: 2}
COMPARED = (CODES[assignment.CONTROL], CODES[assignment.CANARY])  # in the order of the columns of counts
RAMP = (5, 10, 25, 50)  # percent, a day each

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def rows(quick: bool) -> list[Row]:
    """Simulate everything that is promised of shoppers."""
    return [
        *returning_rows(400 if quick else 2_000),
        *recovery_rows(4_000 if quick else 20_000),
        *budget_rows(2_000 if quick else 10_000),
        *loss_rows(1_000 if quick else 5_000),
        *power_rows(1_500 if quick else 5_000),
    ]


# Visitors who come again while the share grows


@dataclass(frozen=True)
class Ramps:
    """Hold what ramps without any difference between the versions came to."""

    held: float  # share in which the split was found to be wrong
    harmed: float  # share in which harm was found
    effect: float  # mean difference in orders of a unit, as a share of what the control brings
    se: float  # of that mean


def returning_rows(count: int) -> list[Row]:
    """Say what returning visitors do to ramps of two versions that are alike."""
    found = []
    for share, loyalty in ((0.3, 1.0), (0.6, 1.0), (0.3, 3.0), (0.6, 3.0)):
        seen = ramps(count, share, loyalty)
        who = f"{share:.0%} return{', and order three times as often' if loyalty > 1 else ''}"
        found += [
            at_most(SUBJECT, f"{who}: healthy ramps held", seen.held, len(RAMP) / limits.UNBALANCED),
            at_most(SUBJECT, f"{who}: harm found", seen.harmed, 1 / limits.HARM),
            at_most(SUBJECT, f"{who}: bias of the effect, in standard errors", abs(seen.effect) / seen.se, 3.0),
        ]
    forgotten = ramps(count, 0.3, 3.0, remembers=False)
    return [
        *found,
        told(SUBJECT, "30 % return, between forgotten: healthy ramps held", forgotten.held),
        told(SUBJECT, "30 % return and order more, between forgotten: bias of the effect", forgotten.effect),
    ]


def ramps(
    count: int,
    returning: float,
    loyalty: float,
    *,
    remembers: bool = True,
    a_day: int = 3_000,
    rate: float = 0.03,
    seed: int = 0,
) -> Ramps:
    """Walk ramps on which this share of a day's visitors came before, and orders so many times as often."""
    rng = np.random.default_rng(seed)
    tables = np.stack([a_ramp(rng, returning, loyalty, remembers, a_day, rate) for _ in range(count)])
    units, orders = (tables[..., which, :].reshape(-1, 2) for which in (0, 1))
    step = np.repeat(np.arange(count * len(RAMP)), HOURS)
    weight = np.repeat(np.tile(np.array(RAMP) / 100, count), HOURS)
    ratio = sequential.ratio_log_e(units[:, 0], units[:, 1], weight, step).reshape(count, -1)
    harm = sequential.harm_log_e(orders[:, 0], units[:, 0], orders[:, 1], units[:, 1], step)
    effects = effects_of(tables)
    return Ramps(
        held=float(np.mean(ratio.max(axis=1) >= np.log(limits.UNBALANCED))),
        harmed=float(np.mean(over_steps(harm, count).max(axis=1) >= np.log(limits.HARM))),
        effect=float(effects.mean()),
        se=float(effects.std(ddof=1) / np.sqrt(count)),
    )


def a_ramp(
    rng: np.random.Generator, returning: float, loyalty: float, remembers: bool, a_day: int, rate: float
) -> Counts:
    """Walk one ramp; return units and orders by step, hour and arm (control, canary)."""
    again = round(returning * a_day)
    people = a_day + (len(RAMP) - 1) * (a_day - again)
    bucket = rng.integers(assignment.BUCKETS, size=people) / assignment.BUCKETS
    first = np.full(people, UNSEEN)
    table = np.zeros((len(RAMP), HOURS, 2, 2), dtype=np.int64)
    known = 0
    for step, weight in enumerate(RAMP):
        old = rng.choice(known, again, replace=False) if known else np.arange(again)  # who came before the release
        new = np.arange(max(known, again), max(known, again) + a_day - again)
        known = int(new[-1]) + 1
        here = np.concatenate([old, new])
        arm = codes(bucket[here], weight / 100)
        counts = (first[here] == UNSEEN) & np.isin(arm, COMPARED)
        written = counts | ((first[here] == UNSEEN) & remembers)
        first[here[written]] = arm[written]
        ordered = rng.random(len(here)) < rate * np.where(np.arange(len(here)) < again, loyalty, 1.0)
        hour = rng.integers(HOURS, size=len(here))
        for column, code in enumerate(COMPARED):
            mine = counts & (arm == code)
            table[step, :, 0, column] = np.bincount(hour[mine], minlength=HOURS)
            table[step, :, 1, column] = np.bincount(hour[mine & ordered], minlength=HOURS)
    return table


def codes(bucket: Floats, weight: float) -> Counts:
    """Give the arms of buckets as numbers."""
    names = assignment_many.arms(bucket, weight)
    return np.select([names == name for name in CODES], list(CODES.values()))


def over_steps(log_e: Floats, count: int) -> Floats:
    """Multiply the steps of each release as they go: what earlier steps came to stays."""
    by_step = log_e.reshape(count, len(RAMP), HOURS)
    before = np.cumsum(by_step[:, :, -1], axis=1) - by_step[:, :, -1]
    return (by_step + before[:, :, None]).reshape(count, -1)


def effects_of(tables: Counts) -> Floats:
    """Estimate the difference of each ramp step by step, all as shares of what the control brings on average."""
    arms = [[Sums.of_orders(*table.sum(axis=1)[:, :, column].T) for column in range(len(COMPARED))] for table in tables]
    found = [(intervals.difference(*pair), intervals.of_control(*pair)) for pair in arms]
    values = np.array([(new.value, old.value) for new, old in found if new and old])
    return np.asarray(values[:, 0] / values[:, 1].mean(), dtype=np.float64)


# Weeks after a rollback


def recovery_rows(count: int) -> list[Row]:
    """Say how often weeks that differ anyway are taken for orders that stay away, and how often these are found."""
    found = [
        at_most(
            SUBJECT,
            f"after a rollback, weeks differ by {swing:.0%}, {orders:,} orders a week: still failing without a fault",
            recovery(count, swing=swing, orders=orders)[0],
            before_after.ALPHA,
        )
        for swing in (0.0, 0.1, 0.2, 0.4)
        for orders in (5, 50, 3_000)
    ]
    lost = recovery(count, swing=0.1, orders=3_000, lost=0.4)
    back = recovery(count, swing=0.02, orders=3_000)
    a_tenth_lost = recovery(count, swing=0.1, orders=3_000, lost=0.1)
    return [
        *found,
        at_most(SUBJECT, "weeks differ by 10 %, 10 % fewer orders: recovered", a_tenth_lost[1], before_after.ALPHA),
        at_least(SUBJECT, "weeks differ by 10 %, 40 % fewer orders: still failing", lost[0], 0.8),
        told(SUBJECT, "weeks differ by 2 %, as many orders: recovered", back[1]),
        told(
            SUBJECT,
            "weeks differ by 10 % and last (AR .5): still failing without a fault",
            recovery(count, swing=0.1, orders=3_000, memory=0.5)[0],
        ),
    ]


def recovery(
    count: int,
    *,
    swing: float,
    orders: float,
    lost: float = 0.0,
    memory: float = 0.0,
    weeks: int = 8,
    margin: float = 0.1,
    rate: float = 0.02,
    seed: int = 0,
) -> tuple[float, float]:
    """Return how often orders are said to stay away, and to be back, at any of the looks.

    Weeks have a level of their own, lognormal with this spread and lag-1 correlation; units and orders are counted.
    """
    rng = np.random.default_rng(seed)
    level = np.exp(swing * remembered(rng, (count, weeks + 2), memory) - swing**2 / 2)
    level[:, weeks:] *= 1 - lost
    units = np.maximum(rng.poisson(orders / rate / 7, (count, weeks + 2, 7)), 1)
    ordered = rng.binomial(units, np.minimum(rate * level, 1.0)[:, :, None])
    failing, recovered = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    for days in before_after.LOOKS:
        counts = [each[:, :, : min(days, 7)].sum(axis=2) for each in (ordered, units)]
        later = slice(weeks, weeks + (days + 6) // 7)
        found = before_after.ratio([each[:, :weeks] for each in counts], [each[:, later] for each in counts])
        failing |= found.high < 1
        recovered |= found.low > 1 - margin
    return float(failing.mean()), float(recovered.mean())


def remembered(rng: np.random.Generator, shape: tuple[int, int], memory: float) -> Floats:
    """Draw rows of normal values, each depending on the one before."""
    values = rng.standard_normal(shape)
    for week in range(1, shape[1]):
        values[:, week] = memory * values[:, week - 1] + np.sqrt(1 - memory**2) * values[:, week]
    return values


# What takes a version away from a test


def budget_rows(count: int) -> list[Row]:
    """Say how often an A/B test of two versions that are alike is ended by itself, by anything."""
    found = [
        at_most(SUBJECT, f"A/B at {rate:.1%}, {weight:.0%} of shoppers: ended without a fault", share, 0.05)
        for rate, weight in ((0.005, 0.5), (0.02, 0.05), (0.1, 0.5))
        for share in [ended(count, rate, weight)]
    ]
    return [*found, told(SUBJECT, "A/B at 3 %, 20 % fewer orders: ended", ended(count, 0.03, 0.5, lost=0.2))]


def ended(count: int, rate: float, weight: float, *, lost: float = 0.0, blocks: int = 150, seed: int = 0) -> float:
    """Return the share of A/B tests that harm, the interval or a guardrail ends, looked at with each block.

    Tests run for twice their planned size; 0.2 % of units fail, 1 % wait, 3 % of orders are refunded in both arms.
    """
    rng = np.random.default_rng(seed)
    size = ab.planned_size(Traffic("randomised", rate=rate))
    canary = rng.poisson(2 * size / blocks, (count, blocks))
    control = rng.poisson(2 * size / blocks * assignment.CONTROL_FROM / weight, (count, blocks))
    ordered = rng.binomial(control, rate), rng.binomial(canary, (1 - lost) * rate)
    limit = limits.HARM_PER_GUARDRAIL * 3
    over = weighed(control, ordered[0], canary, ordered[1]) >= np.log(limits.HARM_COMPARED)
    for among, bad in (((control, canary), 0.002), ((control, canary), 0.01), (ordered, 0.03)):
        good = [each - rng.binomial(each, bad) for each in among]
        over |= weighed(among[0], good[0], among[1], good[1]) >= np.log(limit)
    planned = round(size * (weight + assignment.CONTROL_FROM) / weight)
    return float(np.mean((over | is_worse(control, ordered[0], canary, ordered[1], planned)).any(axis=1)))


def weighed(control: Counts, control_good: Counts, canary: Counts, canary_good: Counts) -> Floats:
    """Weigh harm of many tests, a row each."""
    group = np.repeat(np.arange(len(control)), control.shape[1])
    good, all_control, canary_good, all_canary = (each.ravel() for each in (control_good, control, canary_good, canary))
    return sequential.harm_log_e(good, all_control, canary_good, all_canary, group).reshape(control.shape)


def is_worse(
    control: Counts, ordered: Counts, canary: Counts, canary_ordered: Counts, planned: int
) -> NDArray[np.bool_]:
    """Tell at which looks the interval that ends a test lies below zero, as `intervals` gives it for one step."""
    n0, x0, n1, x1 = (np.cumsum(each, axis=1, dtype=np.float64) for each in (control, ordered, canary, canary_ordered))
    enough = (x0 >= intervals.MIN_ORDERS) & (x1 >= intervals.MIN_ORDERS)
    with np.errstate(invalid="ignore", divide="ignore"):
        old, new = x0 / n0, x1 / n1
        variances = [x * (1 - x / n) / (n - 1) / n for x, n in ((x0, n0), (x1, n1))]
        se = np.sqrt(variances[1] + variances[0] * (new / old) ** 2) / old
        half = intervals.half_width(se, n0 + n1, planned, limits.INTERVAL_ALPHA)
        return np.asarray(enough & (new / old - 1 + half < 0))


# What a step may lose


def loss_rows(count: int) -> list[Row]:
    """Say how often what a unit brings is above its bound, on ramps during which everything sells twice as well."""
    return [
        at_most(SUBJECT, "what a unit brings, above its bound while sales double", above_bound(count), 0.025),
        told(SUBJECT, "the same from pooled totals", above_bound(count, pools=True)),
    ]


def above_bound(count: int, *, pools: bool = False, seed: int = 0) -> float:
    """Return the share of ramps whose units, as the canary is made up of them, bring more than the bound says."""
    rng = np.random.default_rng(seed)
    rate, control_units = np.array([0.03, 0.06]), np.array([20_000, 20_000])
    canary_units, price = np.array([2_000, 20_000]), 3_000.0
    truth = float(canary_units @ (rate * price) / canary_units.sum())
    missed = 0
    for _ in range(count):
        orders = rng.binomial(control_units, rate)
        control = Sums.of(control_units, price * orders, price**2 * orders)
        if pools:
            control, canary = control.by([0, 0]), Sums.of(canary_units, 0 * rate, 0 * rate).by([0, 0])
        else:
            canary = Sums.of(canary_units, 0 * rate, 0 * rate)
        bound = intervals.of_control(control, canary)
        upper = bound.upper(62_000, intervals.ALPHA / 2) if bound else None
        missed += upper is not None and upper < truth
    return missed / count


# What is said before a test starts


def power_rows(count: int) -> list[Row]:
    """Say how far the power that pages tell is from the one that the e-process has."""
    far = [abs(error) for orders in (30, 60, 500) for error in power_errors(count, orders)]
    few = [abs(error) for error in power_errors(count, 15)]
    return [
        at_most(SUBJECT, "power where losses are found more often than not, from 30 orders on: error", max(far), 0.15),
        told(SUBJECT, "the same with 15 orders", max(few)),
    ]


def power_errors(count: int, orders: int, rates: Sequence[float] = (0.005, 0.02, 0.1), seed: int = 1) -> list[float]:
    """Compare what is said with what is found, for losses that are found more often than not."""
    errors = []
    for rate in rates:
        for weight in (0.05, 0.5):
            canary = orders / rate
            control = canary * assignment.CONTROL_FROM / weight
            for loss in (0.2, 0.4, 0.6, 0.8, 1.0):
                found = found_by_harm(count, control, canary, rate, loss, seed=seed)
                if found > 0.5:
                    errors.append(power.harm_power(control, canary, rate, loss) - found)
    return errors


def found_by_harm(
    count: int, control: float, canary: float, rate: float, loss: float, *, blocks: int = 168, seed: int = 1
) -> float:
    """Return how often a loss is found within so many units, looked at with each block."""
    rng = np.random.default_rng(seed)
    units = [rng.poisson(each / blocks, (count, blocks)) for each in (control, canary)]
    ordered = rng.binomial(units[0], rate), rng.binomial(units[1], (1 - loss) * rate)
    log_e = weighed(units[0], ordered[0], units[1], ordered[1])
    return float(np.mean(log_e.max(axis=1) >= np.log(power.HARM_LIMIT)))
