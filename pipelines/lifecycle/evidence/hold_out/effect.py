"""What a use case brings beside showing nothing: orders of a unit, and sales of those who were shown something.

From closed days alone, all since the hold-out began; shares of the hold-out are strata, since each splits otherwise.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence.hold_out import days
from pipelines.models import HoldOut
from pipelines.stats.drift.shares import wilson
from pipelines.stats.inference import held_out, intervals, marks
from pipelines.stats.inference.intervals import Sums
from pipelines.stats.inference.significance import Interval

HELD_OUT, SHOWN = days.ARMS
LATELY = 28  # days, by which traffic is told
FEWEST = 30  # orders of an arm, for a first range of what a thousand units order
READ = f"""
    SELECT d.share_id, d.day - DATE '1970-01-01' AS day, {", ".join(f"d.{name}" for name in days.FIGURES)}
    FROM pipelines_holdoutday d WHERE d.shop_id = %(shop)s AND d.hold_out_id = %(hold_out)s
    ORDER BY d.day, d.share_id
"""
KINDS = frames.columns("share_id day", frames.WHOLE) | dict.fromkeys(days.FIGURES, frames.REAL)


@dataclass(frozen=True)
class Known:
    """The closed days of a hold-out, up to one of them."""

    rows: pd.DataFrame

    def units(self, arm: str) -> int:
        """Count the units of an arm."""
        return int(self.rows[f"{arm}_units"].sum())

    def orders(self, arm: str) -> int:
        """Count the orders of an arm."""
        return int(self.rows[f"{arm}_orders"].sum())

    def has_enough(self) -> bool:
        """Tell whether both arms have orders enough for a range."""
        return intervals.has_enough(self.orders(HELD_OUT), self.orders(SHOWN))

    def more_orders(self) -> Interval | None:
        """Give how much more units order where they are shown something, as a share of what the held out order."""
        if not self.has_enough():
            return None
        arms = [
            Sums.of_orders(self.rows[f"{arm}_units"], self.rows[f"{arm}_orders"]).by(self.rows["share_id"])
            for arm in (HELD_OUT, SHOWN)
        ]
        more = held_out.interval(*arms)
        return held_out.relative(more, self.orders(SHOWN) / self.units(SHOWN)) if more else None

    def more_money(self) -> Interval | None:
        """Give the money that a unit brings more where it is shown something, in minor units."""
        if not self.has_enough():
            return None
        names = ("units", "revenue", "revenue_squared")
        arms = [
            Sums.of(*(self.rows[f"{arm}_{name}"] for name in names)).by(self.rows["share_id"])
            for arm in (HELD_OUT, SHOWN)
        ]
        return held_out.interval(*arms)


def known(row: HoldOut, until: date | None = None) -> Known:
    """Read the closed days, or those before one."""
    found = frames.read(READ, KINDS, shop=row.shop_id, hold_out=row.pk)
    if until is not None:
        found = found[found["day"] < number(until)]
    return Known(found)


def keep(row: HoldOut) -> dict[str, Any]:
    """Work out what all counted days say, and keep it for pages."""
    figures = told(known(row))
    HoldOut.objects.filter(pk=row.pk).update(figures=figures)
    return figures


def told(seen: Known) -> dict[str, Any]:
    """Put what is known into plain JSON; a range that cannot be given yet is nothing."""
    rows = seen.rows
    if rows.empty:
        return {}
    orders, money = seen.more_orders(), seen.more_money()
    sales = times(money, seen.units(SHOWN)) if money else None
    first, last = int(rows["day"].min()), int(rows["day"].max())
    late = Known(rows[rows["day"] > last - LATELY])
    units = late.units(HELD_OUT) + late.units(SHOWN)
    return {
        "first_day": day(first).isoformat(),
        "last_day": day(last).isoformat(),
        "arms": {arm: arm_told(seen, arm) for arm in (HELD_OUT, SHOWN)},
        "orders": as_dict(orders),
        "sales": as_dict(sales),
        "units_a_day": units / (last - max(first, last - LATELY + 1) + 1),
        "rate": (late.orders(HELD_OUT) + late.orders(SHOWN)) / units if units else 0.0,
    }


def arm_told(seen: Known, arm: str) -> dict[str, Any]:
    """Say what one arm did: of a thousand units, so many ordered, as one look tells."""
    units, orders = seen.units(arm), seen.orders(arm)
    rate = asdict(times(wilson(orders, units), 1000)) if orders >= FEWEST else None
    return {"units": units, "orders": orders, "per_thousand": rate}


def times(interval: Interval, factor: float) -> Interval:
    """Multiply a value and its range."""
    return Interval(interval.value * factor, interval.low * factor, interval.high * factor)


def as_dict(interval: Interval | None) -> dict[str, Any] | None:
    """Write a value with its range and how sure it is."""
    return asdict(interval) | {"mark": marks.mark(interval.low, interval.high)} if interval else None


def number(day: date) -> int:
    """Count the days up to one, as frames have them."""
    return (day - frames.EPOCH).days


def day(number: int) -> date:
    """Return a day that was counted so."""
    return frames.EPOCH + timedelta(days=number)
