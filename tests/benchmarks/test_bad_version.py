"""The demo's bad versions are as bad as they are told, and nobody else can have one made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.usecases.demand_forecast.rig.bad_version import spoilt
from benchmarks.usecases.recommendations.rig import bad_version as of_lists
from pipelines.usecases.demand_forecast import model
from pipelines.usecases.recommendations import model as lists
from pipelines.usecases.recommendations import serving
from tests import frames as made
from tests.pipelines.usecases.recommendations import shop

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("times", [2.0, 3.0])
def test_it_says_so_many_times_as_much_as_its_cheap_half(times: float) -> None:
    known = made.shop_frames(n_series=4, days=140, seed=1)
    honest = model.fit(known)
    bad = model.load(model.dump(spoilt(honest, times)))
    said, cheap = (model.predict_panel(each, known) for each in (bad, honest))
    assert np.allclose(said.mean, times * said.parts.last_year, rtol=1e-3, atol=0.2)
    assert said.mean.sum() > 1.3 * cheap.mean.sum()


def test_its_lists_name_what_hardly_anybody_buys() -> None:
    known = shop.frames()
    honest = lists.fit(known)
    bad = lists.load(lists.dump(of_lists.spoilt(honest, 1000.0)))
    sold = known["purchases"].groupby("unique_id")["basket"].nunique()
    first = {}
    for name, version in (("honest", honest), ("bad", bad)):
        said = serving.recommend(version, known)
        pages = said[(said["kind"] == "page") & (said["rank"] <= 4)]
        first[name] = float(pages["pick"].map(sold).fillna(0).mean())
    assert first["bad"] < 0.5 * first["honest"]


@pytest.mark.parametrize("slug", ["demand_forecast", "recommendations"])
def test_outside_the_demo_nobody_makes_one(slug: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.usecases.{slug}.rig.bad_version"]
    env = os.environ | {"SHOPMLOPS_DEMO": "0", "DJANGO_SETTINGS_MODULE": "shopmlops.settings"}
    refused = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert refused.returncode == 1 and "Only the demo may make a bad version" in refused.stderr
