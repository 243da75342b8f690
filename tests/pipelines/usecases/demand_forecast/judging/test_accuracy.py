"""The accuracy benchmark scores panels through the code that training runs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.demand_forecast.judging import accuracy
from tests.frames import daily_sales


def a_panel(folder: Path, name: str, days: int = 240, n_series: int = 4) -> None:
    sales = daily_sales(n_series, days)
    sales["unique_id"] = name + sales["unique_id"].astype(str)
    sales.assign(shop=name, country="GB").drop(columns="stockout").to_parquet(folder / f"{name}.parquet")


def test_a_folder_without_panels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no parquet file"):
        accuracy.measure(tmp_path)


def test_every_panel_and_all_together_are_scored(tmp_path: Path) -> None:
    for name in ("north", "south"):
        a_panel(tmp_path, name)
    told: list[str] = []
    found = accuracy.measure(tmp_path, seed=5, progress=lambda share, words: told.append(words))
    assert set(found) == {"overall", "north", "south"}
    assert found["overall"]["seed"] == 5
    assert found["overall"]["series_origins"] == 2 * 4 * 3
    assert found["overall"]["prophet_series_origins"] == 2 * 4 * 3
    assert found["north"]["rmsse_vs_seasonal_naive"] < 1
    assert told[-1] == "south, origin 3 of 3"
    assert found["overall"]["coverage95_21d"] == pytest.approx(
        (found["north"]["coverage95_21d"] + found["south"]["coverage95_21d"]) / 2
    )


def test_the_figures_are_those_of_the_protocol() -> None:
    ones = np.ones(4)
    scores = accuracy.Scores(
        rmsse=0.5 * ones,
        naive_rmsse=ones,
        prophet_rmsse=np.array([1, 1, np.nan, np.nan]),
        default_prophet_rmsse=np.array([2, 2, np.nan, np.nan]),
        sold=np.array([10, 10, 20, 0.0]),
        expected=np.array([8, 12, 24, 0.0]),
        naive=np.array([0, 20, 20, 0.0]),
    )
    found = scores.figures()
    assert found["rmsse_vs_seasonal_naive"] == 0.5
    assert found["rmsse_vs_prophet_per_sku"] == 0.5
    assert found["rmsse_vs_default_prophet"] == 0.25
    assert found["bias"] == 0.1
    assert found["wape28_vs_seasonal_naive"] == pytest.approx(8 / 20)


def test_real_panels_are_forecast_better_than_by_the_simple_rule(shared: Path) -> None:
    rows = pd.read_parquet(shared / "data" / "demand" / "bakery.parquet")
    found = accuracy._figures(list(accuracy._score_file(rows, seed=0, sample=1)))
    assert found["rmsse_vs_seasonal_naive"] < 0.85
    assert all(0.9 < found[f"coverage95_{days}d"] <= 1 for days in (7, 14, 21, 28))
