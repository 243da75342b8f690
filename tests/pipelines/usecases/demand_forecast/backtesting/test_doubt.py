"""What a shop's past teaches: errors that are in a simulated past are found again, for each kind and horizon."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.demand_forecast.backtesting.backtest import Backtest
from pipelines.usecases.demand_forecast.backtesting.doubt import (
    MOST_SERIES,
    USUAL_ORIGINS,
    Sums,
    Trial,
    doubt_of,
    matching_error,
    past_cuts,
    sampled,
    trial_of,
)
from pipelines.usecases.demand_forecast.backtesting.spread import (
    FLOOR_LEVELS,
    HORIZONS,
    LIVELY,
    SLOW,
    STEADY,
    USUAL_ERRORS,
    Doubt,
    kinds_of,
)
from pipelines.usecases.demand_forecast.learning.history import History, history_of
from tests.frames import shop_frames


def drawn(errors: tuple[float, ...], seed: int, pace: tuple[float, float] = (20, 400), n: int = 500) -> Trial:
    """Draw an origin whose true means miss the forecast by a relative error that depends on the horizon."""
    rng = np.random.default_rng(seed)
    daily = rng.uniform(*pace, n)[:, None] / 21
    expected = daily * np.array(HORIZONS)
    truth = expected * np.column_stack([rng.gamma(1 / e**2, e**2, n) for e in errors])
    phi, speed = np.ones(n), 21 * daily[:, 0]
    return Trial(100, expected, rng.poisson(truth).astype(float), phi, speed, kinds_of(phi, speed))


def shrunk(error: float, usual: float, origins: int) -> float:
    return (origins * error + USUAL_ORIGINS * usual) / (origins + USUAL_ORIGINS)


def test_an_error_that_grows_with_the_days_is_found_for_each_horizon() -> None:
    errors = (0.15, 0.3, 0.45, 0.6, 0.8)
    found = doubt_of(drawn(errors, seed) for seed in range(6)).errors[STEADY]
    for got, error, usual in zip(found, errors, USUAL_ERRORS, strict=True):
        once = shrunk(error, usual, 6)
        assert got == pytest.approx(shrunk(error, once, 6), abs=0.06)


def test_without_a_past_the_usual_errors_hold_and_nothing_is_a_floor() -> None:
    assert doubt_of([]) == Doubt()
    few = drawn((0.9,) * 5, 0, n=6)
    assert doubt_of([few]).errors[STEADY] == USUAL_ERRORS


def test_more_days_ahead_are_never_easier() -> None:
    found = doubt_of(drawn((0.8, 0.5, 0.3, 0.2, 0.1), seed) for seed in range(6))
    assert all(list(kind) == sorted(kind) for kind in found.errors)


def test_slow_variants_have_an_error_of_their_own() -> None:
    fast = [drawn((0.2,) * 5, seed) for seed in range(6)]
    slow = [drawn((1.6,) * 5, seed, pace=(1, 4.9)) for seed in range(6)]
    found = doubt_of([*fast, *slow])
    assert found.errors[SLOW][-1] > 1.2 > 3 * found.errors[STEADY][-1]
    assert found.errors[LIVELY][-1] < found.errors[SLOW][-1]


def test_what_the_slowest_stay_under_is_what_such_variants_sold_before() -> None:
    past = [drawn((0.3,) * 5, seed, pace=(0.05, 1.9)) for seed in range(4)]
    found = doubt_of(past).floors
    for number, (low, high) in enumerate([(0, 1), (1, 2)]):
        sold = np.concatenate([trial.sold[(trial.pace >= low) & (trial.pace < high), 2] for trial in past])
        row = found[number][HORIZONS.index(21)]
        assert row[FLOOR_LEVELS.index(0.95)] == np.quantile(sold, 0.95, method="higher")
        table = np.array(found[number])
        assert (np.diff(table, axis=0) >= 0).all() and (np.diff(table, axis=1) >= 0).all()


def test_a_part_unit_counts_as_a_whole_one() -> None:
    """A quantile is a whole number: 41.4 lie at or under it from 42 on."""
    y = np.random.default_rng(0).poisson(40 * np.random.default_rng(1).gamma(4, 0.25, 400)).astype(float)
    whole = Sums(y, np.full(400, 40.0), np.ones(400))
    assert matching_error(replace(whole, sold=y - 0.6)) == matching_error(whole)


def test_where_chance_alone_would_hold_too_much_less_of_it_counts() -> None:
    """Poisson sums whose dispersion was read as 4, since their levels wander over two weeks."""
    past = [replace(drawn((0.01, 0.01, 0.3, 0.4, 0.5), seed), dispersion=np.full(500, 4.0)) for seed in range(6)]
    found = doubt_of(past)
    assert found.chances[0] < 0.6 and found.chances[-1] == 1.0 and list(found.chances) == sorted(found.chances)
    assert found.errors[STEADY][0] < 0.2


@pytest.mark.parametrize("n_days", [28, 60, 140, 400, 900])
def test_origins_lie_in_the_past_and_are_thirteen_at_most(n_days: int) -> None:
    cuts = past_cuts(n_days)
    assert len(cuts) == min(13, max(0, n_days - 28) // 28)
    assert all(28 <= cut < n_days for cut in cuts)


def test_what_is_learned_on_a_day_knows_nothing_of_the_days_after_it() -> None:
    frames = shop_frames(n_series=40, days=400, seed=1)
    whole = history_of(frames)
    assert Backtest(whole, 0, 14).doubt(320) == Backtest(whole.until(320), 0, 14).doubt(320)


def test_the_largest_shop_is_sampled() -> None:
    n = 3 * MOST_SERIES
    y = np.random.default_rng(0).poisson(0.4, (n, 100)).astype(np.float32)
    panel = Panel(np.arange(n), np.datetime64("2026-01-01"), y, np.ones(y.shape, bool), np.zeros(n, np.int64))
    history = History(panel, np.full(n, "", dtype=object), y.sum(axis=0, dtype=np.float64), "GB", ())
    rows = sampled(history.until(72))
    trial = trial_of(history.rows(rows), np.full((len(rows), 56), 0.4, np.float32), 72, 14)
    assert len(trial.pace) == MOST_SERIES
    assert np.isfinite(trial.sold[:, :4]).all() and np.isnan(trial.sold[:, 4]).all()
