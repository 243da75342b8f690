"""A row of windows: breaches count among the last five, silence from the newest back, a dead monitor stands apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.strategies import Health, health
from tests.pipelines.strategies.situations import BREACH, DOWN, NO_DATA, OK, QUIET, windows

ROWS = st.lists(st.sampled_from(list(Health)), max_size=12).map(lambda healths: windows(*healths))


@given(ROWS)
def test_windows_are_counted_as_a_slow_reader_would(some: tuple) -> None:
    telling = [window.health for window in some if window.health in (OK, BREACH)][-5:]
    assert health.breach_of(some) == telling.count(BREACH)
    silent = 0
    for window in some:
        silent = 0 if window.health in (OK, BREACH) else silent + (window.health is NO_DATA)
    assert health.silence_of(some) == silent


def test_only_windows_that_say_something_are_seen() -> None:
    row = windows(OK, QUIET, BREACH, NO_DATA, DOWN)
    assert [window.health for window in health.seen(row)] == [OK, BREACH]
    assert health.answered(row) == 1


@pytest.mark.parametrize(
    ("row", "flapping", "sustained"),
    [
        ((BREACH,), False, False),
        ((BREACH, BREACH), True, False),
        ((BREACH, OK, BREACH, OK, OK), True, False),
        ((BREACH, OK, BREACH, OK, OK, OK), False, False),  # the first is forgotten after five
        ((BREACH, QUIET, BREACH, NO_DATA, BREACH), False, True),
        ((BREACH, OK, BREACH, OK, BREACH), False, True),
        ((BREACH, BREACH, BREACH, OK, OK, OK), True, False),
    ],
)
def test_two_of_five_come_and_go_and_three_stay(row: tuple[Health, ...], flapping: bool, sustained: bool) -> None:
    assert (health.is_flapping(windows(*row)), health.is_sustained(windows(*row))) == (flapping, sustained)


def test_severe_is_each_of_the_newest_three() -> None:
    severe = windows(BREACH, BREACH, BREACH, severe=True)
    assert health.is_severe(severe)
    assert health.is_severe(severe + windows(QUIET))
    assert not health.is_severe(severe[:2])
    assert not health.is_severe(severe + windows(OK))
    assert not health.is_severe(windows(BREACH) + severe[:2])


def test_broken_is_the_newest_that_says_something() -> None:
    broken = windows(BREACH, broken="NaN")
    assert health.broken_by(windows(OK) + broken) == health.broken_by(broken + windows(QUIET)) == "NaN"
    assert not health.broken_by(broken + windows(OK))
    assert not health.broken_by(())


@pytest.mark.parametrize(
    ("row", "silent"),
    [
        ((), 0),
        ((NO_DATA, NO_DATA), 2),
        ((NO_DATA, OK, NO_DATA), 1),
        ((NO_DATA, BREACH), 0),
        ((OK, NO_DATA, QUIET, DOWN, NO_DATA), 2),  # neither counts nor resets
    ],
)
def test_silence_is_counted_back_from_now(row: tuple[Health, ...], silent: int) -> None:
    assert health.silence_of(windows(*row)) == silent


@pytest.mark.parametrize(
    ("row", "is_down"),
    [((), False), ((QUIET,), False), ((DOWN,), True), ((DOWN, QUIET), True), ((DOWN, OK), False), ((OK, DOWN), True)],
)
def test_the_monitor_is_down_where_the_newest_telling_window_says_so(row: tuple[Health, ...], is_down: bool) -> None:
    assert health.is_down(windows(*row)) is is_down


@pytest.mark.parametrize(
    ("row", "settled"),
    [
        ((), True),
        ((OK, OK, OK), True),
        ((BREACH, OK, OK), False),
        ((BREACH, OK, OK, OK), True),
        ((OK, OK, OK, NO_DATA), False),
        ((OK, OK, OK, DOWN), False),
        ((OK, OK, OK, QUIET), True),
    ],
)
def test_settled_is_three_windows_without_a_breach_and_nobody_silent(row: tuple[Health, ...], settled: bool) -> None:
    assert health.is_settled(windows(*row)) is settled
