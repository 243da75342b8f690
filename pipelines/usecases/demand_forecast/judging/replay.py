"""The store's own past in money: an ordering policy run day by day, beside the simple rule (METHODS 4h).

Every policy starts from the stock that it would hold itself and runs for some weeks before anything is counted, so
that no week is won or lost by how the shelves were filled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.inference.significance import TOTAL_WEEKS, total_of
from pipelines.usecases.demand_forecast.judging.replay_result import Difference, PolicyCost, Replay
from pipelines.usecases.demand_forecast.judging.shelf import Shelf, alike
from pipelines.usecases.demand_forecast.ordering.policies import FloatArray, IntArray, Policy, Terms, Wish

BoolArray = NDArray[np.bool_]
Panel = NDArray[np.floating[Any]]
Wishes = dict[int, tuple[IntArray, Wish]]

ALL = "All variants"
HISTORY_BEFORE_START = 14
WARM_UP, SLOW_WARM_UP = 2, 4  # times the days that an order has to last
ROUNDS = 6  # through the warm-up before the warm-up itself, to find a policy's own steady state
RECENT_DAYS = 182
GENEROUS_COVER = 90
FEWEST_IN_A_GROUP = 10  # of fewer, a range is the luck of one of them


@dataclass(frozen=True)
class Rates:
    """What stock costs, as shares of unit cost: holding it for a year, and marking down what will not sell in time.

    The markdown accrues over the 90 days that stock above a generous cover lies too long.
    """

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
) -> Replay:
    """Run each policy over the panel's days from `first_counted` on and price what it would have done.

    `demand` is the whole panel (variants x days) with days without stock filled; `policies` holds at least
    `candidate` and `naive`; `first_day` is the date of column `first_counted`; `opening_stock` is what lay on the
    shelf when each variant's warm-up begins (`starts_of`), NaN where that is not known; `groups` are masks over
    variants, `day_groups` over columns; `imputed` marks the filled days.
    """
    _check(demand, terms, policies)
    starts = starts_of(demand, terms, first_counted)
    kept = np.flatnonzero(starts >= HISTORY_BEFORE_START)
    weeks = max(0, demand.shape[1] - first_counted) // 7
    counted = slice(first_counted, first_counted + 7 * weeks)
    facts = {"first_day": first_day, "weeks": weeks, "history_days": demand.shape[1]}
    facts |= {"variants": kept.size, "left_out": len(demand) - kept.size}
    facts |= {"reason": _unmeasured(weeks, kept.size, demand.shape[1], terms)}
    if facts["reason"]:
        return Replay(**facts | {"weeks": 0}, outcomes={}, versus={}, imputed_share=0.0)
    stage = _Stage(demand, terms.take(kept), kept, starts[kept], counted, rates, day_groups or {})
    runs = {name: stage.run(policy, opening_stock) for name, policy in policies.items()}
    masks = {ALL: np.ones(kept.size, dtype=np.bool_)} | {name: mask[kept] for name, mask in (groups or {}).items()}
    gains = {name: runs["candidate"].profit - run.profit for name, run in runs.items() if name != "candidate"}
    return Replay(
        **facts,
        outcomes={name: stage.outcome(run) for name, run in runs.items()},
        versus={name: _differences(gain, masks, list(day_groups or {})) for name, gain in gains.items()},
        running={name: tuple(_bounds(gain[0][:, : week + 1]) for week in range(weeks)) for name, gain in gains.items()},
        imputed_share=0.0 if imputed is None else float(np.mean(imputed[kept, counted])),
    )


def starts_of(demand: Panel, terms: Terms, first_counted: int) -> IntArray:
    """Give the day on which each variant's warm-up begins: a whole number of reviews before the first counted day.

    What sells less than one unit while an order lasts needs twice as long until its shelf is its policy's own. What
    has not sold at all has an empty shelf.
    """
    recent = demand[:, max(0, first_counted - RECENT_DAYS) : first_counted]
    in_an_order = recent.mean(axis=1, dtype=np.float64) * terms.protection_days
    times = np.where((in_an_order > 0) & (in_an_order < 1), SLOW_WARM_UP, WARM_UP)
    return np.asarray(first_counted - _whole_reviews(times * terms.protection_days, terms), dtype=np.int64)


def days_needed(terms: Terms, times: int = WARM_UP) -> int:
    """Count the days of sales that a replay of these variants needs before its first counted day."""
    return HISTORY_BEFORE_START + int(np.median(_whole_reviews(times * terms.protection_days, terms)))


def _whole_reviews(days: IntArray, terms: Terms) -> IntArray:
    return -(-days // terms.review_days) * terms.review_days


def _check(demand: Panel, terms: Terms, policies: Mapping[str, Policy]) -> None:
    if not np.all(demand >= 0):
        raise ValueError("demand must be known and not negative on every day of the panel")
    if len(terms.price) != len(demand):
        raise ValueError("terms need one value per variant")
    if not {"candidate", "naive"} <= set(policies):
        raise ValueError("a replay compares a candidate with the naive rule")


def _unmeasured(weeks: int, variants: int, days: int, terms: Terms) -> str | None:
    """Say why there is no range, if there is none."""
    if variants and weeks >= TOTAL_WEEKS:
        return None
    times, why = (WARM_UP, "with your lead times") if weeks < TOTAL_WEEKS else (SLOW_WARM_UP, "where so little sells")
    needed = days_needed(terms, times) + 7 * max(weeks, TOTAL_WEEKS)
    return f"A replay of {max(weeks, TOTAL_WEEKS)} weeks needs {needed} days of sales {why}; yours reach back {days}."


@dataclass(frozen=True)
class _Run:
    """One policy's profit by kind of day (all of them first), variant and week, and what made it."""

    profit: FloatArray
    too_little: float
    holding: float
    markdown: float
    units_lost: float
    overstock_value: float


@dataclass(frozen=True)
class _Stage:
    """What all policies share: demand, terms, calendar of the variants that take part."""

    demand: Panel
    terms: Terms
    kept: IntArray
    starts: IntArray
    counted: slice
    rates: Rates
    day_groups: Mapping[str, BoolArray]

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
    def generous(self) -> FloatArray:
        """Give the stock of each variant above which it lies too long."""
        return np.asarray(GENEROUS_COVER * self.wanted_in_counted_days.mean(axis=0))

    @cached_property
    def recent_per_day(self) -> FloatArray:
        """Give what each variant sold a day in the two weeks before its start."""
        days = self.starts[:, None] + np.arange(-HISTORY_BEFORE_START, 0)
        return np.asarray(self.demand[self.kept[:, None], days].mean(axis=1, dtype=np.float64))

    def run(self, policy: Policy, recorded: FloatArray | None) -> _Run:
        """Fill the shelves as the policy would, warm up, and count."""
        wishes = self.wishes_of(policy)
        shelf = Shelf.steady(wishes, self.recent_per_day, self.terms, self.starts)
        warm_up = range(int(self.starts.min()), self.counted.start)
        heirs = alike(self.demand[self.kept, : self.counted.start].sum(axis=1), self.terms)
        for _ in range(ROUNDS):
            for day in warm_up:
                self.live(shelf, day, wishes)
            shelf.back_to_start(self.counted.start, heirs)
        if recorded is not None:
            shelf.put(recorded[self.kept])
        for day in warm_up:
            self.live(shelf, day, wishes)
        return self.count(shelf, wishes)

    def wishes_of(self, policy: Policy) -> Wishes:
        """Ask the policy once for every review: day -> the variants under review, and what it wants of them."""
        found: Wishes = {}
        for day in range(int(self.starts.min()), self.counted.stop):
            since = day - self.starts
            rows = np.flatnonzero((since >= 0) & (since % self.terms.review_days == 0))
            if rows.size:
                found[day] = rows, policy(day, self.kept[rows])
        return found

    def live(self, shelf: Shelf, day: int, wishes: Wishes) -> FloatArray:
        """Let a day pass: receive, review, sell; give what was wanted in vain."""
        shelf.receive(day)
        if day in wishes:
            shelf.order(day, *wishes[day])
            shelf.receive(day)  # what needs no lead time is there at once
        return shelf.sell(self.wanted[day - self.counted.stop])

    def count(self, shelf: Shelf, wishes: Wishes) -> _Run:
        """Walk through the counted days and charge each."""
        days = np.arange(self.counted.start, self.counted.stop)
        kinds = np.array([days >= 0, *(mask[days] for mask in self.day_groups.values())])
        profit = np.zeros((len(kinds), self.kept.size, len(days) // 7))
        lost_margin = held = lost_units = excess = 0.0
        for place, day in enumerate(days.tolist()):
            lost = self.live(shelf, day, wishes)
            above = self.terms.unit_cost * np.maximum(shelf.on_hand - self.generous, 0.0)
            stock = self.terms.unit_cost * np.maximum(shelf.on_hand, 0.0)
            sold = self.wanted_in_counted_days[place] - lost
            earned = self.terms.margin * sold - self.holding_a_day * stock - self.markdown_a_day * above
            profit[kinds[:, place], :, place // 7] += earned
            lost_margin, held = lost_margin + float(self.terms.margin @ lost), held + float(stock.sum())
            lost_units, excess = lost_units + float(lost.sum()), excess + float(above.sum())
        return _Run(
            profit, lost_margin, self.holding_a_day * held, self.markdown_a_day * excess, lost_units, float(above.sum())
        )

    @property
    def holding_a_day(self) -> float:
        return self.rates.holding / 365

    @property
    def markdown_a_day(self) -> float:
        return self.rates.markdown / GENEROUS_COVER

    def outcome(self, run: _Run) -> PolicyCost:
        """Add up one policy's money over all variants."""
        return PolicyCost(
            weekly_profit=run.profit[0].sum(axis=0),
            units_sold=float(self.wanted_in_counted_days.sum()) - run.units_lost,
            units_lost=run.units_lost,
            too_little=run.too_little,
            holding=run.holding,
            markdown=run.markdown,
            overstock_value=run.overstock_value,
        )


def _differences(
    gain: FloatArray, groups: Mapping[str, BoolArray], kinds_of_day: Sequence[str]
) -> tuple[Difference, ...]:
    """Add up what was gained (kinds of day x variants x weeks), in all, by group of variants and by kind of day.

    Of a small group the sum alone is told.
    """
    parts = {name: gain[0][mask] for name, mask in groups.items() if mask.any()}
    parts |= {name: gain[1 + place] for place, name in enumerate(kinds_of_day)}
    ranges = {name: _bounds(part) for name, part in parts.items() if name == ALL or len(part) >= FEWEST_IN_A_GROUP}
    return tuple(Difference(name, len(part), float(part.sum()), ranges.get(name)) for name, part in parts.items())


def _bounds(gain: FloatArray) -> tuple[float, float] | None:
    interval = total_of(gain)
    return None if interval is None else (interval.low, interval.high)
