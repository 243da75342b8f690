"""Real sessions are read by month, plain models are what they are called, and each check fails where it should."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.usecases.conversion import conversion
from benchmarks.usecases.conversion.rig import made, real, references
from pipelines.stats.logistic import sigmoid
from pipelines.usecases.conversion.learning.columns import Columns, Rows

A_MONTH = 120


def sessions(months: tuple[str, ...] = ("Feb", "Mar", "May"), *, signal: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """Draw sessions in the form of the set, in an order in which months are mixed."""
    random = np.random.default_rng(seed)
    count = A_MONTH * len(months)
    table = pd.DataFrame({"row": random.permutation(count), "Month": np.repeat(months, A_MONTH)})
    for key in real.COLUMNS.amounts:
        table[key] = random.exponential(3, count)
    for key in real.COLUMNS.names:
        table[key] = random.integers(1, 4, count)
    table["VisitorType"], table["Weekend"] = random.choice(["New", "Old"], count), random.random(count) < 0.3
    table["Revenue"] = random.random(count) < sigmoid(signal * (np.log1p(table["ExitRates"].to_numpy()) - 2))
    bought = table["Revenue"].to_numpy()
    table["PageValues"] = np.where(random.random(count) < np.where(bought, 0.9, 0.02), 20.0, 0.0)
    return table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "online_shoppers_intention"
    home.mkdir()
    sessions(seed=3).to_parquet(home / "Z_sessions.parquet")
    return tmp_path


def test_every_part_of_the_set_is_read_month_after_month_in_the_order_of_the_file(folder: Path) -> None:
    (part,) = real.parts(str(folder), lambda text: None)
    assert part.name == "Z_sessions" and part.months == ["Feb", "Mar", "May"]
    assert (np.diff(part.rows.day) >= 0).all() and part.rows.day[part.of("May")].min() == 4 * real.DAYS + 1
    assert np.bincount(part.rows.day[part.of("Mar")])[-real.DAYS :].tolist() == [A_MONTH // real.DAYS] * real.DAYS
    table = sessions(seed=3)
    first = table[table["Month"] == "Mar"].sort_values("row").iloc[0]
    assert part.rows.known["ExitRates"].to_numpy()[part.of("Mar")][0] == first["ExitRates"]


def test_a_folder_without_the_set_is_said_and_no_folder_is_refused(tmp_path: Path) -> None:
    said: list[str] = []
    assert list(real.parts(str(tmp_path), said.append)) == [] and "has no" in said[0]
    with pytest.raises(SystemExit, match="--data DIR"):
        conversion.run({"data": None, "seed": 0}, said.append)


def test_what_is_worked_out_from_purchases_is_refused_and_nothing_else(folder: Path) -> None:
    (part,) = real.parts(str(folder), lambda text: None)
    assert [(check.value, check.ok) for check in conversion.leaks(part, lambda text: None)] == [(1.0, True), (0, True)]
    blind = real.Part(
        part.name, Rows(part.rows.known.assign(PageValues=0.0), part.rows.day, part.rows.came), part.month
    )
    assert [check.ok for check in conversion.leaks(blind, lambda text: None)] == [False, True]


def test_later_months_are_told_from_what_was_before_and_checked(folder: Path) -> None:
    (part,) = real.parts(str(folder), lambda text: None)
    columns = Columns(("ExitRates",), ("VisitorType",))
    said = conversion.lived_through(part, columns, 0)
    assert said.keys() == {"ours", "uncorrected", "base_rate", "logistic", "lightgbm"}
    for each in said.values():
        assert np.isnan(each[part.of("Feb")]).all() and np.isfinite(each[~part.of("Feb")]).all()
    flipped = real.Part(part.name, Rows(part.rows.known, part.rows.day, part.rows.came.copy()), part.month)
    flipped.rows.came[part.rows.day > part.rows.day.max() - 10] = 1.0
    again = conversion.lived_through(flipped, columns, 0)
    before = ~part.of("Feb") & (part.rows.day <= part.rows.day.max() - 10)
    for who, each in said.items():
        assert each[before] == pytest.approx(again[who][before], abs=1e-12)


def test_each_check_fails_where_it_should_and_a_small_month_is_insufficient(folder: Path) -> None:
    (part,) = real.parts(str(folder), lambda text: None)
    came = part.rows.came
    good, bad = 0.6 * came + 0.2, 0.8 - 0.6 * came
    for ours, is_surer in ((good, True), (bad, False)):
        surer, error = conversion.of_month(
            part, "Mar", {"ours": ours, "uncorrected": ours, "base_rate": np.full(len(came), 0.3)}, lambda text: None
        )
        assert surer.ok is is_surer and error.target == f"insufficient: {A_MONTH} of 400 sessions" and error.ok


def test_the_plain_regression_has_no_slope_left_at_its_weights() -> None:
    random = np.random.default_rng(0)
    known = pd.DataFrame({"x": random.normal(5, 2, 2_000), "kind": random.choice(["a", "b"], 2_000)})
    came = (random.random(2_000) < sigmoid(known["x"].to_numpy() - 5)).astype(np.float64)
    rows = Rows(known, np.arange(2_000), came)
    said = references.logistic(rows, rows, Columns(("x",), ("kind",)), 0)
    assert said.mean() == pytest.approx(came.mean(), abs=1e-4)
    assert np.corrcoef(said, sigmoid(known["x"].to_numpy() - 5))[0, 1] > 0.995


def test_the_running_base_rate_is_that_of_the_last_four_weeks() -> None:
    rows = Rows(pd.DataFrame(index=range(4)), np.array([1, 40, 60, 61]), np.array([1.0, 1.0, 0.0, 1.0]))
    assert references.base_rate(rows, rows, Columns(()), 0).tolist() == [pytest.approx(2.5 / 4)] * 4


def test_made_sessions_stand_in_order_and_tell_no_outcome_that_is_not_known() -> None:
    told = made.moments(10, 30, seed=1)
    assert told["at"].is_monotonic_increasing and set(told["of"]) == {"session", "checkout"}
    assert set(told.loc[told["of"] == "session", "events"]) <= made.TOLD_AFTER
    first = told[told["events"] == 1]
    assert (first[["adds", "removes", "carts", "value", "minutes"]] == 0).all().all()
    assert (told["at"] + pd.to_timedelta(told["waited"].fillna(0), unit="h")).max() < pd.Timestamp("2026-11-23")
    assert made.moments(10, 30, seed=1).equals(told)
