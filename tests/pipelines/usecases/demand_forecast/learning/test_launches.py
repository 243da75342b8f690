"""New products start like their type; products that are not launched yet do not exist."""

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.demand_forecast.learning.history import History
from pipelines.usecases.demand_forecast.learning.launches import blend_new, settled

PROFILES = {"": tuple(float(units) for units in range(13, 0, -1))}

USUAL = np.ones((1, 28), dtype=np.float32)  # no season


def history(firsts: list[int], days: int) -> History:
    """A history of one unit a day in which each series is seen from its first day on."""
    seen = np.arange(days) >= np.array(firsts)[:, None]
    panel = Panel(
        ids=np.array([f"v{number}" for number in range(len(firsts))], dtype=object),
        start=np.datetime64("2026-01-01"),
        y=seen.astype(np.float32),
        seen=seen,
        first=np.array(firsts),
    )
    return History(panel, np.full(len(firsts), "", dtype=object), panel.y.sum(axis=0, dtype=float), "GB", ())


def test_a_product_that_is_launched_after_the_origin_keeps_its_own_forecast() -> None:
    y_hat = np.zeros((2, 28), dtype=np.float32)
    blended = blend_new(y_hat, USUAL, history([0, 170], 200).until(60), PROFILES)
    assert (blended == 0).all()


def test_a_product_of_one_week_starts_mostly_like_its_type() -> None:
    blended = blend_new(np.ones((2, 28), dtype=np.float32), USUAL, history([0, 53], 60), PROFILES)
    assert (blended[0] == 1).all()
    assert blended[1, 0] == 0.25 * 1 + 0.75 * 12


def launched_with_a_rush(units: np.ndarray) -> History:
    """Beside an old series, launches that sell 40 on their first day and these units a day since."""
    days, n = 60, len(units)
    y = np.zeros((n + 1, days), dtype=np.float32)
    y[0], y[1:, -units.shape[1] :], y[1:, -units.shape[1] - 1] = 1, units, 40
    first = np.array([0] + [days - units.shape[1] - 1] * n)
    seen = np.arange(days) >= first[:, None]
    panel = Panel(np.arange(n + 1), np.datetime64("2026-01-01"), y, seen, first)
    return History(panel, np.full(n + 1, "", dtype=object), y.sum(axis=0, dtype=float), "GB", ())


@pytest.mark.parametrize("seed", range(20))
def test_the_rush_of_a_launch_is_left_out(seed: int) -> None:
    units = np.random.default_rng(seed).poisson(2, (12, 14))
    found = settled(np.full((13, 7), 4.0, np.float32), launched_with_a_rush(units), 60)[1:].mean(axis=1)
    assert found.mean() == pytest.approx(units.mean(), rel=1e-5)
    assert found.min() > 1.4 and found.max() < 2.6


def test_launches_that_differ_by_more_than_chance_keep_what_is_theirs() -> None:
    units = np.repeat([[1.0], [5.0], [15.0]], 14, axis=1)
    found = settled(np.full((4, 7), 4.0, np.float32), launched_with_a_rush(units), 60)[1:].mean(axis=1)
    assert found == pytest.approx([1, 5, 15], rel=0.15)
