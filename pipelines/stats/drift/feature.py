"""Measure one feature: its distances, and the probability and the threshold that decide (METHODS 4a)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.drift import distances
from pipelines.stats.drift.bins import ByEdges, ByValue, Shown, by_value, counted, deciles, has_few_values
from pipelines.stats.drift.columns import Figures, Names, holds_figures, read_figures, read_names

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Pair = tuple[Figures, Figures] | tuple[Names, Names]

FLOOR = 0.1  # of the stability index: less is no drift, however sure
BY_CHANCE = 0.01
OF_DAYS = 0.95  # quantile of the reference's own days, each against the others
LEAST_USABLE = 50  # values on both sides: five in each of ten bins


@dataclass(frozen=True)
class Change:
    """Hold how far a feature's bins have moved; all NaN where there were too few values for it."""

    psi: float = np.nan
    threshold: float = np.nan
    p: float = np.nan
    chi_square: float = np.nan
    jensen_shannon: float = np.nan
    largest_gap: float = np.nan
    bins: Shown | None = field(
        default=None, compare=False
    )  # what each bin is, and how many rows of both sides are in it


def read_pair(reference: pd.Series | None, current: pd.Series | None, m: int, n: int) -> Pair:
    """Read a feature on both sides, as the reference has it; a column that is not there has all its rows missing."""
    old = pd.Series(np.full(m, np.nan)) if reference is None else reference
    new = pd.Series(np.full(n, np.nan)) if current is None else current
    if holds_figures(new if reference is None else old):
        return read_figures(old), read_figures(new)
    return read_names(old), read_names(new)


def change(reference: Figures | Names, current: Figures | Names, groups: Ints | None) -> Change:
    """Compare the bins: the stability index decides for figures, chi-square for names and figures of few values."""
    if min(usable(reference), usable(current)) < LEAST_USABLE:
        return Change()
    binning = _binning(reference)
    by_index = isinstance(binning, ByEdges)
    days, rows = counted(binning, reference, groups), counted(binning, current)[0]
    old, new = _worth_a_bin(days, rows, by_index)
    total = old.sum(axis=0)
    index, m, n, bins = float(distances.psi(total, new)), total.sum(), new.sum(), len(new)
    law = (np.nan, distances.psi_probability(index, m, n, bins))
    statistic, p = law if by_index else distances.chi_square(total, new)
    return Change(
        psi=index,
        threshold=max(FLOOR, distances.psi_by_chance(m, n, bins, BY_CHANCE), _between_days(old)),
        p=p,
        chi_square=statistic,
        jensen_shannon=distances.jensen_shannon(total, new),
        largest_gap=distances.largest_gap(total, new),
        bins=binning.shown() | {"usual": _whole(days.sum(axis=0)), "now": _whole(rows)} | _moved(reference, current),
    )


def _moved(reference: Figures | Names, current: Figures | Names) -> Shown:
    """Give of figures the middle of both sides, and the shares below and above the usual one: usual, and now."""
    if not isinstance(reference, Figures) or not isinstance(current, Figures):
        return {}
    below, above = zip(*(side.shares_beside(reference.middle) for side in (reference, current)), strict=True)
    middle = [float(f"{side.middle:.4g}") for side in (reference, current)]
    return {"middle": middle, "below": [round(each, 4) for each in below], "above": [round(each, 4) for each in above]}


def _whole(counts: Floats) -> list[int]:
    return [int(count) for count in counts]


def _binning(reference: Figures | Names) -> ByEdges | ByValue:
    if isinstance(reference, Figures) and not has_few_values(reference.ordered):
        return deciles(reference.ordered)
    return by_value(reference)


def usable(column: Figures | Names) -> int:
    """Count a column's values."""
    if isinstance(column, Figures):
        return len(column.ordered)
    return len(column.values) - column.missing


def spread(reference: Figures, wasserstein: float) -> float:
    """Give a Wasserstein distance in the reference's standard deviations."""
    deviation = float(reference.ordered.std()) if len(reference.ordered) else 0.0
    return wasserstein / deviation if deviation > 0 else np.nan


def _worth_a_bin(old: Floats, new: Floats, by_index: bool) -> tuple[Floats, Floats]:
    """Drop the bins that are empty on both sides and, for the index's law, a few rows that are missing."""
    share = (old.sum(axis=0) + new) / (old.sum() + new.sum())
    worth = share > 0
    if by_index:
        expected = share[-1] * min(old.sum(), new.sum())
        worth[-1] = max(expected, new[-1]) >= distances.LEAST_EXPECTED
    return old[:, worth], new[worth]


def _between_days(counts: Floats) -> float:
    """Give the index that the reference's own days stay under 19 of 20 times, each against all others."""
    if len(counts) < 2:
        return 0.0
    return float(np.quantile(distances.psi(counts.sum(axis=0) - counts, counts), OF_DAYS))


def measured(reference: Figures | Names, current: Figures | Names, groups: Ints | None) -> dict[str, Any]:
    """Give all distances of a feature by name, and its bins."""
    found = asdict(change(reference, current, groups))
    if isinstance(reference, Figures) and isinstance(current, Figures):
        ks, wasserstein = distances.ks_and_wasserstein(reference.ordered, current.ordered)
        found |= {"ks": ks, "wasserstein": wasserstein, "wasserstein_sd": spread(reference, wasserstein)}
    return found
