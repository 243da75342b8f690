"""Stock decisions: what to order, how much, until when, and what it costs not to (METHODS 5a).

Day 0 is today, the first forecast day. An order placed today arrives at the start of day `lead_time_days`.
Money is in minor units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.inference.quantiles import expected_shortfall
from pipelines.usecases.demand_forecast.backtesting.spread import Spread
from pipelines.usecases.demand_forecast.ordering.arrival import Ahead, demand_ahead
from pipelines.usecases.demand_forecast.ordering.coming import Coming, coming_to, spells_of
from pipelines.usecases.demand_forecast.ordering.kept import as_steps, steps_of
from pipelines.usecases.demand_forecast.ordering.places import lying_elsewhere, shared_out
from pipelines.usecases.demand_forecast.ordering.policies import (
    COST_SHARE_OF_PRICE,
    BoolArray,
    FloatArray,
    IntArray,
    rounded_order,
    whole,
)

Panel = NDArray[np.floating[Any]]

STATUSES = (
    "out_of_stock",
    "order_today",
    "order_this_week",
    "lies_elsewhere",
    "on_its_way",
    "too_much",
    "few_sales",
    "not_wanted",
    "ok",
)
TOTAL = 0
MONTH = 28
GENEROUS_COVER = 90
DEAD_AFTER = 90
FEW_SALE_DAYS = 8
FARTHEST_DAY = 400
LEAST_LOST = 0.5  # a unit, once rounded: below it nobody is called short


@dataclass(frozen=True)
class Outlook:
    """The daily demand that we expect of each variant from today on, and how far it may be off."""

    mean: Panel
    spread: Spread


def advise(
    variants: pd.DataFrame,
    outlook: Outlook,
    stock: pd.DataFrame,
    deliveries: pd.DataFrame,
    *,
    today: date,
    cost_share: float = COST_SHARE_OF_PRICE,
) -> pd.DataFrame:
    """Advise on every variant in total (location 0) and, where a shop has several, at every location.

    Reads   variants: variant_id | price_minor | unit_cost_minor | lead_time_days | review_days | cover_days |
            pack_size | minimum_order | service_level | continues | sold_28 | revenue_minor | sale_days | age_days |
            idle_days | out_since, in the order of the outlook's rows;
            stock: variant_id | location_id | available | committed | incoming | moved | demand_share; and
            deliveries: variant_id | location_id | ds | units, the part of what is incoming whose day is known
    Writes  variant_id | location_id | status | sold_28 | forecast_28 | low_28 | high_28 | stock | committed |
            incoming | runs_out | days_of_cover | order_up_to | order_quantity | order_by |
            order_cost_minor | kept | from_elsewhere | demand_share | moved | lost_units | at_risk_minor |
            overstock_minor | abc | is_dead | is_new | price_minor | unit_cost_minor | cost_is_estimated

    An order is placed for the shop as a whole: places share it out, and what lies or arrives at one place is not
    bought again for another. A variant without a row in `stock` is not tracked: it gets a forecast and no advice.
    An order covers the days after its arrival, from what will be left then. Deliveries come in on their day, all other
    incoming units when a delivery ordered today would. A variant that sells on when nothing is left loses no sales;
    what it owes is ordered too.
    """
    known = _with_costs(variants, cost_share)
    known["abc"] = abc_classes(known["revenue_minor"].to_numpy(dtype=np.float64))
    rows = _rows(known, stock)
    return _Advice(rows, outlook, coming_to(rows, deliveries, today), today).frame()


def _with_costs(variants: pd.DataFrame, cost_share: float) -> pd.DataFrame:
    known = variants.reset_index(drop=True).copy()
    known["cost_is_estimated"] = known["unit_cost_minor"].isna()
    known["price_minor"] = known["price_minor"].astype(float)
    guessed = (known["price_minor"].fillna(0.0) * cost_share).round()
    known["unit_cost_minor"] = known["unit_cost_minor"].astype(float).fillna(guessed)
    return known


def _rows(variants: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Put the totals first, then one row per variant and location."""
    counts = ["available", "committed", "incoming", "moved"]
    summed = stock.groupby("variant_id")[counts].sum(min_count=1)
    totals = variants.assign(location_id=TOTAL, demand_share=1.0, row=np.arange(len(variants)))
    totals = totals.join(summed, on="variant_id")
    if stock["location_id"].nunique() < 2:
        return totals
    places = stock[["variant_id", "location_id", "demand_share", *counts]]
    here = totals.drop(columns=["location_id", "demand_share", *counts]).merge(places, on="variant_id")
    here["sold_28"] = here["sold_28"] * here["demand_share"]
    here["out_since"] = pd.NaT
    return pd.concat([totals, here], ignore_index=True)


class _Advice:
    """All columns of the advice, each worked out once for all rows."""

    def __init__(self, rows: pd.DataFrame, outlook: Outlook, coming: Coming, today: date) -> None:
        self.rows, self.outlook, self.coming, self.today = rows, outlook, coming, np.datetime64(today)
        self.variant = rows["row"].to_numpy(dtype=np.int64)
        self.share = self._floats("demand_share")
        self.spread = outlook.spread.at(self.variant, self.share)
        until = np.cumsum(outlook.mean, axis=1, dtype=np.float64)
        self.until = np.concatenate([np.zeros((len(until), 1)), until], axis=1)

    @cached_property
    def is_total(self) -> BoolArray:
        return np.asarray(self._days("location_id") == TOTAL)

    @property
    def has_places(self) -> bool:
        return not bool(self.is_total.all())

    def _floats(self, column: str) -> FloatArray:
        return self.rows[column].to_numpy(dtype=np.float64, na_value=np.nan)

    def _days(self, column: str) -> IntArray:
        return self.rows[column].to_numpy(dtype=np.int64)

    # What will be wanted

    def mean_of(self, days: IntArray | int) -> FloatArray:
        """Give the mean demand of the first days."""
        return self.share * self.until_of(self.variant, days)

    def until_of(self, variant: IntArray, days: IntArray | int) -> FloatArray:
        """Give what the whole shop wants in the first days; beyond the horizon the mean day goes on."""
        horizon = self.until.shape[1] - 1
        inside = self.until[variant, np.clip(days, 0, horizon)]
        beyond = np.maximum(np.asarray(days) - horizon, 0) * self.mean_day[variant]
        return np.asarray(inside + beyond, dtype=np.float64)

    @cached_property
    def mean_day(self) -> FloatArray:
        """Give the mean demand of a day of each variant."""
        return np.asarray(self.until[:, -1] / (self.until.shape[1] - 1), dtype=np.float64)

    def quantile_of(self, days: IntArray | int, level: FloatArray | float) -> FloatArray:
        return self.spread.quantile(days, self.mean_of(days), level)

    def last_day_within(self, units: FloatArray, level: FloatArray) -> IntArray:
        """Give the most days whose demand stays within the units at that level, by halving."""
        low, high = np.zeros(len(units), dtype=np.int64), np.full(len(units), FARTHEST_DAY, dtype=np.int64)
        while np.any(low < high):
            middle = (low + high + 1) // 2
            within = self.spread.lasts(middle, self.mean_of(middle), units, level)
            low, high = np.where(within, middle, low), np.where(within, high, middle - 1)
        return low

    # What is there

    @cached_property
    def available(self) -> FloatArray:
        return self._floats("available")

    @cached_property
    def is_tracked(self) -> BoolArray:
        return ~np.isnan(self.available)

    @cached_property
    def continues(self) -> BoolArray:
        return self.rows["continues"].to_numpy(dtype=np.bool_)

    @cached_property
    def held(self) -> FloatArray:
        """Give what is available, less than nothing where units are owed; nothing where that is not known."""
        return np.nan_to_num(self.available)

    @cached_property
    def position(self) -> FloatArray:
        return self.available + np.nan_to_num(self._floats("incoming"))

    @cached_property
    def days_of_cover(self) -> FloatArray:
        """Give the days until the mean demand has used up what is available; NaN where it never does."""
        held = np.maximum(self.available, 0.0)
        horizon = self.until.shape[1] - 1
        low, high = np.zeros(len(held), dtype=np.int64), np.full(len(held), horizon, dtype=np.int64)
        while np.any(low < high):
            middle = (low + high + 1) // 2
            within = self.mean_of(middle) <= held
            low, high = np.where(within, middle, low), np.where(within, high, middle - 1)
        rest, next_day = held - self.mean_of(low), self.mean_of(low + 1) - self.mean_of(low)
        with np.errstate(divide="ignore", invalid="ignore"):
            cover = low + rest / next_day
        return np.where(np.isfinite(cover), cover, np.nan)

    @property
    def runs_out(self) -> NDArray[np.datetime64]:
        """Give the day on which stock ends, or since when there is none."""
        day = self._date_after(np.floor(self.days_of_cover))
        since = self.rows["out_since"].to_numpy(dtype="datetime64[D]")
        return np.where(self.is_out & ~np.isnat(since), since, day)

    def _date_after(self, days: FloatArray) -> NDArray[np.datetime64]:
        near = np.nan_to_num(days, nan=np.inf) < FARTHEST_DAY
        dates = self.today + np.where(near, days, 0).astype("timedelta64[D]")
        return np.where(near, dates, np.datetime64("NaT", "D"))

    # What to do

    @cached_property
    def cover_days(self) -> IntArray:
        """Give the days that an order covers: until the next one can come, or as long as the merchant wishes."""
        wished = np.nan_to_num(self._floats("cover_days")).astype(np.int64) - self._days("lead_time_days")
        return np.asarray(np.maximum(wished, self._days("review_days")))

    @cached_property
    def order_up_to(self) -> FloatArray:
        """Give what would have to be there or on its way if nothing were lost until then."""
        return self.quantile_of(self._days("lead_time_days") + self.cover_days, self._floats("service_level"))

    def ahead(self, rows: IntArray, arrival: IntArray, cover: IntArray) -> tuple[Ahead, FloatArray]:
        """Give the demand of some rows until a day of arrival and of the days that an order then covers.

        Beside it stands what is there when each spell begins, beside what is available.
        """
        spells = spells_of(self.coming.take(rows), arrival[rows], cover[rows])
        share, variant = self.share[rows], self.variant[rows]
        sums = np.stack([share * self.until_of(variant, end) for end in spells.ends])
        found = demand_ahead(
            spells.starts,
            spells.ends,
            sums,
            self.outlook.spread.at(variant, share),
            level=self._floats("service_level")[rows],
            continues=self.continues[rows],
            after_arrival=spells.after_arrival,
        )
        return found, spells.coming

    def in_parts(self, rows: IntArray) -> Iterator[IntArray]:
        """Yield first the rows to which nothing comes on a day of its own: they need fewer spells."""
        has_days = self.coming.has_days[rows]
        yield from (part for part in (rows[~has_days], rows[has_days]) if part.size)

    def missing(self, rows: IntArray, cover: IntArray) -> FloatArray:
        """Give what is missing of some rows for the days that an order is to cover."""
        found = np.zeros(len(self.rows))
        for part in self.in_parts(rows):
            ahead, coming = self.ahead(part, self._days("lead_time_days"), cover)
            found[part] = ahead.needed(self.held[part], coming)
        return found[rows]

    @cached_property
    def need(self) -> FloatArray:
        """Give what to order before packs: nothing where what will be left lasts until the next order can come."""
        need = np.zeros(len(self.rows))
        tracked = np.flatnonzero(self.is_tracked)
        need[tracked] = self.missing(tracked, self._days("review_days"))
        longer = np.flatnonzero((need > 0) & (self.cover_days > self._days("review_days")))
        need[longer] = self.missing(longer, self.cover_days)
        return need

    @cached_property
    def days_left_to_order(self) -> IntArray:
        """Give how long an order can wait until what is left on its arrival no longer lasts as long as is wanted.

        Where nothing is to be ordered today, next to nothing is lost before the arrival, and all that is there and
        comes may be set against all days.
        """
        review = self._days("review_days")
        safe = self.last_day_within(self.position, self._floats("service_level"))
        days = np.maximum(np.where(safe >= FARTHEST_DAY, FARTHEST_DAY, safe - self._days("lead_time_days")), review)
        for due in self.in_parts(np.flatnonzero(self.need > 0)):
            ahead, coming = self.ahead(due, self._days("lead_time_days"), review)
            days[due] = np.minimum(ahead.days_lasting(self.held[due], coming, self.shares(due)), review[due] - 1)
        return np.asarray(days)

    def shares(self, rows: NDArray[Any]) -> FloatArray:
        """Give the part of the demand of some rows' review period that each of its days ends (days x rows)."""
        arrival, review = self._days("lead_time_days"), self._days("review_days")
        before = self.mean_of(arrival)[rows]
        whole = self.mean_of(arrival + review)[rows] - before
        until = (self.mean_of(arrival + day)[rows] - before for day in range(1, int(review[rows].max()) + 1))
        return np.array([np.divide(part, whole, out=np.ones_like(whole), where=whole > 0) for part in until])

    @cached_property
    def order_quantity(self) -> IntArray:
        """Give what to buy: of each variant for the shop as a whole, and each place's part of it."""
        bought = rounded_order(self.need, self._days("pack_size"), self._days("minimum_order"))
        if self.has_places:
            total, place = self.is_total, ~self.is_total
            need, share, variant = self.need[place], self.share[place], self.variant[place]
            bought[place] = shared_out(bought[total], need, share, variant, self._days("pack_size")[total])
        return whole(bought)

    @property
    def kept(self) -> pd.Series:
        """Give what an order of each variant keeps for the shop as a whole: steps of units so far and their margin."""
        found: list[list[list[int]]] = [[] for _ in range(len(self.rows))]
        margin = np.maximum(np.nan_to_num(self._floats("price_minor")) - self._floats("unit_cost_minor"), 0.0)
        for due in self.in_parts(np.flatnonzero(self.is_total & self.needs_order)):
            units = steps_of(self.order_quantity[due], self._days("pack_size")[due], self._days("minimum_order")[due])
            ahead, coming = self.ahead(due, self._days("lead_time_days"), self.cover_days)
            sold = ahead.sold_thanks_to(self.held[due], coming, units)
            for row, steps in zip(due.tolist(), as_steps(units, sold * margin[due, None]), strict=True):
                found[row] = steps
        return pd.Series(found, index=self.rows.index, dtype=object)

    @cached_property
    def needs_order(self) -> BoolArray:
        return np.asarray(self.order_quantity > 0)

    @cached_property
    def from_elsewhere(self) -> IntArray:
        """Give how much of what a place is missing lies or arrives at other places."""
        lying = np.zeros(len(self.rows))
        if self.has_places:
            place = ~self.is_total
            short = np.where(self.need > 0, self.order_up_to - np.nan_to_num(self.position), 0.0)
            missing = np.maximum(short - self.order_quantity, 0.0)[place]
            spare = np.maximum(np.nan_to_num(self.position) - self.order_up_to, 0.0)[place]
            lying[place] = lying_elsewhere(missing, spare, self.variant[place], int(self.is_total.sum()))
        return whole(lying)

    @property
    def order_by(self) -> NDArray[np.datetime64]:
        days = np.maximum(self.days_left_to_order, 0).astype(np.float64)[self.variant]  # places order with the shop
        return self._date_after(np.where(self.is_tracked, days, np.nan))

    # What is wrong

    @cached_property
    def is_new(self) -> BoolArray:
        return self._floats("age_days") < MONTH

    @cached_property
    def is_out(self) -> BoolArray:
        """Tell whether nothing is left of something that is wanted or already sold, and selling has stopped."""
        empty = self.is_tracked & (self.available <= 0) & ~self.continues
        return empty & ((self.order_up_to > 0) | (self.available < 0))

    @cached_property
    def lost_units(self) -> FloatArray:
        """Give the units that we expect to miss in the next 28 days before a delivery could arrive."""
        days = np.minimum(self._days("lead_time_days"), MONTH)
        mean = self.mean_of(days)
        missed = np.nan_to_num(expected_shortfall(mean, self.spread.variance(days, mean), self.available))
        saved = np.flatnonzero(self.is_tracked & (self.coming.days < days).any(axis=0))
        if saved.size:
            ahead, coming = self.ahead(saved, days, np.zeros_like(days))
            missed[saved] = np.minimum(missed[saved], ahead.lost(self.held[saved], coming))
        return np.where(self.continues, 0.0, missed)

    @cached_property
    def is_short(self) -> BoolArray:
        """Tell whether sales are missed before a delivery ordered today could arrive."""
        return self.is_tracked & (self.lost_units >= LEAST_LOST)

    @cached_property
    def excess_units(self) -> FloatArray:
        """Give what lies above 90 days' cover, above the order-up-to level and above the smallest order."""
        smallest = np.maximum(self._days("pack_size"), self._days("minimum_order"))
        enough = np.maximum.reduce([self.mean_of(GENEROUS_COVER), self.order_up_to, smallest.astype(np.float64)])
        excess = np.nan_to_num(self.position) - enough
        return np.asarray(np.floor(np.maximum(excess, 0.0)), dtype=np.float64)

    @cached_property
    def is_dead(self) -> BoolArray:
        """Tell whether stock lies there and nothing has sold for long; NaN idle days mean never sold."""
        idle, age = self._floats("idle_days"), self._floats("age_days")
        unsold = np.where(np.isnan(idle), age, idle) >= DEAD_AFTER
        return self.is_tracked & (self.available > 0) & unsold & (age >= DEAD_AFTER)

    @property
    def status(self) -> NDArray[np.str_]:
        """Name the most urgent thing first."""
        few_sales = self._floats("sale_days") < FEW_SALE_DAYS
        conditions = [
            self.is_out,
            self.needs_order & (self.days_left_to_order <= 0)[self.variant],
            self.needs_order,
            self.from_elsewhere >= 1,
            (self.is_short | (self.held < 0)) & (self.position > self.available),
            (self.excess_units >= 1) & ~self.is_new,
            few_sales | self.is_new,
            self.is_tracked & (self.available <= 0),
        ]
        return np.asarray(np.select(conditions, list(STATUSES[:-1]), STATUSES[-1]))

    def frame(self) -> pd.DataFrame:
        rows, price, cost = self.rows, np.nan_to_num(self._floats("price_minor")), self._floats("unit_cost_minor")
        as_they_are = ["variant_id", "location_id", "sold_28", "abc", "price_minor", "unit_cost_minor", "demand_share"]
        return rows[[*as_they_are, "cost_is_estimated"]].assign(
            status=self.status,
            forecast_28=self.mean_of(MONTH),
            low_28=self.quantile_of(MONTH, 0.1),
            high_28=self.quantile_of(MONTH, 0.9),
            stock=self.available,
            committed=whole(np.nan_to_num(self._floats("committed"))),
            incoming=whole(np.nan_to_num(self._floats("incoming"))),
            runs_out=self.runs_out,
            days_of_cover=self.days_of_cover,
            order_up_to=self.order_up_to,
            order_quantity=self.order_quantity,
            order_by=self.order_by,
            order_cost_minor=whole(self.order_quantity * cost),
            kept=self.kept,
            from_elsewhere=self.from_elsewhere,
            moved=whole(np.nan_to_num(self._floats("moved"))),
            lost_units=self.lost_units,
            at_risk_minor=whole(np.where(self.is_short, self.lost_units, 0.0) * price),
            overstock_minor=whole(self.excess_units * cost),
            is_dead=self.is_dead,
            is_new=self.is_new,
        )


def abc_classes(revenue: FloatArray) -> NDArray[np.str_]:
    """Class variants by revenue: A makes the first 80 %, B the next 15 %, C the rest and all without sales.

    >>> abc_classes(np.array([10.0, 70.0, 0.0, 15.0, 5.0])).tolist()
    ['B', 'A', 'C', 'A', 'C']
    """
    order = np.argsort(-revenue, kind="stable")
    sold = np.maximum(revenue[order], 0.0)
    total = sold.sum()
    before = (np.cumsum(sold) - sold) / total if total > 0 else np.ones(len(sold))
    classes = np.empty(len(revenue), dtype="<U1")
    classes[order] = np.select([sold <= 0, before < 0.8, before < 0.95], ["C", "A", "B"], "C")
    return classes
