"""Real sessions by month, as if the shop lived through them: some each day, in the order of the file.

Within a month the set has no days, so a month's sessions are spread evenly over thirty of them, as they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.checks import Say
from pipelines.usecases.conversion.learning.columns import Columns, Mask, Rows

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = 30  # of each month
LEAKS = "PageValues"  # is worked out from purchases
COLUMNS = Columns(
    amounts=(
        "Administrative",
        "Administrative_Duration",
        "Informational",
        "Informational_Duration",
        "ProductRelated",
        "ProductRelated_Duration",
        "BounceRates",
        "ExitRates",
        LEAKS,
        "SpecialDay",
    ),
    names=("OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType", "Weekend"),
)


@dataclass(frozen=True)
class Part:
    """Hold one file's sessions, oldest first, with their months."""

    name: str
    rows: Rows
    month: np.ndarray

    @property
    def months(self) -> list[str]:
        """List the months that there are, the first one to learn from alone."""
        return [MONTHS[each] for each in np.unique(self.month)]

    def of(self, month: str) -> Mask:
        """Mark the sessions of a month."""
        return np.asarray(self.month == MONTHS.index(month))


def parts(folder: str, say: Say) -> Iterator[Part]:
    """Read every part of the set."""
    found = sorted(Path(folder, "online_shoppers_intention").glob("*_sessions.parquet"))
    if not found:
        say(f"{folder} has no online_shoppers_intention/*_sessions.parquet")
    for path in found:
        yield part(path)


def part(path: Path) -> Part:
    """Read one part."""
    told = pd.read_parquet(path)
    month = told["Month"].map(month_of).to_numpy(dtype=np.int64)
    order = np.lexsort((told["row"].to_numpy(), month))
    told, month = told.iloc[order].reset_index(drop=True), month[order]
    count = np.bincount(month, minlength=len(MONTHS))
    place = np.arange(len(month)) - np.repeat(count.cumsum() - count, count)
    day = month * DAYS + place * DAYS // count[month] + 1
    known = told[[*COLUMNS.all]].assign(Weekend=told["Weekend"].astype(int))
    return Part(path.stem, Rows(known, day, told["Revenue"].to_numpy(dtype=np.float64)), month)


def month_of(name: str) -> int:
    """Number a month by its first three letters.

    >>> month_of("June"), month_of("Sept")
    (5, 8)
    """
    return next(place for place, month in enumerate(MONTHS) if month[:3] == name[:3])
