"""The plain rules that every forecast is shown beside (METHODS 4b)."""

from __future__ import annotations

import numpy as np

from pipelines.stats.frames import Matrix, Panel

CROSTON_CONSTANT = 0.1


def seasonal_naive(panel: Panel, horizon: int) -> Matrix:
    """Repeat the last seven days."""
    week = panel.y[:, -7:]
    return week[:, np.arange(horizon) % week.shape[1]]


def moving_average(panel: Panel, horizon: int, window: int = 28) -> Matrix:
    """Repeat the mean of the last 28 days that were seen."""
    y, seen = panel.y[:, -window:], panel.seen[:, -window:]
    mean = np.where(seen, y, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return np.repeat(mean[:, None], horizon, axis=1).astype(np.float32)


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
