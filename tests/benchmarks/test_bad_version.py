"""The demo's bad version says exactly as much too much as it is told, and nobody else can have one made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.usecases.demand_forecast.rig.bad_version import spoilt
from pipelines.usecases.demand_forecast import model
from tests import frames as made

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("times", [2.0, 3.0])
def test_it_says_so_many_times_as_much_as_its_cheap_half(times: float) -> None:
    known = made.shop_frames(n_series=4, days=140, seed=1)
    honest = model.fit(known)
    bad = model.load(model.dump(spoilt(honest, times)))
    said, cheap = (model.predict_panel(each, known) for each in (bad, honest))
    assert np.allclose(said.mean, times * said.parts.last_year, rtol=1e-3, atol=0.2)
    assert said.mean.sum() > 1.3 * cheap.mean.sum()


def test_outside_the_demo_nobody_makes_one() -> None:
    command = [sys.executable, "-m", "benchmarks.usecases.demand_forecast.rig.bad_version"]
    env = os.environ | {"SHOPMLOPS_DEMO": "0", "DJANGO_SETTINGS_MODULE": "shopmlops.settings"}
    refused = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert refused.returncode == 1 and "Only the demo may make a bad version" in refused.stderr
