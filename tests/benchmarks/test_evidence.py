"""The simulations of `manage.py benchmark evidence`, small: what merchants are asked to trust keeps its promises."""

from __future__ import annotations

import pytest

from benchmarks import evidence
from benchmarks.evidence import Row, drift, levels
from benchmarks.usecases.demand_forecast.evidence import decay, weeks

NEEDS_DATA = pytest.mark.skipif(evidence.real_data("demand") is None, reason="needs ../shared/data/demand")


def missed(rows: list[Row]) -> list[str]:
    return [str(row) for row in rows if row.holds is False]


def test_every_subject_is_found_and_a_missed_promise_fails(monkeypatch):
    assert {"decay", "weeks"} <= {name for name, _ in evidence.subjects()}
    rows = [
        evidence.at_most("a", "one", 0.03, 0.025),
        evidence.told("a", "two", 9.0),
        evidence.absent("a", "three", "x"),
    ]
    monkeypatch.setattr(evidence, "subjects", lambda: iter([("a", lambda quick: rows)]))
    said: list[str] = []
    checks = evidence.run({"full": False}, said.append)
    assert [(check.value, check.ok) for check in checks] == [(0.03, False), (9.0, True), (None, True)]
    assert "MISSED" in said[1] and "told, not promised" in said[2] and "there is no x beside the project" in said[3]
    assert evidence.at_least("a", "b", 0.8, 0.8).holds


def test_real_data_that_is_absent_is_said_to_be(monkeypatch, settings, tmp_path):
    settings.BASE_DIR = tmp_path / "project"
    for subject in (decay.on_real_shops(quick=True), weeks.on_real_shops(shuffles=1)):
        (row,) = subject
        assert row.measured is None and row.holds is None and "there is no ../shared/data/demand" in row.promise


def test_years_without_decay_are_quiet_and_a_shift_is_found():
    """At most 10 % of years for three laws, three memories and three lengths; 2,000 draws in the benchmark."""
    assert not missed([row for row in decay.false_alarms(400) if "AR 0.5" not in row.case])
    shares = [row.measured for row in decay.false_alarms(400) if "AR 0.5" in row.case]
    assert sum(shares) / len(shares) <= decay.MOST_FALSE
    for row in decay.found(600):
        assert row.measured >= float(row.promise.removeprefix(">= ")) - 0.05


def test_a_backtest_of_few_blocks_starts_late_and_not_wrongly():
    assert decay.alarmed(decay.days_of("lognormal", 0.5, 400, 21 + 365), 21) <= 0.12


@pytest.mark.parametrize("law", weeks.LAWS)
@pytest.mark.parametrize("levels", [weeks.of_two_versions, weeks.of_the_losses])
def test_equally_good_versions_stay(law, levels):
    assert weeks.rolled_back(law, 0.5, 300, levels) <= weeks.MOST_FALSE


def test_harm_that_lasts_is_found_by_losses_alone():
    """Where the levels say nothing, weeks that cost 1.5 sds more are found."""
    from pipelines.stats.inference import paired_weeks

    days = decay.days_of("normal", 0.3, 200, 26) + 1.5
    scale = float(paired_weeks.CLIPPED_AT)
    told = [weeks.told_by(row, scale, [row * 0, row * 0]) for row in days]
    assert sum(one.acts for one in told) >= 0.8 * len(told)


@NEEDS_DATA
def test_wrong_forecasts_in_real_shops_are_found_and_right_ones_stay():
    rows = list(weeks.on_real_shops(shuffles=1, only=frozenset({"CA_1", "WI_2"})))
    assert not missed(rows)
    assert len([row for row in rows if "called worse in" in row.case]) == 2 * len(weeks.WRONGS)


def test_stable_months_are_quiet_and_a_lasting_change_is_found():
    assert drift.alarms(3) == 0
    share, days = drift.found_of(drift.CHANGES[1], 3)
    assert share == 1.0 and days <= drift.MONTH


@pytest.mark.parametrize("alone", [False, True], ids=["beside the one before", "a first version"])
def test_a_version_that_says_three_times_too_much_is_asked_about_within_days_and_a_sound_one_is_not(alone):
    usual, known, unknown, season = (levels.KINDS[place] for place in (0, 4, 5, 6))
    assert not any(levels.alarms(kind, alone, 2) for kind in (usual, known, unknown, season))
    soon, week = levels.noticed(usual, alone, 3.0, 20)
    assert soon >= 0.6 and week == 1
