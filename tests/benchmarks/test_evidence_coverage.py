"""Stock lasts as often as is asked over the days that it has to last: the simulation of the evidence, smaller."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.usecases.demand_forecast.evidence import coverage


@pytest.fixture(scope="module")
def figures() -> dict[str, float | None]:
    return coverage.counted(8, 80, seed=3)


@pytest.mark.parametrize("days", [7, 14, 21, 28, 56])
def test_stock_lasts_as_often_as_it_is_asked_for(figures: dict[str, float], days: int) -> None:
    assert 0.94 <= figures[f"coverage95_{days}d"] <= 0.98
    assert 0.88 <= figures[f"coverage90_{days}d"] <= 0.95
    assert figures[f"coverage95_worst_kind_{days}d"] >= 0.90
    assert figures[f"coverage95_slow_{days}d"] >= coverage.LEAST_OF_SLOW[days]


def test_one_error_for_all_horizons_would_not_last_eight_weeks(figures: dict[str, float]) -> None:
    assert figures["plain95_56d"] < 0.93
    assert 0 < figures["extra_stock_56d"] < 0.5


def test_each_share_stands_beside_its_promise(figures: dict[str, float]) -> None:
    rows = list(coverage.told(figures))
    assert {row.subject for row in rows} == {"coverage"} and len(rows) == 5 * 6
    assert all(row.holds is not False for row in rows)
    spoilt = {name: 0.5 if value is not None else None for name, value in figures.items()}
    assert sum(row.holds is False for row in coverage.told(spoilt)) == 5 * 4


def test_drawn_levels_wander_around_their_mean() -> None:
    levels = coverage.wandering(np.random.default_rng(0), 400, 60)
    assert levels.std() == pytest.approx(1, abs=0.05)
    apart = np.corrcoef(levels[:, 0], levels[:, 60])[0, 1]
    assert apart == pytest.approx(np.exp(-1), abs=0.1)
