"""Whether a replay finds what a policy earns: stores of many kinds, the truth by brute force (METHODS 4h)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.evidence import Row
from pipelines.stats.inference.quantiles import negative_binomial_quantile, sum_variance
from pipelines.usecases.demand_forecast.judging.replay import HISTORY_BEFORE_START, Rates, replay
from pipelines.usecases.demand_forecast.judging.replay_result import THIN_VARIANTS, Difference
from pipelines.usecases.demand_forecast.ordering.policies import (
    FloatArray,
    IntArray,
    Policy,
    Terms,
    rounded_order,
    terms,
)

YEAR = 280  # days before the counted ones in a store that knows a year
YOUNG = 98  # the fewest with which every variant can be warmed up
LONG = 364  # days of brute force before anything is counted
DISPERSION, ERROR, STEPS = 2.0, 0.3, 50
SUBJECT, TOLD = "replay", "told, not promised"
Units = NDArray[np.float32]
Forecast = Callable[[FloatArray, int], FloatArray]


@dataclass(frozen=True)
class Kind:
    """What sort of store is generated."""

    name: str
    variants: int = 150
    per_day: float = 0.7  # median units of a variant
    spread: float = 1.0  # of the logarithms of the variants' means
    law: str = "poisson"  # or gamma-mixed ("heavy") or lognormal-mixed ("lognormal") days
    week: tuple[float, ...] = (1.0,) * 7
    growth: float = 0.0  # a week
    shock: float = 0.0  # sd of the weekly shock that all variants share
    memory: float = 0.0  # its correlation from week to week
    mixed_terms: bool = False
    history: int = YEAR
    weeks: int = 12


@dataclass(frozen=True)
class Shop:
    """One store's variants."""

    kind: Kind
    per_day: FloatArray
    terms: Terms


def a_shop(kind: Kind, random: np.random.Generator) -> Shop:
    """Draw the variants of a store."""
    n = kind.variants
    per_day = kind.per_day * np.exp(random.normal(0, kind.spread, n))
    price = 2_000 * np.exp(random.normal(0, 0.9, n))
    lead, review, pack, least = np.full(n, 14), np.full(n, 7), np.ones(n), np.zeros(n)
    if kind.mixed_terms:
        lead, review = random.choice([3, 10, 14, 21], n), random.choice([7, 14], n)
        pack, least = random.choice([1, 1, 6, 12], n), random.choice([0, 0, 10], n)
    cost = price * random.uniform(0.3, 0.7, n)
    rules = terms(price, unit_cost=cost, lead_time_days=lead, review_days=review, pack_size=pack, minimum_order=least)
    return Shop(kind, per_day, rules)


def sales(shop: Shop, days: int, first_counted: int, random: np.random.Generator, copies: int = 1) -> Units:
    """Draw the demand of some copies of a store, one under the other: (copies x variants, days)."""
    kind = shop.kind
    at = np.arange(days)
    level = np.asarray(kind.week)[at % 7] * (1 + kind.growth) ** ((at - first_counted) / 7)
    mean = np.tile(shop.per_day, copies)[:, None].astype(np.float32) * level.astype(np.float32)
    if kind.shock:
        mean = mean * np.repeat(shocks(kind, days, random, copies), kind.variants, axis=0)
    if kind.law == "heavy":
        mean = mean * random.standard_gamma(0.3, mean.shape, dtype=np.float32) / np.float32(0.3)
    if kind.law == "lognormal":
        mean = mean * np.exp(1.2 * random.standard_normal(mean.shape, dtype=np.float32) - np.float32(0.72))
    return random.poisson(mean).astype(np.float32)


def shocks(kind: Kind, days: int, random: np.random.Generator, copies: int) -> Units:
    """Draw what moves all variants of a store together, week by week."""
    weeks = -(-days // 7)
    steps = random.normal(0, 1, (copies, weeks))
    level = steps.copy()
    for week in range(1, weeks):
        level[:, week] = kind.memory * level[:, week - 1] + np.sqrt(1 - kind.memory**2) * steps[:, week]
    return np.repeat(np.exp(kind.shock * level - kind.shock**2 / 2), 7, axis=1)[:, :days].astype(np.float32)


def added_up(units: Units) -> FloatArray:
    """Give what was sold before each day since the first: (rows, days + 1)."""
    return np.concatenate([np.zeros((len(units), 1)), units.cumsum(axis=1, dtype=np.float64)], axis=1)


def last_days(days: int, times: float = 1.0, noise: float = 0.0, seed: int = 0) -> Forecast:
    """Forecast a day's units by the mean of the last days, too high or low by a factor, and with noise."""

    def per_day(past: FloatArray, day: int) -> FloatArray:
        back = min(days, day)
        mean = (past[:, day] - past[:, day - back]) / back * times
        if noise:
            random = np.random.default_rng((seed, day, int(past[:, day].sum())))
            mean = mean * np.exp(random.normal(0, noise, mean.size) - noise**2 / 2)
        return mean

    return per_day


@lru_cache(maxsize=1)
def quantiles() -> FloatArray:
    """Give the 95 % quantile of means that grow by 2 % from one ten-thousandth on."""
    mean = 1e-4 * np.exp(np.arange(1_000) / STEPS)
    return negative_binomial_quantile(mean, sum_variance(mean, DISPERSION, ERROR), 0.95)


@dataclass(frozen=True)
class UpTo:
    """Order up to a level, whatever is on hand or on its way, and whatever will be lost before the order arrives."""

    order_up_to: FloatArray

    def missing(self, on_hand: FloatArray, receipts: FloatArray) -> FloatArray:
        """Give what is missing up to the level."""
        return np.asarray(self.order_up_to - on_hand - receipts.sum(axis=0))


def levels(past: FloatArray, day: int, forecast: Forecast, rules: Terms) -> FloatArray:
    """Order up to the service-level quantile of the forecast."""
    mean = forecast(past, day) * rules.protection_days
    step = np.rint(np.log(np.maximum(mean, 1e-4) * 1e4) * STEPS).astype(np.int64)
    return np.where(mean > 0, quantiles()[step], 0.0)


def policy_of(units: Units, forecast: Forecast, rules: Terms) -> Policy:
    """Give a policy as the replay asks it."""
    past = added_up(units)

    def policy(day: int, rows: IntArray) -> UpTo:
        return UpTo(levels(past, day, forecast, rules)[rows])

    return policy


def brute_force(units: Units, forecast: Forecast, rules: Terms, first_counted: int, rates: Rates) -> FloatArray:
    """Run one policy plainly, from empty shelves through a long time before anything is counted; profit by row."""
    rows, past = np.arange(len(units)), added_up(units)
    stock, due = np.zeros(rows.size), np.zeros((int(rules.lead_time_days.max()) + 1, rows.size))
    earned = np.zeros(rows.size)
    generous = 90 * units[:, first_counted:].mean(axis=1, dtype=np.float64)
    for day in range(HISTORY_BEFORE_START, units.shape[1]):
        stock += due[day % len(due)]
        due[day % len(due)] = 0
        asked = rows[(day - first_counted) % rules.review_days == 0]
        if asked.size:
            need = (levels(past, day, forecast, rules) - stock - due.sum(axis=0))[asked]
            packs = rounded_order(need, rules.pack_size[asked], rules.minimum_order[asked])
            due[(day + rules.lead_time_days[asked]) % len(due), asked] += packs
        sold = np.minimum(units[:, day], stock)
        stock -= sold
        if day >= first_counted:
            earned += rules.margin * sold - rates.holding / 365 * rules.unit_cost * stock
            earned -= rates.markdown / 90 * rules.unit_cost * np.maximum(stock - generous, 0)
    return earned


def truth(shop: Shop, mine: Forecast, other: Forecast, random: np.random.Generator, copies: int) -> float:
    """Give what one forecast earns more than another on such a store, on average over many of its pasts."""
    days = LONG + 7 * shop.kind.weeks
    units = sales(shop, days, LONG, random, copies)
    rules = shop.terms.take(np.tile(np.arange(shop.kind.variants), copies))
    gain = brute_force(units, mine, rules, LONG, Rates()) - brute_force(units, other, rules, LONG, Rates())
    return float(gain.sum() / copies)


def replayed(
    shop: Shop, mine: Forecast, other: Forecast, random: np.random.Generator, stores: int
) -> tuple[Difference, ...]:
    """Replay many pasts of a store by the production code, each a group of its own."""
    kind, history = shop.kind, shop.kind.history
    units = sales(shop, history + 7 * kind.weeks, history, random, stores)
    store = np.repeat(np.arange(stores), kind.variants)
    rules = shop.terms.take(np.tile(np.arange(kind.variants), stores))
    rules = changed(rules, service_level=rules.service_level + 1e-6 * store)  # no store fills another one's shelves
    policies = {"candidate": policy_of(units, mine, rules), "naive": policy_of(units, other, rules)}
    groups = {str(place): store == place for place in range(stores)}
    found = replay(units, rules, policies, first_counted=history, first_day=date(2026, 1, 5), groups=groups)
    return found.versus["naive"][1:]


KINDS = (
    Kind("plain"),
    Kind("slow", per_day=0.04),
    Kind("own terms each", mixed_terms=True),
    Kind("heavy tails", law="heavy"),
    Kind("shared shocks, AR .5", shock=0.25, memory=0.5),
    Kind("young", history=YOUNG),
    Kind("fast", per_day=5.0, variants=120),
    Kind("wide range", variants=200, per_day=0.3, spread=1.6),
    Kind("week with peaks", week=(0.7, 0.8, 0.9, 1.0, 1.1, 1.4, 1.1)),
    Kind("growing", growth=0.02),
    Kind("lognormal days", law="lognormal"),
    Kind("shared shocks", shock=0.25),
    Kind("shared shocks, AR .7", shock=0.25, memory=0.7),
    Kind("40 variants", variants=40),
    Kind("15 variants", variants=15),
)
SHORT = 6  # kinds of the short form
MEAN_OF_8_WEEKS, LAST_WEEK = last_days(56), last_days(7)
PAIRS: Mapping[str, tuple[Forecast, Forecast]] = {
    "better": (MEAN_OF_8_WEEKS, LAST_WEEK),
    "as good": (last_days(28, noise=0.3, seed=1), last_days(28, noise=0.3, seed=2)),
    "worse": (last_days(28, noise=0.5, seed=1), last_days(28, noise=0.3, seed=2)),
    "too low": (last_days(28, times=0.6), last_days(28)),
}
NOT_BETTER = ("as good", "worse", "too low")
MOST_BIAS, LEAST_OF_A_KIND, MOST_WRONG = 0.15, 0.87, 0.025
LEAST_COVERAGE = {12: 0.92, 8: 0.90}


@dataclass(frozen=True)
class Found:
    """What the replays of one kind of store and one pair of forecasts found."""

    kind: Kind
    pair: str
    bias: float  # of the gain, in its own spread
    covered: float
    called_better: float | None  # of the stores whose candidate truly earns no more; nothing where there is none

    @property
    def name(self) -> str:
        return f"{self.kind.name}, {self.pair}, {self.kind.weeks} weeks"

    @property
    def is_promised(self) -> bool:
        """Tell whether the promise is about such stores: a hundred variants, weeks that hardly go together."""
        return self.kind.variants >= THIN_VARIANTS and self.kind.memory < 0.7


def measured(kind: Kind, pair: str, shops: int, stores: int, copies: int) -> Found:
    """Replay some pasts of some stores of a kind, each beside the truth about it."""
    mine, other = PAIRS[pair]
    off, covered, praised = [], [], []
    for number in range(shops):
        random = np.random.default_rng((number, kind.weeks, *map(ord, kind.name + pair)))
        shop = a_shop(kind, random)
        right = 0.0 if pair == "as good" else truth(shop, mine, other, random, copies)
        found = replayed(shop, mine, other, random, stores)
        gains = np.array([store.profit for store in found])
        bounds = np.array([store.interval for store in found])
        off.append((gains.mean() - right) / max(gains.std(ddof=1), 1e-9))
        covered.append(np.mean((bounds[:, 0] <= right) & (right <= bounds[:, 1])))
        if pair in NOT_BETTER and right <= 0:
            praised.append(np.mean(bounds[:, 0] > 0))
    called_better = float(np.mean(praised)) if praised else None
    return Found(kind, pair, float(np.mean(off)), float(np.mean(covered)), called_better)


def rows(quick: bool) -> list[Row]:
    """Measure bias, coverage and false praise by kind of store; a short form looks at fewer kinds and stores."""
    kinds, size = (KINDS[:SHORT], (5, 12, 20)) if quick else (KINDS, (20, 20, 30))
    pairs = {12: ["better", "worse"] if quick else list(PAIRS), 8: ["worse"] if quick else ["better", "worse"]}
    found = [
        measured(changed(kind, weeks=weeks), pair, *size)
        for weeks, some in pairs.items()
        for kind in kinds
        for pair in some
    ]
    return [*in_all(found), *(row for case in found for row in of_a_case(case, *size))]


def in_all(found: list[Found]) -> Iterator[Row]:
    """Yield what is promised on average over stores."""
    for weeks, least in LEAST_COVERAGE.items():
        share = float(np.mean([case.covered for case in found if case.is_promised and case.kind.weeks == weeks]))
        yield Row(SUBJECT, f"range holds the truth, {weeks} weeks, all kinds", share, f">= {least:g}", share >= least)


def of_a_case(case: Found, shops: int, stores: int, copies: int) -> Iterator[Row]:
    """Yield what is promised of every kind, allowing for how few stores and pasts of the truth were drawn."""
    promised = case.is_promised
    bias = abs(case.bias) <= MOST_BIAS + 2 * np.sqrt(1 / (shops * stores) + 1 / (shops * copies)) if promised else None
    chance = 1 / (2 * np.sqrt(shops * stores))  # of a share, two standard deviations
    within, least = (f"within {MOST_BIAS:g}", f">= {LEAST_OF_A_KIND:g}") if promised else (TOLD, TOLD)
    yield Row(SUBJECT, f"bias of the gain by its spread: {case.name}", case.bias, within, bias)
    enough = case.covered >= LEAST_OF_A_KIND - chance if promised else None
    yield Row(SUBJECT, f"range holds the truth: {case.name}", case.covered, least, enough)
    if case.called_better is not None:
        right = case.called_better <= MOST_WRONG + chance
        yield Row(SUBJECT, f"no better called better: {case.name}", case.called_better, f"<= {MOST_WRONG:g}", right)
