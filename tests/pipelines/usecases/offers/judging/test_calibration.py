"""As many acceptances as were said, within what chance leaves."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.usecases.offers.judging.calibration import calibration


def test_what_is_said_is_compared_with_what_came() -> None:
    rng, said = np.random.default_rng(0), np.full(5_000, 0.1)
    honest = calibration(said, (rng.random(5_000) < 0.1).astype(float))
    boast = calibration(said, (rng.random(5_000) < 0.06).astype(float))
    low, high = honest["miscalibration_range"]
    assert low < 0 < high and abs(honest["miscalibration"]) < 0.1
    assert boast["miscalibration"] == pytest.approx(0.65, abs=0.15) and boast["miscalibration_range"][0] > 0.25


def test_too_few_acceptances_or_none_known_say_nothing() -> None:
    for accepted in (np.zeros(500), np.full(500, np.nan), np.r_[np.ones(10), np.zeros(490)]):
        assert calibration(np.full(500, 0.1), accepted)["miscalibration"] is None
    assert calibration(np.full(500, np.nan), np.ones(500))["known"] == 0
