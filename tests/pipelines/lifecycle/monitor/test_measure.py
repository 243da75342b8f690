"""What was answered in an hour is measured once it is over, and stands; what comes late is written beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence import windows
from pipelines.lifecycle.monitor import measure
from pipelines.models import Deployment, Measurement, ModelVersion, Release, ServingWindow, Shop, ShopSettings
from pipelines.stats import clock
from tests import exposing
from tests.exposing import MONDAY, SLUG
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import NOON, OVER, log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown


@pytest.fixture
def release() -> Release:
    return asked.a_release()


def figure(metric: str, **of: Any) -> Measurement:
    """Return a figure of the one hour and version of which something was asked."""
    was_asked = Measurement.objects.exclude(verdict__in=["quiet", "no_data"])
    return was_asked.get(metric=metric, segment="all", **of)


def value(metric: str, **of: Any) -> float | None:
    return figure(metric, **of).value


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


class TestSegments:
    @pytest.mark.parametrize(
        ("at", "segment"),
        [
            (MONDAY + timedelta(hours=10), "peak_weekday"),
            (MONDAY + timedelta(hours=12), "offpeak_weekday"),
            (MONDAY + timedelta(days=5, hours=15), "peak_weekend"),
            (MONDAY + timedelta(days=6, hours=10), "offpeak_weekend"),
        ],
    )
    def test_an_hour_is_measured_for_all_and_for_its_kind(self, release: Release, at: datetime, segment: str) -> None:
        log(release, {"at": at})
        measure.measure(at + timedelta(hours=1, minutes=5))
        rows = Measurement.objects.filter(metric="error_share", starts_at=at, value__isnull=False)
        assert set(rows.values_list("segment", "value")) == {("all", 0), (segment, 0)}

    def test_peak_hours_that_are_learned_again_move_no_measured_hour(self, release: Release) -> None:
        log(release, {})
        measure.measure(OVER)
        ShopSettings.objects.update(peak_hours={"weekday": [12], "weekend": [12]})
        log(release, {"outcome": "error"})
        measure.measure(OVER + timedelta(minutes=15))
        rows = Measurement.objects.filter(metric="error_share", starts_at=NOON, value__isnull=False)
        assert set(rows.values_list("segment", "value", "restated")) == {("all", 0, 0.5), ("offpeak_weekday", 0, 0.5)}

    def test_before_any_are_learned_an_hour_has_no_kind(self, release: Release) -> None:
        ShopSettings.objects.update(peak_hours={})
        log(release, {})
        measure.measure(OVER)
        assert set(Measurement.objects.values_list("segment", flat=True)) == {"all"}


class TestWhatComesLate:
    def test_measuring_again_changes_nothing(self, release: Release) -> None:
        log(release, {}, {"outcome": "error"})
        assert measure.measure(OVER)
        before = list(Measurement.objects.order_by("pk").values())
        assert measure.measure(OVER + timedelta(minutes=15)) == 0
        assert list(Measurement.objects.order_by("pk").values()) == before

    def test_it_is_written_beside_what_stands(self, release: Release) -> None:
        log(release, {}, times=3)
        measure.measure(OVER)
        stood = figure("error_share")
        log(release, {"outcome": "error"})
        measure.measure(OVER + timedelta(minutes=30))
        after = figure("error_share")
        assert (after.value, after.n, after.high, after.verdict) == (stood.value, 3, stood.high, stood.verdict)
        assert (after.restated, figure("questions").restated) == (0.25, 4)

    def test_what_no_pass_of_the_day_found_is_found_once_a_day(self, release: Release) -> None:
        log(release, {})
        evening = OVER + timedelta(hours=20)
        measure.measure(evening)
        assert not Measurement.objects.filter(starts_at=NOON, value__isnull=False).exists()
        measure.measure(evening, measure.LOOKS_FAR_BACK)
        assert value("error_share", starts_at=NOON, version=exposing.active(release)) == 0

    def test_a_silent_hour_of_which_answers_come_late_says_so(self, release: Release) -> None:
        measure.measure(OVER)
        log(release, {"outcome": "error"})
        measure.measure(OVER + timedelta(minutes=30))
        rows = Measurement.objects.filter(metric="error_share", starts_at=NOON, version=exposing.active(release))
        assert set(rows.values_list("value", "verdict", "restated")) == {(None, "quiet", 1)}

    def test_an_hour_that_goes_on_is_not_measured_yet(self, release: Release) -> None:
        log(release, {})
        measure.measure(NOON + timedelta(minutes=59))
        assert not Measurement.objects.filter(starts_at=NOON).exists()


class TestSilence:
    def answered_before(self, release: Release, units: int) -> None:
        facts = {"shop": release.shop, "use_case": SLUG, "version": exposing.active(release), "arm": "stable"}
        for weeks in range(1, 5):
            at = NOON - timedelta(weeks=weeks)
            ServingWindow.objects.create(starts_at=at, ends_at=at + clock.HOUR, units=units, **facts)

    @pytest.mark.parametrize(("units", "verdict"), [(0, "quiet"), (4, "quiet"), (5, "no_data")])
    def test_it_is_missing_data_where_somebody_always_asks_and_never_a_zero(
        self, release: Release, units: int, verdict: str
    ) -> None:
        self.answered_before(release, units)
        measure.measure(OVER)
        rows = Measurement.objects.filter(starts_at=NOON, version=exposing.active(release))
        assert set(rows.values_list("verdict", "value", "n")) == {(verdict, None, 0)}
        assert set(rows.values_list("segment", flat=True)) == {"all", "offpeak_weekday"}

    def test_a_version_that_some_see_is_expected_to_have_its_share(self, release: Release) -> None:
        self.answered_before(release, 99)  # 5 % of them are under five
        measure.measure(OVER)
        mine = Measurement.objects.filter(starts_at=NOON, version=release.version)
        assert set(mine.values_list("verdict", flat=True)) == {"quiet"}

    def test_one_version_without_a_sign_of_life_beside_another_is_missing(self, release: Release) -> None:
        log(release, {"outcome": "alive", "unit": b""})
        measure.measure(OVER)
        told = Measurement.objects.filter(starts_at=NOON, metric="error_share", segment="all")
        verdicts = dict(told.values_list("version", "verdict"))
        assert verdicts == {exposing.active(release).pk: "quiet", release.version_id: "no_data"}

    def test_before_a_version_ran_it_owes_no_hour(self, release: Release) -> None:
        Deployment.objects.update(active_since=NOON + timedelta(minutes=1))
        Release.objects.update(entered_at=NOON + timedelta(minutes=1))
        measure.measure(OVER)
        assert not Measurement.objects.filter(starts_at=NOON).exists()

    def test_a_shop_that_left_owes_none(self, release: Release) -> None:
        Shop.objects.update(uninstalled_at=MONDAY)
        measure.measure(OVER)
        assert not Measurement.objects.exists()


class TestClocks:
    @pytest.mark.parametrize("zone", ["Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Europe/London"])
    @pytest.mark.parametrize("day", [datetime(2026, 4, 5), datetime(2026, 10, 4), datetime(2026, 10, 25)], ids=str)
    def test_every_answer_is_in_one_hour_also_when_the_clock_is_changed(
        self, release: Release, zone: str, day: datetime
    ) -> None:
        Shop.objects.update(timezone=zone)
        release.shop.refresh_from_db()
        first = timezone.make_aware(day, release.shop.zone).astimezone(UTC)
        moments = [first + timedelta(minutes=15 * quarter) for quarter in range(100)]
        log(release, *({"at": at} for at in moments))
        measure.measure(moments[-1] + timedelta(hours=3), measure.LOOKS_FAR_BACK)
        rows = Measurement.objects.filter(metric="questions", segment="all", value__isnull=False)
        spans = {clock.hour_of(at, release.shop.zone) for at in moments}
        assert set(rows.values_list("starts_at", "ends_at")) == spans
        assert sum(rows.values_list("value", flat=True)) == len(moments)

    def test_a_store_that_moves_to_another_zone_has_no_answer_measured_twice(self, release: Release) -> None:
        Shop.objects.update(timezone="Asia/Kolkata")
        log(release, {"at": NOON + timedelta(minutes=10)})
        measure.measure(NOON + timedelta(minutes=40))
        assert figure("questions").starts_at == NOON - timedelta(minutes=30)
        Shop.objects.update(timezone="UTC")
        measure.measure(OVER)
        assert value("questions") == 1

    def test_an_answer_from_a_clock_that_runs_ahead_waits_for_its_hour(self, release: Release) -> None:
        ahead = NOON + timedelta(hours=3)
        log(release, {"at": ahead})
        measure.measure(OVER)
        assert not Measurement.objects.filter(value__isnull=False).exists()
        measure.measure(ahead + timedelta(hours=1, minutes=5))
        assert figure("questions").starts_at == ahead


def test_a_version_that_is_gone_leaves_no_figure_and_holds_up_nobody(release: Release) -> None:
    log(release, {}, {"version": 10**9, "outcome": "error"})
    measure.measure(OVER)
    assert value("error_share") == 0
    assert not ModelVersion.objects.filter(pk=10**9).exists()


def test_a_shop_that_was_erased_has_none(release: Release) -> None:
    log(release, {})
    Shop.objects.update(redacted_at=NOON)
    measure.measure(OVER)
    assert not Measurement.objects.exists()


def test_nothing_asked_and_nobody_there_is_nothing(db: None) -> None:
    assert measure.measure(OVER) == 0


def test_a_pass_asks_as_often_for_five_shops_as_for_one(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    read = frames.read
    monkeypatch.setattr(frames, "read", lambda sql, *rest, **facts: reads.append(sql) or read(sql, *rest, **facts))

    def statements() -> int:
        reads.clear()
        with CaptureQueriesContext(connection) as queries:
            measure.measure(OVER)
        return len(reads) + len([each for each in queries if "SAVEPOINT" not in each["sql"]])

    log(release, {}, {"outcome": "error"})
    few = statements()
    others = [exposing.a_canary(exposing.a_shop()) for _ in range(4)]
    Shop.objects.update(installed_at=MONDAY - timedelta(days=60))
    Measurement.objects.all().delete()
    for each in others:
        log(each, {}, {"outcome": "error"})
    assert statements() == few <= 20
    assert Measurement.objects.values("shop").distinct().count() == 5
