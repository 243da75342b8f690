"""The cheap forecast at every cut that is asked for is the one that is worked out for it alone."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.demand_forecast.learning import cheap as module
from pipelines.usecases.demand_forecast.learning.cheap import Cheap
from pipelines.usecases.demand_forecast.learning.ensemble import pooled_week, weekly_profiles
from pipelines.usecases.demand_forecast.learning.history import History
from pipelines.usecases.demand_forecast.learning.launches import settled
from pipelines.usecases.demand_forecast.learning.season import season_of, years_before

CUTS = (420, 448)


@pytest.fixture(scope="module")
def history() -> History:
    y = np.random.default_rng(3).poisson(2.0, (6, 500)).astype(np.float32)
    panel = Panel(np.arange(6), np.datetime64("2025-01-01"), y, np.ones(y.shape, bool), np.zeros(6, np.int64))
    return History(panel, np.full(6, ""), y.sum(axis=0, dtype=float), "", ())


def alone(history: History, cut: int) -> tuple[np.ndarray, np.ndarray]:
    """Work out members and week of one cut by itself."""
    members = weekly_profiles(history.panel, [cut])[cut]
    return members, settled(pooled_week(members, history, cut), history, cut)


@pytest.mark.parametrize("asked", [{"cuts": CUTS}, {"weeks_at": CUTS}, {}], ids=["members", "weeks", "later"])
def test_all_at_once_is_one_by_one(history: History, asked: dict) -> None:
    cheap = Cheap(history, **asked)
    for cut in CUTS:
        members, week = alone(history, cut)
        np.testing.assert_allclose(cheap.week(cut), week, rtol=1e-5)
        np.testing.assert_allclose(cheap.cube(cut), members, rtol=1e-5)


@pytest.mark.parametrize("cut", CUTS)
def test_the_season_is_read_from_the_years_before(history: History, cut: int) -> None:
    years = {year: alone(history, year)[1] for year in years_before(cut)}
    assert years
    expected = season_of(history.until(cut), years, 28)
    np.testing.assert_allclose(Cheap(history, CUTS).season(cut, 28).index(0.4), expected.index(0.4), rtol=1e-5)


def test_what_is_known_is_not_worked_out_again(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = Cheap(history, CUTS)
    monkeypatch.setattr(module, "weekly_profiles", lambda *_: pytest.fail("walked through the history again"))
    for cut in CUTS:
        cheap.cube(cut), cheap.week(cut), cheap.season(cut, 28)


def test_the_history_is_walked_once_for_all_cuts(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    walks = []

    def walk(panel: Panel, *cuts: list[int]) -> dict[int, np.ndarray]:
        walks.append(cuts)
        return weekly_profiles(panel, *cuts)

    monkeypatch.setattr(module, "weekly_profiles", walk)
    Cheap(history, CUTS, [300])
    ((members, weeks),) = walks
    assert members == sorted(CUTS) and {300, *years_before(420), *years_before(448)} == set(weeks)
