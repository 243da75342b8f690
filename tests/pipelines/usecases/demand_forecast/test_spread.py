"""How far sums scatter: a known law is found again, and 95 % of sums lie under their quantile."""

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.stats.quantiles import negative_binomial_quantile, sum_variance
from pipelines.usecases.demand_forecast.spread import USUAL_ERROR, dispersion_of, model_error_of


def panel(y: np.ndarray, seen: np.ndarray | None = None) -> Panel:
    seen = np.ones(y.shape, dtype=bool) if seen is None else seen
    first = np.zeros(len(y), dtype=np.int64)
    return Panel(np.arange(len(y)), np.datetime64("2026-01-01"), y.astype(np.float32), seen, first)


def test_poisson_demand_is_not_spread() -> None:
    y = np.random.default_rng(0).poisson(6, (300, 400))
    found = dispersion_of(panel(y), 14)
    assert found.by_series.mean() == pytest.approx(1.0, abs=0.15)
    assert (found.by_series >= 1).all()


def test_the_dispersion_of_negative_binomial_sums_is_found() -> None:
    y = np.random.default_rng(0).negative_binomial(2, 0.2, (400, 400))  # variance / mean = 5, also of sums
    found = dispersion_of(panel(y), 14)
    assert found.pooled == pytest.approx(5, rel=0.12)
    assert found.by_series.mean() == pytest.approx(5, rel=0.08)


def test_it_equals_a_slow_loop() -> None:
    y = np.random.default_rng(1).negative_binomial(1, 0.3, (4, 250)).astype(float)
    seen = np.random.default_rng(2).random(y.shape) > 0.02
    ratios, counts = [], []
    for row in range(4):
        recent, known = y[row, -182:], seen[row, -182:]
        sums = [recent[t : t + 14].sum() for t in range(182 - 13) if known[t : t + 14].all()]
        free = len(sums) * (1 - 14 / (len(sums) + 13))
        ratios.append(np.sum((sums - np.mean(sums)) ** 2) / free / np.mean(sums))
        counts.append(len(sums) / 14)
    middle = np.median(ratios)
    expected = [max(1, (n * r + 10 * middle) / (n + 10)) for n, r in zip(counts, ratios, strict=True)]
    assert dispersion_of(panel(y, seen), 14).by_series == pytest.approx(expected)


def test_a_series_without_history_gets_the_shops_median() -> None:
    y = np.random.default_rng(0).negative_binomial(2, 0.25, (20, 200))
    seen = np.ones(y.shape, dtype=bool)
    seen[0, :190] = False
    found = dispersion_of(panel(y, seen), 14)
    assert found.by_series[0] == pytest.approx(max(1, found.pooled))


def test_a_short_history_is_read_in_shorter_sums() -> None:
    y = np.random.default_rng(0).negative_binomial(2, 0.2, (200, 28))
    assert dispersion_of(panel(y), 14).pooled > 2


def test_stated_parameters_of_a_version_are_kept() -> None:
    y = np.random.default_rng(0).poisson(5, (10, 200))
    assert dispersion_of(panel(y), 14, pooled=9.0).by_series.mean() > 3


def simulated(error: float, seed: int, n: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units whose true mean misses the forecast by a relative error."""
    rng = np.random.default_rng(seed)
    f = rng.uniform(10, 200, n)
    truth = f * rng.gamma(1 / error**2, error**2, n)
    return rng.poisson(truth).astype(float), f, np.ones(n)


def test_a_large_error_of_the_forecast_is_found_from_the_past() -> None:
    found = model_error_of([simulated(0.6, seed) for seed in range(3)])
    assert found == pytest.approx((0.6 + USUAL_ERROR) / 2, abs=0.08)


def test_without_a_past_the_usual_error_holds() -> None:
    assert model_error_of([]) == USUAL_ERROR
    assert model_error_of([(np.ones(3), np.ones(3), np.ones(3))]) == USUAL_ERROR


def test_sums_stay_under_their_quantile_about_19_of_20_times() -> None:
    y, f, phi = simulated(0.3, 7, n=4000)
    quantile = negative_binomial_quantile(f, sum_variance(f, phi, 0.3), 0.95)
    assert 0.935 < np.mean(y <= quantile) < 0.97
