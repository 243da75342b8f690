"""What is said of a hold-out, simulated: a year of months and of days, looked at each time, with heavy-tailed orders.

A shop's rate goes up and down by days, an order is worth a lognormal sum and counts up to what few of the weeks before
exceed. `own_spreads` gives each arm its own spread and nothing else, so that the rates are seen to be able to fail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.evidence import Row, at_most, told
from pipelines.stats.inference import held_out, intervals, power

SUBJECT = "hold-outs"
YEAR, MONTH = 365, 30
PAST = 56  # days of orders by which one is capped
PROMISED = 0.05

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Shop:
    """A shop by its traffic: first sights a day, how many of them order, and how unequal orders are."""

    percent: int
    a_day: int
    rate: float
    tail: float  # spread of the logarithm of what an order is worth
    lift: float = 0.0  # more orders where something is shown

    def __str__(self) -> str:
        return f"{self.percent} % of {self.a_day} a day, {self.rate:.0%} order, spread {self.tail:g}"


SHOPS = (Shop(5, 2_400, 0.03, 1.0), Shop(5, 800, 0.02, 1.5), Shop(20, 300, 0.01, 2.0), Shop(20, 2_400, 0.03, 1.5))


@dataclass(frozen=True)
class Days:
    """Hold what is known at the end of each day, a row for each shop: units, orders, money and its squares by arm."""

    held_out: tuple[Floats, ...]
    shown: tuple[Floats, ...]


@dataclass(frozen=True)
class Missed:
    """Hold how often a range left out the truth at one of the looks at least, by the side on which it lay."""

    too_good: float
    too_bad: float

    @property
    def at_all(self) -> float:
        """Add both sides."""
        return self.too_good + self.too_bad


def rows(quick: bool) -> list[Row]:
    """Simulate everything that is promised of hold-outs."""
    count = 300 if quick else 1_200
    found = [row for shop in SHOPS for row in empty_rows(shop, count)]
    found += [row for shop in SHOPS for row in true_rows(shop, count)]
    return [*found, *own_rows(count), *proof_rows(count // 4)]


def empty_rows(shop: Shop, count: int) -> list[Row]:
    """Say how often a year claims something where showing changes nothing."""
    seen = a_year(shop, count)
    found = []
    for looks, name in ((MONTH, "each month"), (1, "each day")):
        orders, sales = missed(seen, shop, looks), missed_sales(seen, looks)
        found += [
            at_most(SUBJECT, f"{shop}: orders proven in a year without any, {name}", orders.at_all, PROMISED),
            at_most(SUBJECT, f"{shop}: sales proven in a year without any, {name}", sales.at_all, PROMISED),
            told(SUBJECT, f"{shop}: of these, sales added, {name}", sales.too_good),
        ]
    return found


def true_rows(shop: Shop, count: int) -> list[Row]:
    """Say how often the range leaves out what is there."""
    found = []
    for lift, name in ((0.1, "a tenth more"), (-0.3, "three tenths less")):
        changed = replace(shop, lift=lift)
        seen = a_year(changed, count)
        for looks, often in ((MONTH, "each month"), (1, "each day")):
            left_out = missed(seen, changed, looks).at_all
            found.append(
                at_most(SUBJECT, f"{shop}: {name}, left out of the range in a year, {often}", left_out, PROMISED)
            )
        found.append(told(SUBJECT, f"{shop}: {name}, found in a year", proven(seen, MONTH, lift)))
    return found


def own_rows(count: int) -> list[Row]:
    """Say what the same comes to where each arm has its own spread."""
    worst = Shop(5, 800, 0.02, 1.5)
    sales = missed_sales(a_year(worst, count), 1, own_spreads=True)
    return [told(SUBJECT, f"{worst}: sales added without any, own spreads, each day", sales.too_good)]


def proof_rows(count: int) -> list[Row]:
    """Say how far the time that pages tell is from the one it takes, one time in two."""
    found = []
    for shop in (Shop(5, 2_400, 0.03, 1.0, lift=0.1), Shop(20, 2_400, 0.03, 1.0, lift=0.1)):
        said = power.days_until_shown(shop.a_day, shop.percent / 100, shop.rate)
        took = first_day(a_year(shop, count, days=2 * YEAR))
        case = f"{shop}: days until a tenth shows, told {said:.0f}, took {took:.0f}: error"
        found.append(at_most(SUBJECT, case, abs(said / took - 1), 0.25))
    return found


# A year


def a_year(shop: Shop, count: int, *, days: int = YEAR, seed: int = 0) -> Days:
    """Draw so many years of a shop."""
    rng = np.random.default_rng(seed)
    past = np.exp(shop.tail * rng.standard_normal((count, max(10, round(shop.a_day * shop.rate * PAST)))))
    cap = np.quantile(past, 0.995, axis=1)
    rate = shop.rate * np.exp(0.3 * rng.standard_normal((count, days)) - 0.045)
    share = shop.percent / 100
    out = an_arm(rng, shop.a_day * share, rate, shop.tail, cap)
    return Days(out, an_arm(rng, shop.a_day * (1 - share), rate * (1 + shop.lift), shop.tail, cap))


def an_arm(rng: np.random.Generator, a_day: float, rate: Floats, tail: float, cap: Floats) -> tuple[Floats, ...]:
    """Draw one arm; return units, orders, money and its squares as they add up."""
    units = rng.poisson(a_day, rate.shape)
    orders = rng.binomial(units, np.minimum(rate, 1.0))
    place = np.repeat(np.arange(rate.size), orders.ravel())
    worth = np.minimum(np.exp(tail * rng.standard_normal(len(place))), cap[place // rate.shape[1]])
    money, squares = (np.bincount(place, each, rate.size).reshape(rate.shape) for each in (worth, worth**2))
    return tuple(np.cumsum(each, axis=1, dtype=np.float64) for each in (units, orders, money, squares))


# What is said of it, as stats.inference.held_out says it of one share


def ranges(seen: Days, total: int, squares: int, *, own_spreads: bool = False) -> tuple[Floats, Floats, Floats]:
    """Give the difference that a unit makes with its range, NaN while too few ordered; `total` says of what."""
    old, new = (each[0] for each in (seen.held_out, seen.shown))
    n = old + new
    enough = np.minimum(seen.held_out[1], seen.shown[1]) >= intervals.MIN_ORDERS
    sums = [(arm[total], arm[squares]) for arm in (seen.held_out, seen.shown)]
    with np.errstate(invalid="ignore", divide="ignore"):
        value = sums[1][0] / new - sums[0][0] / old
        each = [spread(m, *sum_) for m, sum_ in zip((old, new), sums, strict=True)]
        if not own_spreads:
            both = spread(n, sums[0][0] + sums[1][0], sums[0][1] + sums[1][1])
            each = [np.maximum(mine, both) for mine in each]
        half = intervals.half_width(np.sqrt(each[0] / old + each[1] / new), n, held_out.PLANNED)
    return value, np.where(enough, value - half, np.nan), np.where(enough, value + half, np.nan)


def spread(n: Floats, total: Floats, squares: Floats) -> Floats:
    """Give the variance of a unit."""
    return np.asarray(np.maximum(squares - total**2 / n, 0.0) / (n - 1), dtype=np.float64)


def missed(seen: Days, shop: Shop, looks: int) -> Missed:
    """Say how often the range of orders left out what is true, as a share of what the held out order."""
    _, low, high = ranges(seen, 1, 1)
    brings = seen.shown[1] / seen.shown[0]
    edges = [each / np.maximum(brings - each, brings / held_out.MOST) for each in (low, high)]
    return beside(edges[0] > shop.lift, edges[1] < shop.lift, looks)


def missed_sales(seen: Days, looks: int, *, own_spreads: bool = False) -> Missed:
    """Say how often the range of sales left out zero, where nothing else is true."""
    _, low, high = ranges(seen, 2, 3, own_spreads=own_spreads)
    return beside(low > 0, high < 0, looks)


def beside(too_good: NDArray[np.bool_], too_bad: NDArray[np.bool_], looks: int) -> Missed:
    """Count the years in which any look was wrong."""
    at = slice(looks - 1, None, looks)
    return Missed(float(too_good[:, at].any(axis=1).mean()), float(too_bad[:, at].any(axis=1).mean()))


def proven(seen: Days, looks: int, lift: float) -> float:
    """Say in how many years more orders were proven, or fewer where there are fewer."""
    _, low, high = ranges(seen, 1, 1)
    found = beside(low > 0, high < 0, looks)
    return found.too_good if lift > 0 else found.too_bad


def first_day(seen: Days) -> float:
    """Give the day by which more orders are proven in half of the years."""
    shows = ranges(seen, 1, 1)[1] > 0
    days = np.where(shows.any(axis=1), shows.argmax(axis=1) + 1.0, np.inf)
    return float(np.median(days))
