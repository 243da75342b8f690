"""Rows of what was known at a moment, as both kinds of models read them: amounts, names, and hours of a clock.

Here stands the numpy twin of how `scorer` reads a question; both must read alike to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.usecases.conversion.scorer import amount, name

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Columns:
    """Say which columns are amounts (zero and more), names, and clocks: names to weigh, and numbers to split.

    `before` are the steps that an order runs through: they may say much of it, as long as they do not say all.
    """

    amounts: tuple[str, ...]
    names: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    before: frozenset[str] = frozenset()

    @property
    def all(self) -> tuple[str, ...]:
        """List them all."""
        return (*self.amounts, *self.names, *self.clocks)

    def without(self, dropped: Mapping[str, str]) -> Columns:
        """Leave some out."""

        def kept(kind: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(each for each in kind if each not in dropped)

        return Columns(kept(self.amounts), kept(self.names), kept(self.clocks), self.before)


@dataclass(frozen=True)
class Rows:
    """Hold moments: what was known, the number of the day, whether an order came (NaN: not known yet), and a weight.

    Several moments of one session are one session, so each counts the less.
    """

    known: pd.DataFrame
    day: Ints
    came: Floats
    weight: float = 1.0

    def __len__(self) -> int:
        """Count the moments."""
        return len(self.day)

    def where(self, mask: Mask) -> Rows:
        """Keep some."""
        return Rows(self.known[mask], self.day[mask], self.came[mask], self.weight)

    @property
    def ripe(self) -> Rows:
        """Keep those of which it is known what came."""
        return self.where(np.isfinite(self.came))

    @property
    def counted(self) -> tuple[float, float]:
        """Count the sessions or checkouts with an order, and those without."""
        came = float(self.came.sum())
        return self.weight * came, self.weight * (len(self) - came)


def amounts(column: pd.Series) -> Floats:
    """Read a column of numbers that are not below zero; what is none is missing.

    >>> amounts(pd.Series([3, -2.0, None, "3", float("inf")], dtype=object))
    array([ 3.,  0., nan, nan, nan])
    """
    if column.dtype == object:
        column = column.map(amount)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), np.maximum(numbers, 0.0), np.nan)


def names(column: pd.Series) -> NDArray[np.object_]:
    """Read a column of names."""
    known, code = np.unique(column.astype(object).map(name).to_numpy(dtype=str), return_inverse=True)
    return np.asarray(known.astype(object)[code] if len(known) else np.empty(0, dtype=object))


def column_of(known: pd.DataFrame, key: str) -> pd.Series:
    """Give a column, or nothing at all of each row where it is not there."""
    return known[key] if key in known else pd.Series(None, index=known.index, dtype=object)
