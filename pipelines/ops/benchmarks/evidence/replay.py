"""Whether a replay finds what a policy earns: stores of many kinds, the truth by brute force (METHODS 4h)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.quantiles import negative_binomial_quantile, sum_variance
from pipelines.usecases.demand_forecast.ordering import FloatArray, IntArray, Policy, Terms, rounded_order, terms
from pipelines.usecases.demand_forecast.replay import HISTORY_BEFORE_START, Rates, replay
from pipelines.usecases.demand_forecast.replay_result import Difference

YEAR = 280  # days before the counted ones in a store that knows a year
LONG = 364  # days of brute force before anything is counted
DISPERSION = 2.0
ERROR = 0.3
Units = NDArray[np.float32]
Forecast = Callable[[Units, int], FloatArray]


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


def last_days(days: int, times: float = 1.0, noise: float = 0.0, seed: int = 0) -> Forecast:
    """Forecast a day's units by the mean of the last days, too high or low by a factor, and with noise."""

    def per_day(units: Units, day: int) -> FloatArray:
        mean = units[:, max(0, day - days) : day].mean(axis=1, dtype=np.float64) * times
        if noise:
            random = np.random.default_rng((seed, day, int(units[:, day - 1].sum())))
            mean = mean * np.exp(random.normal(0, noise, mean.size) - noise**2 / 2)
        return mean

    return per_day


def levels(units: Units, day: int, forecast: Forecast, rules: Terms) -> FloatArray:
    """Order up to the service-level quantile of the forecast."""
    mean = forecast(units, day) * rules.protection_days
    mean = np.where(
        mean > 0, np.exp(np.round(np.log(np.maximum(mean, 1e-9)) * 50) / 50), 0.0
    )  # steps of 2 %: few kinds
    each, where = np.unique(mean, return_inverse=True)
    quantile = negative_binomial_quantile(each, sum_variance(each, DISPERSION, ERROR), 0.95)
    return quantile[where]


def policy_of(units: Units, forecast: Forecast, rules: Terms) -> Policy:
    """Give a policy as the replay asks it."""

    def policy(day: int, rows: IntArray) -> FloatArray:
        return levels(units, day, forecast, rules)[rows]

    return policy


def brute_force(units: Units, forecast: Forecast, rules: Terms, first_counted: int, rates: Rates) -> FloatArray:
    """Run one policy plainly, from empty shelves through a long time before anything is counted; profit by row."""
    rows = np.arange(len(units))
    stock, due = np.zeros(rows.size), np.zeros((int(rules.lead_time_days.max()) + 1, rows.size))
    earned = np.zeros(rows.size)
    generous = 90 * units[:, first_counted:].mean(axis=1, dtype=np.float64)
    for day in range(HISTORY_BEFORE_START, units.shape[1]):
        stock += due[day % len(due)]
        due[day % len(due)] = 0
        asked = rows[(day - first_counted) % rules.review_days == 0]
        if asked.size:
            need = (levels(units, day, forecast, rules) - stock - due.sum(axis=0))[asked]
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
    shop: Shop, mine: Forecast, other: Forecast, random: np.random.Generator, stores: int, history: int = YEAR
) -> tuple[Difference, ...]:
    """Replay many pasts of a store by the production code, each a group of its own."""
    kind = shop.kind
    units = sales(shop, history + 7 * kind.weeks, history, random, stores)
    store = np.repeat(np.arange(stores), kind.variants)
    rules = shop.terms.take(np.tile(np.arange(kind.variants), stores))
    rules = changed(rules, service_level=rules.service_level + 1e-6 * store)  # no store fills another one's shelves
    policies = {"candidate": policy_of(units, mine, rules), "naive": policy_of(units, other, rules)}
    groups = {str(place): store == place for place in range(stores)}
    found = replay(units, rules, policies, first_counted=history, first_day=date(2026, 1, 5), groups=groups)
    return found.versus["naive"][1:]
