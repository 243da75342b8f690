"""Read a feature's column once: figures or names, and what of it is of no use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIGURES_IN_OBJECTS = {"integer", "floating", "mixed-integer-float", "decimal"}


@dataclass(frozen=True)
class Figures:
    """Hold a column of numbers, NaN where it gave none, and how many of its rows were which kind of none."""

    values: Floats
    missing: int
    infinite: int
    unreadable: int

    @cached_property
    def ordered(self) -> Floats:
        """Sort the usable numbers; every distance is read from this one sort."""
        return np.sort(self.values)[: len(self.values) - self.missing - self.infinite - self.unreadable]

    @cached_property
    def constant(self) -> float | None:
        """Give the one value of a column without any other."""
        return float(self.ordered[0]) if len(self.ordered) and self.ordered[0] == self.ordered[-1] else None

    @property
    def middle(self) -> float:
        """Give the value of which half of the rows have no more."""
        return float(self.ordered[(len(self.ordered) - 1) // 2])

    def shares_beside(self, value: float) -> tuple[float, float]:
        """Give the share of the usable numbers below a value, and above it."""
        below, upto = (int(np.searchsorted(self.ordered, value, side)) for side in ("left", "right"))
        return below / len(self.ordered), 1 - upto / len(self.ordered)

    def count_of(self, value: float) -> int:
        """Count the rows with this value."""
        return int(np.searchsorted(self.ordered, value, "right") - np.searchsorted(self.ordered, value, "left"))


@dataclass(frozen=True)
class Names:
    """Hold a column of categories as text, None where it gave none."""

    values: NDArray[Any]
    missing: int

    @cached_property
    def counts(self) -> pd.Series:
        """Count each category, the most frequent first."""
        return pd.Series(self.values, dtype=object).value_counts()

    @cached_property
    def constant(self) -> str | None:
        """Give the one category of a column without any other."""
        return str(self.counts.index[0]) if len(self.counts) == 1 else None

    def count_of(self, value: str) -> int:
        """Count the rows with this category."""
        return int(self.counts.get(value, 0))


def holds_figures(column: pd.Series) -> bool:
    """Tell whether a column holds numbers; truths, and numbers that are written as text, are names.

    >>> holds_figures(pd.Series([1, None, 2.5], dtype=object)), holds_figures(pd.Series(["1", "2"]))
    (True, False)
    """
    if pd.api.types.is_bool_dtype(column):
        return False
    if column.dtype == object:
        return pd.api.types.infer_dtype(column, skipna=True) in FIGURES_IN_OBJECTS
    return bool(pd.api.types.is_numeric_dtype(column))


def read_figures(column: pd.Series) -> Figures:
    """Read numbers; what is there and is none (a name where a figure was) counts as unreadable."""
    missing = int(column.isna().sum())
    numbers = column if pd.api.types.is_numeric_dtype(column) else pd.to_numeric(column.astype(object), errors="coerce")
    values = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    unreadable = int(np.isnan(values).sum()) - missing
    infinite = np.isinf(values)
    count = int(infinite.sum())
    return Figures(np.where(infinite, np.nan, values) if count else values, missing, count, unreadable)


def read_names(column: pd.Series) -> Names:
    """Read categories as text, so that 1 and "1" are one; what is missing never becomes the name "nan"."""
    missing = column.isna().to_numpy(dtype=bool)
    values = column.astype(object).map(str, na_action="ignore").to_numpy(dtype=object, copy=True)
    values[missing] = None
    return Names(values, int(missing.sum()))
