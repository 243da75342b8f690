"""What comes in of each variant and when: an order placed today is for what that leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipelines.usecases.demand_forecast.ordering.policies import FloatArray, IntArray

MOST_DAYS = 24  # with a spell of their own; what comes later still counts on the last of them
NEVER = 10_000


@dataclass(frozen=True)
class Coming:
    """Hold what comes to some rows: deliveries (slots x rows) by their day, and what comes without a day.

    Deliveries are sorted by day, day 0 is today; an empty slot is never and has no units.
    """

    days: IntArray
    units: FloatArray
    undated: FloatArray

    def take(self, rows: IntArray) -> Coming:
        """Keep some rows, and the slots that any of them fills."""
        days, units = self.days[:, rows], self.units[:, rows]
        most = int((days < NEVER).sum(axis=0).max(initial=0))
        return Coming(days[:most], units[:most], self.undated[rows])

    @property
    def has_days(self) -> np.ndarray:
        """Mark the rows to which something comes on a day of its own."""
        return np.asarray((self.days < NEVER).any(axis=0))


@dataclass(frozen=True)
class Spells:
    """Hold the spells (spells x rows) that deliveries cut the days ahead into, and what is there when each begins."""

    starts: IntArray
    ends: IntArray
    coming: FloatArray
    after_arrival: int


def coming_to(rows: pd.DataFrame, deliveries: pd.DataFrame, today: date) -> Coming:
    """Sort deliveries by the rows that they come to: each place, and place 0 for all together.

    Reads   rows: variant_id | location_id | incoming, and deliveries: variant_id | location_id | ds | units
    """
    keys = ["variant_id", "location_id", "ds"]
    kinds = {"variant_id": "int64", "location_id": "int64", "ds": "datetime64[s]", "units": "float64"}
    known = deliveries.astype(kinds)
    known = pd.concat([known.assign(location_id=0), known]).groupby(keys, as_index=False)[["units"]].sum()
    ids = pd.MultiIndex.from_frame(rows[keys[:2]])
    known["row"] = ids.get_indexer(pd.MultiIndex.from_frame(known[keys[:2]]))
    known = known[known["row"] >= 0]
    slot = np.minimum(known.groupby("row").cumcount(), MOST_DAYS - 1)
    day = np.maximum((known["ds"] - pd.Timestamp(today)).dt.days, 0)
    slots = 1 + int(slot.max()) if len(slot) else 0
    days = np.full((slots, len(rows)), NEVER, dtype=np.int64)
    units = np.zeros((slots, len(rows)))
    days[slot, known["row"]] = day  # of those that share a slot the last one is the latest
    np.add.at(units, (slot, known["row"]), known["units"])
    incoming = np.nan_to_num(rows["incoming"].to_numpy(dtype=np.float64, na_value=np.nan))
    return Coming(days, units, np.maximum(incoming - units.sum(axis=0), 0.0))


def spells_of(coming: Coming, arrival: IntArray, cover: IntArray) -> Spells:
    """Cut the days until an order placed today arrives, and those that it then covers, wherever something comes in.

    What comes without a day comes with the order. Rows with fewer deliveries than others have empty spells at both
    ends, so that what is drawn of them is the same beside any other row.
    """
    days, last = coming.days, arrival + cover
    before, after = np.where(days < arrival, days, 0), np.where((days > arrival) & (days < last), days, last)
    came_before, came_after = (np.where(here, coming.units, 0.0) for here in (days < arrival, after < last))
    early, late = np.argsort(before, axis=0, kind="stable"), np.argsort(after, axis=0, kind="stable")
    with_it = coming.undated + np.where(days == arrival, coming.units, 0.0).sum(axis=0)
    late = late[: int((after < last).sum(axis=0).max(initial=0))]
    nothing = np.zeros_like(arrival)
    starts = np.concatenate([nothing[None], sorted_by(before, early), arrival[None], sorted_by(after, late)])
    came = [np.zeros((1, len(arrival))), sorted_by(came_before, early), with_it[None], sorted_by(came_after, late)]
    return Spells(starts, np.concatenate([starts[1:], last[None]]), np.concatenate(came), len(late))


def sorted_by(values: np.ndarray, order: IntArray) -> np.ndarray:
    """Put the slots of each row into an order."""
    return np.take_along_axis(values, order, axis=0)
