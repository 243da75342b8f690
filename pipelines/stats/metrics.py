"""How near predictions came (METHODS 4b). Every figure is None where it is not defined; there is no MAPE on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def mae(y: ArrayLike, y_hat: ArrayLike) -> float | None:
    """Average the absolute error.

    >>> mae([1, 3], [2, 5])
    1.5
    """
    return _mean(np.abs(_error(y, y_hat)))


def wape(y: ArrayLike, y_hat: ArrayLike) -> float | None:
    """Divide the sum of absolute errors by the sum of what sold."""
    return _ratio(np.abs(_error(y, y_hat)), y, y_hat)


def bias(y: ArrayLike, y_hat: ArrayLike) -> float | None:
    """Divide the sum of errors (predicted minus actual) by the sum of what sold.

    >>> bias([10, 10], [12, 10])
    0.1
    """
    return _ratio(_error(y, y_hat), y, y_hat)


def mase(y: ArrayLike, y_hat: ArrayLike, train: ArrayLike, lag: int = 7) -> float | None:
    """Scale MAE by the seasonal error in training, lag 1 where history is too short (Hyndman & Koehler 2006)."""
    past = np.asarray(train, dtype=np.float64)
    scale = _mean(np.abs(_steps(past, lag if len(past) > lag else 1)))
    return _over(mae(y, y_hat), scale)


def rmsse(y: ArrayLike, y_hat: ArrayLike, train: ArrayLike) -> float | None:
    """Scale the root mean squared error by the naive one-day error in training (M5)."""
    error = _mean(_error(y, y_hat) ** 2)
    scale = _mean(_steps(np.asarray(train, dtype=np.float64), 1) ** 2)
    ratio = _over(error, scale)
    return None if ratio is None else float(np.sqrt(ratio))


def pinball(y: ArrayLike, y_hat: ArrayLike, level: float) -> float | None:
    """Average the quantile loss at one level.

    >>> pinball([10.0, 0.0], [8.0, 1.0], level=0.9)
    0.95
    """
    short = -_error(y, y_hat)
    return _mean(np.where(short >= 0, level * short, (level - 1) * short))


def coverage(y: ArrayLike, y_hat: ArrayLike) -> float | None:
    """Give the share of actuals at or under their quantile."""
    return _mean(np.where(np.isnan(_error(y, y_hat)), np.nan, _error(y, y_hat) >= 0))


def skill(y: ArrayLike, y_hat: ArrayLike, y_naive: ArrayLike) -> float | None:
    """Say by which share MAE is below the naive rule's.

    >>> skill([4.0, 4.0], [3.0, 4.0], [2.0, 4.0])
    0.5
    """
    ratio = _over(mae(y, y_hat), mae(y, y_naive))
    return None if ratio is None else 1 - ratio


def rmsse_by_series(y: Floats, y_hat: NDArray[np.floating[Any]], scale: Floats) -> Floats:
    """Give RMSSE per row from each row's naive scale (`naive_scale`), NaN where it is not defined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.sqrt(_row_means((y_hat - y) ** 2) / scale)
    return np.where(np.isfinite(ratio), ratio, np.nan)


def mase_by_series(y: Floats, y_hat: NDArray[np.floating[Any]], scale: Floats) -> Floats:
    """Give MASE per row from each row's mean absolute seasonal difference, NaN where it is not defined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = _row_means(np.abs(y_hat - y)) / scale
    return np.where(np.isfinite(ratio), ratio, np.nan)


def naive_scale(y: Floats, *, lag: int, power: int) -> Floats:
    """Average |y_t - y_(t-lag)|^power per row over the days where both are known (NaN is unknown)."""
    return _row_means(np.abs(y[:, lag:] - y[:, :-lag]) ** power)


def _row_means(values: Floats) -> Floats:
    known = np.isfinite(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _error(y: ArrayLike, y_hat: ArrayLike) -> Floats:
    return np.asarray(y_hat, dtype=np.float64) - np.asarray(y, dtype=np.float64)


def _steps(past: Floats, lag: int) -> Floats:
    return past[lag:] - past[:-lag]


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _ratio(errors: Floats, y: ArrayLike, y_hat: ArrayLike) -> float | None:
    known = np.isfinite(errors)
    sold = np.asarray(y, dtype=np.float64)[known].sum()
    return float(errors[known].sum() / sold) if sold else None


def _over(value: float | None, scale: float | None) -> float | None:
    return None if value is None or not scale else value / scale
