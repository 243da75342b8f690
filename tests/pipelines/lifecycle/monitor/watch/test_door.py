"""A door that says the simple answer to everybody has no errors and answers fast: it is told for itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipelines.lifecycle.monitor import measure
from pipelines.lifecycle.monitor.watch import answers, door
from pipelines.models import Alert, Release, Shop
from tests import exposing
from tests.exposing import MONDAY, SLUG
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import OVER, log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
NOON = 12


@pytest.fixture
def release() -> Release:
    return asked.a_release()


def an_hour(release: Release, hour: float, *, units: int, hit: int = 0, **of: Any) -> None:
    """Let visitors ask in an hour from Monday on, measure it and look."""
    at = MONDAY + timedelta(hours=hour)
    log(release, {"at": at, "outcome": "fallback"} | of, times=hit)
    log(release, {"at": at}, times=units - hit)
    now = at + timedelta(hours=1, minutes=5)
    measure.measure(now)
    answers.look(now)
    door.look(now)


def told() -> set[str]:
    keys = Alert.objects.filter(closed_at=None).values_list("key", flat=True)
    return {":".join(key.split(":")[:2]) for key in keys}


def test_a_door_that_always_gives_its_fallback_is_told_after_two_hours(release: Release) -> None:
    an_hour(release, NOON, units=40, hit=40)
    assert told() == set(), "in one hour a process may have begun anew"
    an_hour(release, NOON + 1, units=40, hit=40)
    assert told() == {"door:every"}
    alert = Alert.objects.get()
    assert alert.severity == "critical" and alert.next_step == door.NEXT[door.FALLBACKS]
    assert alert.text.startswith("Of 80 visitors, 100\N{NO-BREAK SPACE}% were given the simple answer")
    assert alert.use_case == SLUG and "in the last hours" in alert.title


def test_one_peak_hour_is_enough(release: Release) -> None:
    an_hour(release, 10, units=40, hit=20)
    assert told() == {"door:peak"}


def test_a_door_without_trouble_is_not_told(release: Release) -> None:
    for hour in (NOON, NOON + 1, NOON + 2):
        an_hour(release, hour, units=200, hit=1)
    assert told() == set()


def test_it_closes_after_three_calm_hours_and_is_told_once(release: Release) -> None:
    for hour in (NOON, NOON + 1):
        an_hour(release, hour, units=100, hit=100)
    for hour in range(NOON + 2, NOON + 7):
        an_hour(release, hour, units=100)
        assert (told() == {"door:every"}) == (hour < NOON + 6)  # five hours are taken together
    assert Alert.objects.count() == 1


def test_what_comes_back_within_the_cooldown_is_the_same_alert(release: Release) -> None:
    hits = [100, 100, 0, 0, 0, 0, 0, 100, 100]
    for hour, hit in enumerate(hits, start=NOON):
        an_hour(release, hour, units=100, hit=hit)
    assert told() == {"door:every"} and Alert.objects.count() == 1


def test_errors_that_a_version_is_told_for_are_not_told_again(release: Release) -> None:
    for hour in (NOON, NOON + 1):
        an_hour(release, hour, units=100, hit=50, outcome="error")
    assert told() == {"answers:every"}


def test_errors_of_several_versions_together_are_told_of_the_door(release: Release) -> None:
    for hour in (NOON, NOON + 1):
        for version in (release.version, exposing.active(release)):
            at = MONDAY + timedelta(hours=hour)
            log(release, {"at": at, "version": version, "outcome": "error"}, times=2)
            log(release, {"at": at, "version": version}, times=58)
        an_hour(release, hour, units=0)
    assert told() == {"door:every"}
    assert Alert.objects.get().next_step == door.NEXT[door.AVAILABILITY]


def test_what_nobody_saw_lets_nobody_down(release: Release) -> None:
    for hour in (NOON, NOON + 1):
        an_hour(release, hour, units=140, hit=100, version=release.version, is_shown=False)
    assert told() == set()


def test_a_shop_that_left_is_told_nothing_new(release: Release) -> None:
    log(release, {"at": MONDAY + timedelta(hours=10), "outcome": "fallback"}, times=30)
    now = MONDAY + timedelta(hours=11, minutes=5)
    measure.measure(now)
    Shop.objects.update(uninstalled_at=now)
    assert not door.look(now)


def test_who_is_not_told_of_costs_no_statement_more(release: Release, django_assert_num_queries: Any) -> None:
    log(release, {}, times=19)
    measure.measure(OVER)
    with django_assert_num_queries(1):
        assert not door.look(OVER)
