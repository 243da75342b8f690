"""Put rows into bins that the reference sets: its deciles, its few values, or its categories (METHODS 4a)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.drift.columns import Figures, Names

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shown = dict[str, list[Any]]

DECILES = np.arange(1, 10) / 10
FEW_VALUES = 20  # different numbers, up to which each is a bin of its own
LONGEST_NAME = 40  # letters of a category that are shown
RARE = 0.01  # share of the reference, below which a category goes with the others


@dataclass(frozen=True)
class ByEdges:
    """Bin numbers by edges, each bin with its upper edge."""

    edges: Floats

    @property
    def size(self) -> int:
        """Count the bins, with the one for what is missing."""
        return len(self.edges) + 2

    def codes(self, column: Figures | Names) -> Ints:
        """Give the bin of each row."""
        values = np.asarray(column.values, dtype=np.float64)
        found = np.zeros(len(values), dtype=np.uint8)
        for edge in self.edges:  # nine at most: faster than a search for each row
            found += values > edge
        found[np.isnan(values)] = len(self.edges) + 1
        return found.astype(np.int64)

    def shown(self) -> Shown:
        """Name the bins for somebody who looks at them: all but the last, which is what is missing."""
        return {"edges": [float(f"{edge:.4g}") for edge in self.edges]}


@dataclass(frozen=True)
class ByValue:
    """Bin each value by itself, those that are rare or new together."""

    values: pd.Index

    @property
    def size(self) -> int:
        """Count the bins, with those for the others and for what is missing."""
        return len(self.values) + 2

    def codes(self, column: Figures | Names) -> Ints:
        """Give the bin of each row."""
        found = self.values.get_indexer(pd.Index(column.values)).astype(np.int64)
        found[found < 0] = len(self.values)
        found[pd.isna(column.values)] = len(self.values) + 1
        return found

    def shown(self) -> Shown:
        """Name the bins for somebody who looks at them: all but the last two, the others and what is missing."""
        return {"names": [str(value)[:LONGEST_NAME] for value in self.values]}


def deciles(ordered: Floats) -> ByEdges:
    """Bin by the deciles of a sorted sample; edges that repeat, or have nothing above them, are dropped."""
    edges = np.unique(ordered[np.ceil(DECILES * len(ordered)).astype(np.int64) - 1])
    return ByEdges(edges[edges < ordered[-1]])


def has_few_values(ordered: Floats) -> bool:
    """Tell whether a sorted sample has at most twenty different values.

    >>> has_few_values(np.array([0.0, 0.0, 1.0])), has_few_values(np.arange(21.0))
    (True, False)
    """
    return int((np.diff(ordered) > 0).sum()) < FEW_VALUES


def by_value(column: Figures | Names) -> ByValue:
    """Bin by the values that have a hundredth of the reference's rows."""
    counts = pd.Series(column.values).value_counts()
    return ByValue(pd.Index(counts.index[counts >= RARE * len(column.values)]))


def counted(binning: ByEdges | ByValue, column: Figures | Names, groups: Ints | None = None) -> Floats:
    """Count a column's rows per group and bin."""
    codes = binning.codes(column)
    if groups is None:
        return np.bincount(codes, minlength=binning.size).astype(np.float64)[None, :]
    count = int(groups.max(initial=-1)) + 1
    cells = np.bincount(groups * binning.size + codes, minlength=count * binning.size)
    return cells.astype(np.float64).reshape(count, binning.size)
