"""What one shop has sold, as the forecast reads it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.frames import Mask, Matrix, Panel, panel_from_long
from pipelines.stats.metrics import naive_scale
from pipelines.stats.splits import MIN_DAYS
from pipelines.usecases.contract import Event, Frames, NotEnoughHistory
from pipelines.usecases.demand_forecast.learning.odd_orders import OddDays, odd_days_of
from pipelines.usecases.demand_forecast.learning.run_out import complete_days
from pipelines.usecases.demand_forecast.promotions.known import Promotions, promotions_of

Vector = NDArray[np.float64]
NO_TYPE = ""
LEAST_SALE_DAYS = 8
CHUNK = 4_096


@dataclass(frozen=True)
class History:
    """Hold the panel, in units at usual prices, with what describes its series and its calendar."""

    panel: Panel
    product_type: NDArray[Any]
    total: Vector  # of the whole shop, also when only some series are kept
    country: str
    events: tuple[Event, ...]
    odd: OddDays = field(default_factory=OddDays)  # days that count for less in the panel than what sold
    promotions: Promotions = field(default_factory=Promotions)

    def until(self, cut: int) -> History:
        """Keep the first `cut` days: what was known then."""
        known = self.promotions.until(cut)
        panel, odd = self.panel.until(cut), self.odd.until(cut)
        return replace(self, panel=panel, total=self.total[:cut], odd=odd, promotions=known)

    def rows(self, chosen: NDArray[Any]) -> History:
        """Keep the chosen series."""
        numbers = np.arange(len(self.panel.ids))[chosen]
        return replace(
            self,
            panel=self.panel.rows(chosen),
            product_type=self.product_type[chosen],
            odd=self.odd.rows(numbers),
            promotions=self.promotions.rows(numbers, len(self.panel.ids)),
        )

    @property
    def n_days(self) -> int:
        """Count the days of history."""
        return self.panel.n_days

    @cached_property
    def known(self) -> Matrix:
        """Give the units that sold, or would have where stock ran out that day, zero where they were not seen."""
        return self._put_back(np.where(self.panel.seen, self.panel.y, np.float32(0)), 0)

    def units(self, first: int, last: int) -> Matrix:
        """Give the units that count of some columns, zero where not seen; columns before the first are left out."""
        days = slice(max(0, first), max(0, last))
        return np.where(self.panel.seen[:, days], self.panel.y[:, days], np.float32(0))

    @cached_property
    def daily_scale(self) -> Vector:
        """Give the mean squared one-day step of each series, which scales RMSSE."""
        return self._scale(lag=1, power=2)

    @cached_property
    def weekly_scale(self) -> Vector:
        """Give the mean absolute one-week step of each series, which scales MASE."""
        return self._scale(lag=7, power=1)

    @cached_property
    def age(self) -> NDArray[np.int64]:
        """Count the days that each series was seen."""
        return np.asarray(self.panel.seen.sum(axis=1, dtype=np.int64))

    @cached_property
    def sale_days(self) -> NDArray[np.int64]:
        """Count the days on which each series sold."""
        return np.asarray(((self.panel.y > 0) & self.panel.seen).sum(axis=1, dtype=np.int64))

    @property
    def asof(self) -> date:
        """Give the last day that is known."""
        last: date = self.day(self.n_days - 1).astype(object)
        return last

    def day(self, column: int) -> np.datetime64:
        """Give the date of a column, which may lie in the future."""
        return self.panel.start + np.timedelta64(column, "D")

    def days(self, first: int, count: int) -> NDArray[np.datetime64]:
        """Give the dates of some columns."""
        return self.day(first) + np.arange(count)

    def actual(self, cut: int, horizon: int) -> Vector:
        """Give the units that sold, or would have, after a cut, NaN where they were not seen."""
        return np.asarray(self.promotions.put_back(self.usual(cut, horizon), cut), dtype=np.float64)

    def usual(self, cut: int, horizon: int) -> Vector:
        """Give what `actual` would have been at usual prices."""
        days = slice(cut, cut + horizon)
        units = np.where(self.panel.seen[:, days], self.panel.y[:, days], np.nan).astype(np.float64)
        return np.asarray(self.odd.put_back(units, cut), dtype=np.float64)

    @property
    def as_sold(self) -> History:
        """Give the history with what really sold, also where an odd order or a promotion counts for less."""
        panel = replace(self.panel, y=self._put_back(self.panel.y, 0))
        return replace(self, panel=panel, odd=OddDays(), promotions=Promotions())

    @cached_property
    def sold_panel(self) -> Panel:
        """Give the panel with what sold on promoted days: what a plain rule repeats, and what errors are beside."""
        return replace(self.panel, y=self.promotions.put_back(self.panel.y, 0))

    def _put_back(self, units: Matrix, first: int) -> Matrix:
        return self.promotions.put_back(self.odd.put_back(units, first), first)

    def weekday(self, first: int, count: int) -> NDArray[np.int64]:
        """Give weekdays of some columns, Monday is 0."""
        return (self.days(first, count).astype(np.int64) + 3) % 7

    def _scale(self, lag: int, power: int) -> Vector:
        parts = []
        for low in range(0, len(self.panel.ids), CHUNK):
            part = self.sold_panel.rows(slice(low, low + CHUNK))
            parts.append(naive_scale(np.where(part.seen, part.y, np.nan).astype(np.float64), lag=lag, power=power))
        return np.concatenate(parts)

    def worth_scoring(self) -> Mask:
        """Say which series have sold enough to be judged."""
        return (self.age >= MIN_DAYS // 2) & (self.sale_days >= 2)


def history_of(frames: Frames) -> History:
    """Read the frames, or say what is still missing before a forecast can learn."""
    return frames.once("history", lambda: _read(frames))


def _read(frames: Frames) -> History:
    sales, series = frames["daily_sales"], frames.get("series")
    if sales.empty or not (sales["y"] > 0).any():
        raise NotEnoughHistory("No sales yet. The forecast starts once there are sales on 28 days of history.")
    by_id = None if series is None else series.set_index("unique_id")
    panel = panel_from_long(
        sales,
        end=frames.asof,
        ids=None if by_id is None else by_id.index,
        first_day=by_id["first_day"] if by_id is not None and "first_day" in by_id else None,
    )
    _require_days(panel)
    _require_sales(panel)
    types = _types(by_id, panel)
    asked = None if by_id is None or "price" not in by_id else by_id["price"].reindex(panel.ids).to_numpy(np.float64)
    promotions = promotions_of(panel, sales, frames.get("planned_sales"), types, asked)
    complete_days(panel, sales)
    odd = odd_days_of(panel, _as_the_merchant_says(panel, frames.get("odd_orders")))
    panel.y[odd.row, odd.column] = odd.counts
    total = np.where(panel.seen, panel.y, 0).sum(axis=0, dtype=np.float64)
    return History(panel, types, total, frames.country, frames.events, odd, promotions)


def _as_the_merchant_says(panel: Panel, said: pd.DataFrame | None) -> Mask | None:
    """Take days that are left out of learning for not seen, and give those that count in full."""
    if said is None or said.empty:
        return None
    row = pd.Index(panel.ids).get_indexer(pd.Index(said["unique_id"]))
    column = (said["ds"].to_numpy().astype("datetime64[D]") - panel.start).astype(np.int64)
    inside = (row >= 0) & (column >= 0) & (column < panel.n_days)
    counts = said["counts"].to_numpy(dtype=bool)
    panel.seen[row[inside & ~counts], column[inside & ~counts]] = False
    full = np.zeros(panel.seen.shape, dtype=bool)
    full[row[inside & counts], column[inside & counts]] = True
    return full


def _require_days(panel: Panel) -> None:
    if panel.n_days < MIN_DAYS:
        raise NotEnoughHistory(
            f"Sales reach back {panel.n_days} of the {MIN_DAYS} days that a forecast needs. "
            f"It starts by itself in {MIN_DAYS - panel.n_days} days."
        )


def _require_sales(panel: Panel) -> None:
    selling = int(((panel.y > 0) & panel.seen).any(axis=0).sum())
    if selling < LEAST_SALE_DAYS:
        raise NotEnoughHistory(
            f"There were sales on {selling} days so far; a forecast needs {LEAST_SALE_DAYS}. It starts by itself then."
        )


def _types(by_id: pd.DataFrame | None, panel: Panel) -> NDArray[Any]:
    if by_id is None or "product_type" not in by_id:
        return np.full(len(panel.ids), NO_TYPE, dtype=object)
    return by_id["product_type"].reindex(panel.ids).fillna(NO_TYPE).astype(str).to_numpy(dtype=object)
