"""Errors beside the simple rule's: days count, only those of what ran, and only usual ones."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from pipelines.lifecycle.results import accuracy, report
from pipelines.models import Measurement
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Monitored
from pipelines.usecases.wording import PageWords
from tests import exposing, histories, reporting
from tests.reporting import A_MONDAY, OCTOBER, USE_CASE, each_day, of_28_days, saved


def asked(shop, apart=frozenset(), use_case=USE_CASE):
    return report.asked_of(shop, use_case, OCTOBER, frozenset(apart))


def measured(version, ours=30.0, rule=40.0, days=31):
    each_day(version, "missed_1d", ours + saved(days, 0, 4, seed=1))
    each_day(version, "missed_by_rule_1d", rule + saved(days, 0, 4, seed=2))


def test_fewer_units_missed_day_after_day_are_proven(shop, version):
    measured(version)
    found = accuracy.claim(asked(shop))
    assert found.mark == "proven" and found.n == 31
    assert found.value == pytest.approx(0.25) and 0 < found.low < 0.25 < found.high
    assert found.details["p_value"] < 0.001 and not found.is_counted


@pytest.mark.parametrize("use_case", USE_CASES.values(), ids=lambda case: case.slug)
def test_each_family_says_how_what_was_missed_is_counted(use_case):
    spoken = use_case.words
    told = accuracy.how(spoken, tells_chances=False)
    assert told.startswith(spoken.page.missed) and f"on the same {spoken.units}" in told
    assert use_case.monitored.missed is None or spoken.page.missed != PageWords.missed


def test_more_units_missed_are_proven_to_be_more(shop, version):
    measured(version, ours=50.0)
    found = accuracy.claim(asked(shop))
    assert found.mark == "proven" and found.high < 0


def test_as_many_are_not_proven(shop, version):
    measured(version, ours=40.0)
    assert accuracy.claim(asked(shop)).mark == "not_proven"


@pytest.mark.parametrize("days", [0, 13])
def test_too_few_days_are_not_measured_and_no_zero(shop, version, days):
    measured(version, days=days) if days else None
    found = accuracy.claim(asked(shop))
    assert (found.mark, found.value, found.n) == ("not_measured", None, days)
    assert "14" in found.how


def test_days_of_freezes_and_events_are_left_out(shop, version):
    measured(version)
    found = accuracy.claim(asked(shop, OCTOBER.days[:10]))
    assert found.n == 21


def test_days_on_which_another_version_or_the_simple_rule_ran_are_left_out(shop):
    version = reporting.live(shop, OCTOBER.starts_at + timedelta(days=9, hours=12))
    measured(version)
    assert accuracy.claim(asked(shop)).n == 21


def test_labels_that_were_restated_count_as_they_are_known_now(shop, version):
    measured(version)
    Measurement.objects.filter(metric="missed_1d").update(restated=40.0)
    assert accuracy.claim(asked(shop)).mark == "not_proven"


def test_chances_are_set_beside_the_usual_share(shop):
    watched = Monitored(("pages",), "score", "ordered", timedelta(days=1), says="chances")
    with USE_CASES.also(dataclasses.replace(exposing.SHOWN, monitored=watched)):
        measured(reporting.live(shop, use_case=exposing.SLUG))
        found = accuracy.claim(asked(shop, use_case=exposing.SLUG))
    assert found.mark == "proven" and found.value == pytest.approx(0.25)
    assert found.title == "Error, against the share that ordered in the two weeks before"
    assert found.how.startswith("Squared errors of the chances")


def test_a_use_case_that_does_not_say_what_it_missed_is_not_measured(shop):
    with USE_CASES.also(exposing.SHOWN):
        found = accuracy.claim(asked(shop, use_case=exposing.SLUG))
    assert (found.mark, found.how) == ("not_measured", accuracy.NOT_WATCHED)


class TestOf28Days:
    def test_they_are_set_beside_the_simple_rules_with_what_was_missed_less_day_by_day(self, shop, version):
        measured(version)
        of_28_days(version, A_MONDAY)
        found = accuracy.of_28_days(asked(shop))
        assert (found["first"], found["last"], found["n"]) == ("2026-09-28", "2026-10-25", 12)
        assert (found["value"], found["rule"], found["less"]["n"]) == (0.2, 0.3, 25)
        assert found["less"]["low"] < found["less"]["value"] < found["less"]["high"]
        assert found["less"]["value"] == pytest.approx(0.25, abs=0.03) and found["less"]["p_value"] < 0.001

    def test_days_apart_are_not_compared(self, shop, version):
        measured(version)
        of_28_days(version, A_MONDAY)
        assert accuracy.of_28_days(asked(shop, OCTOBER.days[:10]))["less"]["n"] == 15

    def test_the_newest_that_ended_in_the_month_count_as_they_are_known_now(self, shop, version):
        for weeks in (-6, -1, 0, 1):
            of_28_days(version, A_MONDAY + timedelta(weeks=weeks), ours=0.1 * (weeks + 9))
        assert accuracy.of_28_days(asked(shop))["value"] == pytest.approx(0.9), "the last one ends in November"
        Measurement.objects.filter(metric="wape_28d").update(restated=0.4)
        assert accuracy.of_28_days(asked(shop))["value"] == 0.4

    def test_of_what_did_not_run_or_was_not_measured_there_are_none(self, shop, version):
        assert accuracy.of_28_days(asked(shop)) is None
        other = histories.a_version(shop)
        of_28_days(other, A_MONDAY)
        assert accuracy.of_28_days(asked(shop)) is None
        of_28_days(version, A_MONDAY, rule=None)
        assert accuracy.of_28_days(asked(shop)) is None

    def test_too_few_days_have_no_range(self, shop, version):
        measured(version, days=7)
        of_28_days(version, A_MONDAY)
        assert accuracy.of_28_days(asked(shop))["less"] is None
