"""The store's own past in money: an order-up-to policy run day by day, beside the simple rule (METHODS 4h)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.significance import MIN_WEEKS, bootstrap_total
from pipelines.usecases.demand_forecast.ordering import FloatArray, IntArray, Policy, Terms, rounded_order
from pipelines.usecases.demand_forecast.replay_result import Difference, Outcome, Replay

BoolArray = NDArray[np.bool_]
Panel = NDArray[np.floating[Any]]

ALL = "All variants"
HISTORY_BEFORE_START = 14
GENEROUS_COVER = 90


@dataclass(frozen=True)
class Rates:
    """What stock costs, as shares of unit cost: holding it for a year, and marking down what is left."""

    holding: float = 0.25
    markdown: float = 0.20


def replay(
    demand: Panel,
    terms: Terms,
    policies: Mapping[str, Policy],
    *,
    first_counted: int,
    first_day: date,
    opening_stock: FloatArray | None = None,
    rates: Rates = Rates(),
    groups: Mapping[str, BoolArray] | None = None,
    day_groups: Mapping[str, BoolArray] | None = None,
    imputed: BoolArray | None = None,
    seed: int = 0,
) -> Replay:
    """Run each policy over the panel's days from `first_counted` on and price what it would have done.

    `demand` is the whole panel (variants x days) with days without stock filled; `policies` holds at least
    `candidate` and `naive`; `first_day` is the date of column `first_counted`; `groups` are masks over variants,
    `day_groups` over columns; `imputed` marks the filled days.
    """
    _check(demand, terms, policies)
    kept = np.flatnonzero(first_counted - terms.lead_time_days >= HISTORY_BEFORE_START)
    weeks = max(0, demand.shape[1] - first_counted) // 7
    counted = slice(first_counted, first_counted + 7 * weeks)
    facts = {"first_day": first_day, "weeks": weeks, "history_days": demand.shape[1], "seed": seed}
    facts |= {"variants": kept.size, "left_out": len(demand) - kept.size, "reason": _unmeasured(weeks, kept.size)}
    if not kept.size or not weeks:
        return Replay(**facts, outcomes={}, versus={}, imputed_share=0.0)
    masks = {name: mask[kept] for name, mask in (groups or {}).items()}
    stage = _Stage(demand, terms, kept, counted, rates, {ALL: np.ones(kept.size, dtype=np.bool_), **masks})
    opening = stage.opening_stock(opening_stock, policies["naive"])
    runs = {name: stage.run(policy, opening) for name, policy in policies.items()}
    days = {name: mask[counted] for name, mask in (day_groups or {}).items()}
    return Replay(
        **facts,
        outcomes={name: stage.outcome(run) for name, run in runs.items()},
        versus={
            name: _differences(runs["candidate"], run, stage.group_sizes, days, seed)
            for name, run in runs.items()
            if name != "candidate"
        },
        imputed_share=0.0 if imputed is None else float(np.mean(imputed[kept, counted])),
    )


def _check(demand: Panel, terms: Terms, policies: Mapping[str, Policy]) -> None:
    if not np.all(demand >= 0):
        raise ValueError("demand must be known and not negative on every day of the panel")
    if len(terms.price) != len(demand):
        raise ValueError("terms need one value per variant")
    if not {"candidate", "naive"} <= set(policies):
        raise ValueError("a replay compares a candidate with the naive rule")


def _unmeasured(weeks: int, variants: int) -> str | None:
    """Say why there is no interval, if there is none."""
    if not variants:
        return f"No variant has {HISTORY_BEFORE_START} days of sales before its replay would start."
    if weeks < MIN_WEEKS:
        return f"{weeks} of at least {MIN_WEEKS} complete weeks to replay."
    return None


@dataclass(frozen=True)
class _Run:
    """One policy's money, group by day, and its units."""

    gross: FloatArray  # margin of all demand
    too_little: FloatArray
    too_much: FloatArray
    markdown: float
    units_lost: float
    overstock_value: float

    @property
    def profit(self) -> FloatArray:
        return self.gross - self.too_little - self.too_much


@dataclass(frozen=True)
class _Stage:
    """What all policies share: demand, terms, calendar and groups of the variants that take part."""

    demand: Panel
    terms_of_all: Terms
    kept: IntArray
    counted: slice
    rates: Rates
    groups: Mapping[str, BoolArray]

    @cached_property
    def terms(self) -> Terms:
        return self.terms_of_all.take(self.kept)

    @cached_property
    def starts(self) -> IntArray:
        """Give each variant's first day: its lead time before the first counted day."""
        return np.asarray(self.counted.start - self.terms.lead_time_days, dtype=np.int64)

    @cached_property
    def wanted(self) -> FloatArray:
        """Give demand with days first, from the earliest start to the end: a day is one piece of memory."""
        first = int(self.starts.min())
        wanted = np.array(self.demand[self.kept, first : self.counted.stop].T, dtype=np.float64, order="C")
        wanted[np.arange(first, self.counted.stop)[:, None] < self.starts] = 0.0
        return wanted

    @cached_property
    def wanted_in_counted_days(self) -> FloatArray:
        return self.wanted[self.counted.start - self.counted.stop :]

    @cached_property
    def group_rows(self) -> FloatArray:
        return np.array(list(self.groups.values()), dtype=np.float64)

    @property
    def group_sizes(self) -> dict[str, int]:
        return {name: int(mask.sum()) for name, mask in self.groups.items()}

    def opening_stock(self, recorded: FloatArray | None, naive: Policy) -> FloatArray:
        """Open with the recorded stock where it is known, else with what the simple rule would hold."""
        opening = np.empty(self.kept.size)
        for day in np.unique(self.starts):
            rows = np.flatnonzero(self.starts == day)
            opening[rows] = naive(int(day), self.kept[rows])
        if recorded is None:
            return opening
        stock = recorded[self.kept]
        return np.where(np.isnan(stock), opening, np.maximum(stock, 0.0))

    def run(self, policy: Policy, opening: FloatArray) -> _Run:
        """Walk through the days: receive, review, sell, charge."""
        shelf = _Shelf(opening, self.terms, self.starts)
        charges = np.zeros((3, len(self.groups), self.counted.stop - self.counted.start))
        units_lost = 0.0
        for day, wanted in enumerate(self.wanted, start=int(self.starts.min())):
            shelf.receive(day)
            rows = shelf.due_for_review(day)
            if rows.size:
                shelf.order(day, rows, policy(day, self.kept[rows]))
                shelf.receive(day)  # what needs no lead time is there at once
            lost = shelf.sell(wanted)
            if day >= self.counted.start:
                charges[:, :, day - self.counted.start] = self._charge(wanted, lost, shelf.on_hand)
                units_lost += float(lost.sum())
        return self._closed(shelf.on_hand, charges, units_lost)

    def _charge(self, wanted: FloatArray, lost: FloatArray, on_hand: FloatArray) -> FloatArray:
        margin, unit_cost = self.terms.margin, self.terms.unit_cost
        holding = self.rates.holding / 365 * unit_cost * on_hand
        money = np.array([margin * wanted, margin * lost, holding])
        return np.asarray(money @ self.group_rows.T)

    def _closed(self, on_hand: FloatArray, charges: FloatArray, units_lost: float) -> _Run:
        """Mark down, once, what is left above a generous cover."""
        generous = GENEROUS_COVER * self.wanted_in_counted_days.mean(axis=0)
        overstock = np.maximum(0.0, on_hand - generous) * self.terms.unit_cost
        gross, too_little, too_much = charges
        too_much[:, -1] += self.rates.markdown * (self.group_rows @ overstock)
        value = float(overstock.sum())
        return _Run(gross, too_little, too_much, self.rates.markdown * value, units_lost, value)

    def outcome(self, run: _Run) -> Outcome:
        """Add up one policy's money over all variants."""
        return Outcome(
            weekly_profit=_by_week(run.profit[0]),
            units_sold=float(self.wanted_in_counted_days.sum()) - run.units_lost,
            units_lost=run.units_lost,
            too_little=float(run.too_little[0].sum()),
            holding=float(run.too_much[0].sum()) - run.markdown,
            markdown=run.markdown,
            overstock_value=run.overstock_value,
        )


class _Shelf:
    """Stock on hand and on order of every variant."""

    def __init__(self, opening: FloatArray, terms: Terms, starts: IntArray) -> None:
        self.on_hand = opening.copy()
        self.on_order = np.zeros_like(opening)
        self.terms, self.starts = terms, starts
        self.arriving = np.zeros((int(terms.lead_time_days.max()) + 1, opening.size))

    def receive(self, day: int) -> None:
        delivery = self.arriving[day % len(self.arriving)]
        self.on_hand += delivery
        self.on_order -= delivery
        delivery[:] = 0.0

    def due_for_review(self, day: int) -> IntArray:
        since = day - self.starts
        return np.flatnonzero((since >= 0) & (since % self.terms.review_days == 0))

    def order(self, day: int, rows: IntArray, level: FloatArray) -> None:
        if not np.all(level >= 0):
            raise ValueError(f"the policy gives no order-up-to level on day {day}")
        need = level - self.on_hand[rows] - self.on_order[rows]
        units = rounded_order(need, self.terms.pack_size[rows], self.terms.minimum_order[rows])
        self.arriving[(day + self.terms.lead_time_days[rows]) % len(self.arriving), rows] += units
        self.on_order[rows] += units

    def sell(self, wanted: FloatArray) -> FloatArray:
        """Sell what is there and give what was wanted in vain."""
        sold = np.minimum(wanted, self.on_hand)
        self.on_hand -= sold
        return wanted - sold


def _by_week(daily: FloatArray) -> FloatArray:
    return np.asarray(daily.reshape(*daily.shape[:-1], -1, 7).sum(axis=-1))


def _differences(
    candidate: _Run, other: _Run, sizes: Mapping[str, int], day_groups: Mapping[str, BoolArray], seed: int
) -> tuple[Difference, ...]:
    daily = candidate.profit - other.profit
    names = [*sizes, *day_groups]
    counts = [*sizes.values(), *(sizes[ALL] for _ in day_groups)]
    rows = np.vstack([daily, *(np.where(days, daily[0], 0.0) for days in day_groups.values())])
    weekly = _by_week(rows)
    return tuple(
        _difference(name, count, by_week, seed) for name, count, by_week in zip(names, counts, weekly, strict=True)
    )


def _difference(group: str, variants: int, weekly: FloatArray, seed: int) -> Difference:
    interval = bootstrap_total(weekly, seed=seed)
    bounds = None if interval is None else (interval.low, interval.high)
    return Difference(group, variants, float(weekly.sum()), bounds)
