"""New products start like their type; products that are not launched yet do not exist."""

import numpy as np

from pipelines.stats.frames import Panel
from pipelines.usecases.demand_forecast.learning.history import History
from pipelines.usecases.demand_forecast.learning.launches import blend_new

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
