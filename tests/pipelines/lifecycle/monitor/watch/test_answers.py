"""Answers that go wrong are told once, in money an hour; in the peak hours also where all hours look fine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipelines.lifecycle.monitor import measure
from pipelines.lifecycle.monitor.watch import answers
from pipelines.models import Alert, Release, Shop
from tests import exposing
from tests.exposing import MONDAY
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import OVER, an_hour, log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown


@pytest.fixture
def release() -> Release:
    return asked.a_release()


def told() -> set[str]:
    return {key.split(":")[1] for key in Alert.objects.filter(closed_at=None).values_list("key", flat=True)}


def test_a_model_that_fails_in_peak_hours_is_told_of_though_all_hours_look_fine(release: Release) -> None:
    for hour in (6, 7, 8, 9):
        an_hour(release, hour, units=500)
    an_hour(release, 10, units=30, errors=4)
    assert told() == {"peak"}


def test_few_visitors_in_each_peak_hour_count_together(release: Release) -> None:
    for hour in (10, 11, 34):
        an_hour(release, hour, units=6, errors=1)
    assert told() >= {"peak"}
    assert "Version" in Alert.objects.get(key__contains="peak").text


def test_an_error_that_chance_explains_is_not_told(release: Release) -> None:
    an_hour(release, 10, units=60, errors=2)
    assert told() == set()


@pytest.mark.parametrize(("outcome", "word"), [("error", "error"), ("late", "waited")])
def test_each_way_to_go_wrong_has_a_sentence_and_a_next_step(release: Release, outcome: str, word: str) -> None:
    an_hour(release, 12, units=30, errors=15, outcome=outcome)
    alert = Alert.objects.get()
    assert word in alert.text and alert.next_step == answers.NEXT and alert.severity == "critical"


def test_a_fallback_is_no_fault_of_a_version(release: Release) -> None:
    an_hour(release, 12, units=30, errors=15, outcome="fallback")
    assert told() == set()


def test_it_lasts_until_three_hours_are_calm_and_is_told_once(release: Release) -> None:
    an_hour(release, 12, units=100, errors=50)
    assert told() == {"every"}
    for hour in range(13, 18):
        an_hour(release, hour, units=100)
        assert (told() == {"every"}) == (hour < 17)  # five hours are taken together
    assert Alert.objects.count() == 1


def test_peak_hours_of_today_are_looked_at_until_tomorrows(release: Release) -> None:
    an_hour(release, 11, units=30, errors=15)
    answers.look(MONDAY + timedelta(hours=33))
    assert told() >= {"peak"}


def test_a_shop_that_left_is_told_nothing_new(release: Release) -> None:
    log(release, {"at": MONDAY + timedelta(hours=10), "outcome": "error"}, times=30)
    now = MONDAY + timedelta(hours=11, minutes=5)
    measure.measure(now)
    Shop.objects.update(uninstalled_at=now)
    answers.look(now)
    assert not Alert.objects.exists()


def test_who_is_not_told_of_costs_no_statement_more(release: Release, django_assert_num_queries: Any) -> None:
    log(release, {}, times=19)
    log(release, {"outcome": "error"})
    measure.measure(OVER)
    with django_assert_num_queries(1):
        assert not answers.look(OVER)
