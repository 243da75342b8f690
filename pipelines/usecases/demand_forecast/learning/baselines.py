"""The plain rules that every forecast is shown beside (METHODS 4b); the strongest on a shop's past is its bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.stats.frames import Matrix, Panel

CROSTON_CONSTANT = 0.1
YEAR_OF_WEEKS = 364


def seasonal_naive(panel: Panel, horizon: int) -> Matrix:
    """Repeat the last seven days."""
    week = panel.y[:, -7:]
    return week[:, np.arange(horizon) % week.shape[1]]


def moving_average(panel: Panel, horizon: int, window: int = 28) -> Matrix:
    """Repeat the mean of the last 28 days that were seen."""
    y, seen = panel.y[:, -window:], panel.seen[:, -window:]
    mean = np.where(seen, y, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return np.repeat(mean[:, None], horizon, axis=1).astype(np.float32)


def last_year(panel: Panel, horizon: int) -> Matrix:
    """Repeat the same weeks of last year, and last week for what was not seen then."""
    columns = panel.n_days - YEAR_OF_WEEKS + np.arange(horizon) % YEAR_OF_WEEKS
    inside = np.maximum(columns, 0)
    known = panel.seen[:, inside] & (columns >= 0)
    return np.where(known, panel.y[:, inside], seasonal_naive(panel, horizon))


def croston_sba(panel: Panel, horizon: int) -> Matrix:
    """Divide smoothed size by smoothed gap, less the bias (Croston 1972; Syntetos & Boylan 2005)."""
    n, days = panel.y.shape
    size, gap = np.zeros(n), np.ones(n)
    since, sold_before = np.zeros(n), np.zeros(n, dtype=bool)
    for day in range(days):
        since += panel.seen[:, day]
        sold = (panel.y[:, day] > 0) & panel.seen[:, day]
        gain = np.where(sold_before, CROSTON_CONSTANT, 1.0)
        size = np.where(sold, size + gain * (panel.y[:, day] - size), size)
        gap = np.where(sold, gap + gain * (since - gap), gap)
        since, sold_before = np.where(sold, 0, since), sold_before | sold
    rate = (1 - CROSTON_CONSTANT / 2) * size / gap
    return np.repeat(rate[:, None], horizon, axis=1).astype(np.float32)


@dataclass(frozen=True)
class Rule:
    """Name a rule that a merchant can order by without us, in words after "order by", and the history it needs."""

    words: str
    forecast: Callable[[Panel, int], Matrix]
    needs_days: int = 1


SAFE_DEFAULT = "seasonal_naive"
SIMPLE_RULES: Mapping[str, Rule] = {
    SAFE_DEFAULT: Rule("last week's sales", seasonal_naive),
    "moving_average": Rule("the average of the last four weeks", moving_average),
    "last_year": Rule("last year's sales of the same weeks", last_year, YEAR_OF_WEEKS),
}


def rules_for(n_days: int) -> dict[str, Rule]:
    """Give the rules that so much history allows."""
    return {name: rule for name, rule in SIMPLE_RULES.items() if n_days >= rule.needs_days}
