"""The promotions of a shop: what past ones did to each day, and what planned ones will.

Inside a history all units are those of a usual price: what sold on a promoted day is divided by its lift before
anything learns from it, so that a past promotion is no level. Days ahead are lifted again where a promotion was planned
by then: one that nobody had entered is not known ahead, also where the past is forecast again, but may go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.frames import Ints, Mask, Matrix, Panel
from pipelines.usecases.demand_forecast.promotions import effect
from pipelines.usecases.demand_forecast.promotions.going import LAST, Going, is_young
from pipelines.usecases.demand_forecast.promotions.prices import carried, depth_paid, has_risen, logs_of, lower_before

Vector = NDArray[np.float64]


def _no_numbers() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Plan:
    """Hold the planned promotions, series by series: first and last column, and since which column it is known."""

    row: Ints = field(default_factory=_no_numbers)
    first: Ints = field(default_factory=_no_numbers)
    last: Ints = field(default_factory=_no_numbers)
    known: Ints = field(default_factory=_no_numbers)
    log: Vector = field(default_factory=lambda: np.empty(0))
    announced: Mask = field(default_factory=lambda: np.empty(0, bool))

    def where(self, chosen: Mask) -> Plan:
        """Keep some of them."""
        row, first, last, known = (column[chosen] for column in (self.row, self.first, self.last, self.known))
        return Plan(row, first, last, known, self.log[chosen], self.announced[chosen])

    def days(self, first: int, count: int) -> tuple[Ints, Ints]:
        """Number the promotions once for each of their days among some columns: which one, and which day."""
        low, high = np.maximum(self.first, first), np.minimum(self.last, first + count - 1)
        length = np.maximum(high - low + 1, 0)
        which = np.repeat(np.arange(len(length)), length)
        return which, np.arange(len(which)) - np.repeat(length.cumsum() - length, length) + low[which] - first


@dataclass(frozen=True)
class Promotions:
    """Hold the lift of past days (row, column, lift), the plan, and the powers believed in each week."""

    row: Ints = field(default_factory=_no_numbers)
    column: Ints = field(default_factory=_no_numbers)
    lift: Vector = field(default_factory=lambda: np.empty(0))
    plan: Plan = field(default_factory=Plan)
    powers: Vector = field(default_factory=lambda: np.full((1, 2, 1), effect.USUAL))
    kind: Ints = field(default_factory=_no_numbers)
    going: Going = field(default_factory=Going)

    def until(self, cut: int) -> Promotions:
        """Keep what was known at a cut."""
        past, weeks = self.column < cut, cut // effect.WEEK + 1
        plan = self.plan.where(self.plan.known <= cut)
        row, column, lift = self.row[past], self.column[past], self.lift[past]
        return Promotions(row, column, lift, plan, self.powers[:weeks], self.kind, self.going.until(cut))

    def rows(self, chosen: Ints, n: int) -> Promotions:
        """Keep those of the chosen series, numbered anew."""
        if not self.row.size and not self.plan.row.size and not self.going.row.size:
            return self
        place = np.full(n, -1)
        place[chosen] = np.arange(len(chosen))
        mine, planned = place[self.row] >= 0, place[self.plan.row] >= 0
        plan = self.plan.where(planned)
        plan = Plan(place[plan.row], plan.first, plan.last, plan.known, plan.log, plan.announced)
        row, going = place[self.row[mine]], self.going.rows(place)
        return Promotions(row, self.column[mine], self.lift[mine], plan, self.powers, self.kind[chosen], going)

    def put_back(self, units: Matrix, first: int) -> Matrix:
        """Give what sold in a matrix of units at usual prices whose first column is `first`."""
        inside = (self.column >= first) & (self.column < first + units.shape[1])
        if not inside.any():
            return units
        sold = units.copy()
        sold[self.row[inside], self.column[inside] - first] *= self.lift[inside]
        return sold

    def ahead(self, cut: int, horizon: int) -> Matrix:
        """Give how many times as much each series sells on the days ahead for what was planned by then, or goes on."""
        which, day = self.plan.days(cut, horizon)
        row, held, expected = self.going.ahead(cut, horizon)
        if not which.size and not row.size:
            return np.ones((1, horizon), np.float32)
        lift, stays = np.ones((2, len(self.kind), horizon), np.float32)
        lift[row], stays[row] = expected, held[:, None]
        planned = self.plan.row[which], day  # off the price that stays
        np.maximum.at(lift, planned, stays[planned] * self.lift_of(which).astype(np.float32))
        return lift

    def lift_of(self, which: Ints) -> Vector:
        """Give how many times as much sells in some of the planned promotions, as is believed now."""
        announced = self.plan.announced[which].astype(np.int64)
        power = self.powers[-1][announced, self.kind[self.plan.row[which]]]
        return np.asarray(effect.lift_of(power, self.plan.log[which]), dtype=np.float64)


def promotions_of(
    panel: Panel,
    sales: pd.DataFrame,
    planned: pd.DataFrame | None,
    kinds: NDArray[Any],
    asked: Vector | None = None,
) -> Promotions:
    """Learn what promotions did, and bring the panel, in place, to what would have sold at usual prices.

    `asked` is the price of each series today, if it is known: where it rose again, nothing goes on.

    Reads   sales: unique_id | ds | price | discount, and planned: unique_id | first_day | last_day | depth |
            known_from | announced
    """
    plan = _plan_of(panel, planned)
    row, column, depth = depth_paid(panel, sales)
    log = logs_of(depth)
    chosen = np.union1d(row[log > 0], plan.row)
    if not chosen.size:
        return Promotions()
    kind = pd.factorize(kinds)[0].astype(np.int64)
    place = np.full(len(panel.ids), -1)
    place[chosen] = np.arange(len(chosen))
    mine = place[row] >= 0
    shape = (len(chosen), panel.n_days)
    logs = carried(place[row[mine]], column[mine], log[mine], shape)
    entered, announced, cut = _entered(plan, place, shape)
    base = lower_before(logs, entered)
    paid_then = place[row[mine]], column[mine]
    base[paid_then] = np.clip(logs[paid_then] - cut[paid_then], 0, base[paid_then])
    logs = np.where(entered, base + cut, logs)
    y, seen, teaches = panel.y[chosen], panel.seen[chosen], is_young(logs) | (entered & (base == 0))
    powers: list[Matrix] = []
    found: list[tuple[Ints, Ints, Matrix]] = []
    more = np.zeros(shape, np.float16)
    for first, believed, lift in effect.learn(y, seen, logs, announced, teaches, kind[chosen]):
        powers.append(believed)
        part = slice(first, first + lift.shape[1])
        without = effect.lift_of(believed[0, kind[chosen], None], base[:, part])
        more[:, part] = np.where(entered[:, part], without, lift) - 1
        at, then = np.nonzero((y[:, part] > 0) & (lift > 1))
        found.append((chosen[at], then + first, lift[at, then]))
    rows, days, lifts = (np.concatenate(part) for part in zip(*found, strict=True))
    panel.y[rows, days] /= lifts
    if asked is not None:
        more[has_risen(panel, sales, asked)[chosen], -LAST:] = 0
    goes = more.any(axis=1)
    return Promotions(rows, days, lifts, plan, np.stack(powers), kind, Going(chosen[goes], more[goes]))


def _entered(plan: Plan, place: Ints, shape: tuple[int, int]) -> tuple[Mask, Mask, Matrix]:
    """Lay out the past days of planned promotions, which of them were announced, and the log of what they cut."""
    entered, announced, cut = np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, np.float32)
    which, day = plan.days(0, shape[1])
    cells = place[plan.row[which]], day
    entered[cells] = True
    announced[cells] |= plan.announced[which]
    np.maximum.at(cut, cells, plan.log[which].astype(np.float32))
    return entered, announced, cut


def _plan_of(panel: Panel, planned: pd.DataFrame | None) -> Plan:
    if planned is None or planned.empty:
        return Plan()
    row = pd.Index(panel.ids).get_indexer(pd.Index(planned["unique_id"])).astype(np.int64)
    first, last, known = (
        (planned[name].to_numpy().astype("datetime64[D]") - panel.start).astype(np.int64)
        for name in ("first_day", "last_day", "known_from")
    )
    log = logs_of(planned["depth"].to_numpy(np.float64))
    plan = Plan(row, first, last, known, log, planned["announced"].to_numpy(bool))
    return plan.where(row >= 0)
