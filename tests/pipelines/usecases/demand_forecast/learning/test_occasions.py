"""Days that are no usual days: found by name, read around their day of a past year, lifted as they were before."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.contract import Event
from pipelines.usecases.demand_forecast.learning.history import History
from pipelines.usecases.demand_forecast.learning.occasions import (
    DOUBT,
    FEW_UNITS,
    Occasion,
    Occasions,
    named_holidays,
    occasions_of,
)

CUT, HORIZON = 400, 28


def occasions(*found: Occasion) -> Occasions:
    return Occasions(found, CUT, HORIZON)


def shrunk(log: float) -> float:
    return log**3 / (log**2 + DOUBT**2)


def test_its_days_are_marked_as_far_as_they_are_known() -> None:
    marked = occasions(Occasion("a", -1, 3), Occasion("b", 10), Occasion("c", 427, 9)).special
    assert len(marked) == CUT + HORIZON and np.flatnonzero(marked).tolist() == [0, 1, 10, 427]


def test_a_day_without_an_occasion_is_like_the_one_so_long_ago() -> None:
    assert occasions().sources(364).tolist() == list(range(CUT - 364, CUT - 364 + HORIZON))


@pytest.mark.parametrize("moved", [-40, -3, 3, 10, 40])
def test_around_a_moved_occasion_days_are_read_as_far_from_its_day_then(moved: int) -> None:
    now = CUT + 14
    source = occasions(Occasion("Easter", now - 364 - moved), Occasion("Easter", now)).sources(364)
    usual = np.arange(CUT, CUT + HORIZON) - 364
    near = np.arange(0, 14 + 1 + 7)  # two weeks before, the day, a week after
    assert source[near].tolist() == (usual - moved)[near].tolist()
    assert source[22:].tolist() == usual[22:].tolist()


@pytest.mark.parametrize("moved", [-41, -2, 0, 2, 41])
def test_one_that_hardly_moved_or_is_another_one_moves_nothing(moved: int) -> None:
    now = CUT + 14
    source = occasions(Occasion("Easter", now - 364 - moved), Occasion("Easter", now)).sources(364)
    assert source.tolist() == (np.arange(CUT, CUT + HORIZON) - 364).tolist()


def test_between_two_the_nearer_one_counts() -> None:
    then = [Occasion("a", CUT + 5 - 370), Occasion("b", CUT + 15 - 380)]
    away = (CUT + np.arange(HORIZON)) - occasions(*then, Occasion("a", CUT + 5), Occasion("b", CUT + 15)).sources(364)
    assert away[5] == 370 and away[15] == 380 and away[8] == 370 and away[12] == 380


def test_a_lift_is_what_it_did_to_the_same_weekdays_around_it_before() -> None:
    total = np.full(CUT, 95.0)
    total[100] = 395.0
    lift = occasions(Occasion("Sale", 100), Occasion("Sale", CUT + 3)).lift(total)
    assert lift[3] == pytest.approx(shrunk(np.log(400 / 100))) and np.count_nonzero(lift) == 1


def test_small_lifts_are_taken_for_chance_and_several_are_averaged() -> None:
    total = np.full(CUT, 95.0)
    total[[100, 200]] = 105.0, 295.0
    seen = occasions(Occasion("S", 100), Occasion("S", 200), Occasion("S", CUT))
    logs = [np.log((units + FEW_UNITS) / 100) for units in (105, 295)]
    assert seen.lift(total)[0] == pytest.approx(shrunk(float(np.mean(logs))))
    weak = occasions(Occasion("S", 100), Occasion("S", CUT)).lift(total)[0]
    assert 0 < weak < 0.15 * np.log(1.1)


def test_other_occasions_nearby_are_no_usual_days() -> None:
    total = np.full(CUT, 95.0)
    total[100], total[[86, 93]] = 395.0, 9_000.0
    others = (Occasion("Other", 86), Occasion("Other two", 93))
    assert occasions(*others, Occasion("S", 100), Occasion("S", CUT)).lift(total)[0] == pytest.approx(shrunk(np.log(4)))


def test_each_day_of_a_long_one_is_read_from_its_own_day_and_a_shorter_past_from_its_last() -> None:
    total = np.full(CUT, 95.0)
    total[[100, 101]] = 195.0, 395.0
    lift = occasions(Occasion("S", 100, 2), Occasion("S", CUT, 3)).lift(total)
    assert lift[:4].tolist() == pytest.approx([shrunk(np.log(2)), shrunk(np.log(4)), shrunk(np.log(4)), 0])


def test_only_the_last_five_times_count_and_a_first_time_lifts_nothing() -> None:
    total = np.full(CUT, 95.0)
    times = [40, 80, 120, 160, 200, 240]
    total[40] = 9_995.0
    total[times[1:]] = 195.0
    lift = occasions(*(Occasion("S", at) for at in times), Occasion("S", CUT), Occasion("New", CUT + 9)).lift(total)
    assert lift[0] == pytest.approx(shrunk(np.log(2))) and lift[9] == 0


def test_holidays_and_own_events_are_found_with_names_and_lengths() -> None:
    y = np.ones((1, 100), np.float32)
    panel = Panel(np.arange(1), np.datetime64("2026-09-01"), y, np.ones(y.shape, bool), np.zeros(1, np.int64))
    events = (Event("Sale", date(2026, 9, 3), date(2026, 9, 5)), Event("Long ago", date(2020, 1, 1), date(2020, 1, 2)))
    history = History(panel, np.array([""]), y.sum(axis=0, dtype=float), "GB", events)
    found = occasions_of(history, 28)
    assert (found.cut, found.horizon) == (100, 28)
    assert found.found[0] == Occasion("Sale", 2, 3)
    assert {one.name: one.first for one in found.found if one.days == 1}["Christmas Day"] == 115
    assert all(one.name != "Long ago" for one in found.found)
    assert [one.first for one in found.found] == sorted(one.first for one in found.found)


def test_a_country_that_nobody_knows_has_none() -> None:
    assert named_holidays("ZZ", (2026,)) == () and (np.datetime64("2026-12-25"), "Christmas Day") in named_holidays(
        "GB", (2026,)
    )
