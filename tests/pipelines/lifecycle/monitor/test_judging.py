"""Shares are of units, times of answers; green is a claim that the range must bear out."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.evidence import windows
from pipelines.lifecycle.monitor import measure
from pipelines.models import Measurement, Release
from tests import exposing
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import OVER, figure, log, value

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown


@pytest.fixture
def release() -> Release:
    return asked.a_release()


class TestShares:
    def test_each_is_of_units_with_its_range_and_they_say_what_became_of_each(self, release: Release) -> None:
        log(release, {}, times=96)
        log(release, *({"outcome": outcome} for outcome in ("error", "late", "fallback", "answered")))
        measure.measure(OVER)
        told = [(figure(name).n, value(name)) for name in ("error_share", "slow_share", "fallback_share")]
        assert told == [(100, 0.01)] * 3
        assert (value("answered_share"), value("availability")) == (0.97, 0.98)
        assert figure("answered_share").low < 0.97 < figure("answered_share").high

    def test_a_unit_with_many_errors_is_one(self, release: Release) -> None:
        log(release, {"unit": b"u" * 16, "outcome": "error"}, times=5)
        log(release, {}, times=9)
        measure.measure(OVER)
        assert (figure("error_share").n, value("error_share"), value("questions")) == (10, 0.1, 14)

    def test_what_nobody_saw_is_measured_but_was_no_visitors(self, release: Release) -> None:
        log(release, {"version": release.version, "arm": "canary", "is_shown": False, "outcome": "error"})
        measure.measure(OVER)
        assert value("error_share", version=release.version) == 1
        missing = figure("availability", version=release.version)
        assert (missing.n, missing.value, missing.verdict) == (0, None, "insufficient")

    def test_a_door_that_always_says_the_safe_default_is_not_well(self, release: Release) -> None:
        log(release, {"outcome": "fallback", "milliseconds": 0.0}, times=100)
        measure.measure(OVER)
        row = {name: figure(name) for name in ("error_share", "fallback_share", "availability", "latency_p95")}
        assert [row[name].verdict for name in ("error_share", "fallback_share", "availability")] == [
            "ok",
            "breach",
            "breach",
        ]
        assert (row["latency_p95"].n, row["latency_p95"].value, row["latency_p95"].verdict) == (0, None, "insufficient")

    def test_the_simple_rule_is_meant_to_give_the_safe_default(self, release: Release) -> None:
        log(release, {"version": None, "outcome": "fallback"}, times=80)
        measure.measure(OVER)
        assert figure("fallback_share", version=None).verdict == "ok"
        assert value("answered_share", version=None) == 1

    def test_use_cases_and_shops_are_apart(self, release: Release) -> None:
        other = exposing.a_canary(exposing.a_shop())
        log(release, {})
        log(other, {"outcome": "error"})
        measure.measure(OVER)
        told = Measurement.objects.filter(metric="error_share", segment="all", value__isnull=False)
        assert set(told.values_list("shop", "value")) == {(release.shop_id, 0), (other.shop_id, 1)}


class TestGreenIsAClaim:
    @pytest.mark.parametrize(("units", "verdict"), [(1, "insufficient"), (72, "insufficient"), (73, "ok")])
    def test_no_error_in_too_few_units_is_not_green(self, release: Release, units: int, verdict: str) -> None:
        log(release, {}, times=units)
        measure.measure(OVER)
        assert figure("error_share").verdict == verdict

    @pytest.mark.parametrize(("units", "errors"), [(100, 4), (100, 5), (100, 6), (300, 8), (300, 9)])
    def test_red_is_the_law_of_the_release_windows(self, release: Release, units: int, errors: int) -> None:
        log(release, {"outcome": "error"}, times=errors)
        log(release, {}, times=units - errors)
        measure.measure(OVER)
        is_red = windows.is_over(errors, units, windows.ERRORS_ALLOWED)
        assert (figure("error_share").verdict == "breach") == is_red

    @pytest.mark.parametrize(
        ("answered", "known"), [(72, {"latency_p50"}), (73, {"latency_p50", "latency_p95"}), (381, set())]
    )
    def test_a_slow_tail_that_few_answers_cannot_show_is_not_green(
        self, release: Release, answered: int, known: set[str]
    ) -> None:
        log(release, {}, times=answered)
        measure.measure(OVER)
        rows = [figure(f"latency_{name}") for name in ("p50", "p95", "p99")]
        green = {row.metric for row in rows if row.verdict == "ok"}
        assert green == (known or {"latency_p50", "latency_p95", "latency_p99"})
        assert green == {row.metric for row in rows if row.high is not None}

    def test_quantiles_are_answers_that_were_given_and_their_ranges_too(self, release: Release) -> None:
        log(release, *({"milliseconds": float(number)} for number in range(1, 1001)))
        measure.measure(OVER)
        p95 = figure("latency_p95")
        assert (value("latency_p50"), p95.value, value("latency_p99")) == (500, 950, 990)
        assert (p95.low, p95.high) == (936, 964)  # 950 -+ 1.96 sqrt(1000 .95 .05) = 13.5
        assert p95.verdict == "breach" and figure("latency_p99").verdict == "ok"  # 50 ms are allowed, to 95 of 100
