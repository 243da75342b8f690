"""How far sums scatter: a known law is found again, and stock is its quantile, or what the slowest sold before."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.frames import Panel
from pipelines.stats.inference.quantiles import negative_binomial_quantile, sum_variance
from pipelines.usecases.demand_forecast.backtesting.spread import (
    HORIZONS,
    LIVELY,
    SLOW,
    STEADY,
    USUAL_ERRORS,
    Doubt,
    Spread,
    dispersion_of,
    doubt_of_old,
    spread_of,
)


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


def test_a_christmas_that_all_share_is_nobodys_own_chance() -> None:
    """The shop sells eight times as much for four weeks; every variant's own law is Poisson's."""
    level = np.where((np.arange(400) >= 330) & (np.arange(400) < 358), 8.0, 1.0)
    y = np.random.default_rng(0).poisson(np.random.default_rng(1).lognormal(0.5, 0.8, 60)[:, None] * level)
    assert dispersion_of(panel(y), 14).by_series.mean() == pytest.approx(1.1, abs=0.15)


def test_a_burst_of_one_variant_is_its_own_however_few_stand_beside_it() -> None:
    y = np.random.default_rng(0).poisson(5, (1, 400)).astype(float)
    y[0, 330:358] *= 8
    alone = dispersion_of(panel(y), 14).by_series[0]
    assert alone > 50
    beside = dispersion_of(panel(np.vstack([y, np.random.default_rng(1).poisson(5, (20, 400))])), 14).by_series
    assert beside[0] > alone / 3 and beside[1:].mean() < 3


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


MEAN = np.array([0.5, 3.0, 30.0, 300.0])
LEARNED = Doubt(
    errors=((0.1, 0.2, 0.2, 0.3, 0.4), (0.3, 0.4, 0.5, 0.6, 0.7), (1.0, 1.0, 1.0, 2.0, 2.0)),
    floors=(tuple((0.0,) * 7 + (units,) * 5 for units in (2, 3, 4, 5, 9)), ()),
)


def a_spread(doubt: Doubt = LEARNED, burst: float = 100.0) -> Spread:
    return Spread(np.array([1.0, 2.0, 10.0, 2.0]), MEAN, np.full(4, burst), doubt)


def test_each_kind_of_variant_has_its_own_error_at_each_horizon() -> None:
    assert a_spread().kind.tolist() == [SLOW, SLOW, LIVELY, STEADY]
    assert a_spread().error(21).tolist() == [1.0, 1.0, 0.5, 0.2]
    assert a_spread().error(np.array([7, 42, 42, 90])).tolist() == pytest.approx([1.0, 2.0, 0.65, 0.4])


def test_the_quantile_is_that_of_the_law_with_the_error_of_its_days() -> None:
    spread, mean = a_spread(), 2 * MEAN
    for row, error in ((2, 0.65), (3, 0.35)):
        variance = sum_variance(mean[row], spread.dispersion[row], error)
        assert spread.quantile(42, mean, 0.95)[row] == negative_binomial_quantile(mean[row], variance, 0.95)


def test_the_slowest_hold_at_least_what_such_variants_sold() -> None:
    spread = a_spread()
    assert spread.floor(21, 0.95).tolist() == [4, 0, 0, 0]
    assert spread.floor(np.full(4, 42), 0.95).tolist() == [7, 0, 0, 0]
    assert spread.floor(21, 0.5).tolist() == [0, 0, 0, 0] and spread.floor(0, 0.95).tolist() == [0, 0, 0, 0]
    assert spread.quantile(56, 3 * MEAN, 0.99)[0] >= 9
    assert spread.quantile(21, np.zeros(4), 0.95).tolist() == [0, 0, 0, 0]


def test_nobody_is_asked_to_hold_more_than_it_ever_sold() -> None:
    assert a_spread(burst=2.0).floor(56, 0.95)[0] == 2


def test_a_place_holds_its_share_in_whole_units_and_is_off_by_as_much() -> None:
    here = a_spread().at([0, 3], np.array([0.5, 0.25]))
    assert here.floor(56, 0.95).tolist() == [5, 0]
    assert here.error(28).tolist() == a_spread().error(28)[[0, 3]].tolist()
    mean = 0.25 * MEAN[3]
    assert here.variance(28, here.share * MEAN[[0, 3]])[1] == pytest.approx(mean * 1.25 + (0.3 * mean) ** 2)


@given(st.integers(1, 60), st.floats(0.05, 0.99), st.integers(0, 400))
def test_units_last_exactly_where_they_reach_the_quantile(days: int, level: float, units: int) -> None:
    mean = MEAN * days / 21
    spread = a_spread()
    lasts = spread.lasts(days, mean, np.full(4, float(units)), level)
    assert lasts.tolist() == (units >= spread.quantile(days, mean, level)).tolist()


def test_a_version_that_knew_one_error_lets_it_grow_with_the_days() -> None:
    kind = doubt_of_old(0.2).errors[STEADY]
    assert kind[HORIZONS.index(14)] == pytest.approx(0.2, abs=1e-3)
    assert kind[0] < 0.2 < kind[-1] and list(kind) == sorted(kind)
    assert doubt_of_old(0.2).errors[SLOW][1] == pytest.approx(0.3, abs=1e-3) and doubt_of_old(0.2).floors == ()


def test_the_usual_errors_grow_with_the_logarithm_of_the_days() -> None:
    growing = 0.3 + 0.2 * np.log(np.array(HORIZONS) / 7) / np.log(8)
    assert pytest.approx(growing, abs=1e-3) == USUAL_ERRORS


def test_the_largest_burst_and_the_pace_are_read_from_panel_and_forecast() -> None:
    y = np.zeros((2, 90))
    y[0, [3, 40, 80]] = 2
    y[1, -1] = 5
    found = spread_of(panel(y), np.full((2, 7), 0.01), np.ones(2), LEARNED)
    assert found.burst.tolist() == [4, 5]
    assert found.pace == pytest.approx([0.21, 0.21])
