"""What was answered is appended, and summed by units into the windows by which an arm is judged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.lifecycle.evidence import answers, exposures
from pipelines.lifecycle.ingest import privacy
from pipelines.models import Exposure, Order, PredictionLog, Release, ServingWindow, Shop
from pipelines.stats import assignment, clock
from tests import exposing
from tests.exposing import MONDAY, SLUG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
NOON = MONDAY + timedelta(hours=12)
UNIT = b"u" * 16


@pytest.fixture
def release() -> Release:
    return exposing.a_canary(exposing.a_shop())


def log(release: Release, *rows: dict[str, Any], now: datetime | None = None) -> None:
    """Append answers, by the new version at noon where nothing else is said, and sum them up."""
    usual = {"version": release.version, "arm": "canary", "unit": UNIT, "at": NOON}
    exposing.append(answers.LOG, [exposing.said(release.shop, **usual | row) for row in rows])
    answers.sum_up(now or NOON + timedelta(minutes=30))


def window(arm: str = "canary") -> tuple[int, ...]:
    row = ServingWindow.objects.get(arm=arm)
    return row.units, row.errors, row.slow, row.heartbeats


class TestSums:
    def test_a_unit_with_many_errors_counts_once(self, release: Release) -> None:
        log(release, {}, {}, {"outcome": "error"}, {"outcome": "error"}, {"outcome": "late"})
        assert window() == (1, 1, 1, 0)

    def test_it_counts_again_in_the_next_hour(self, release: Release) -> None:
        log(release, *({"at": NOON + timedelta(hours=hour)} for hour in range(3)), now=NOON + timedelta(hours=2))
        assert list(ServingWindow.objects.values_list("units", flat=True)) == [1, 1, 1]

    def test_control_and_stable_are_one_arm(self, release: Release) -> None:
        old = exposing.active(release)
        log(release, *({"version": old, "arm": arm, "unit": arm.encode()} for arm in ("control", "stable")))
        assert window("stable") == (2, 0, 0, 0)

    def test_a_sign_of_life_is_no_unit(self, release: Release) -> None:
        log(release, *({"outcome": "alive", "unit": b""},) * 2)
        assert window() == (0, 0, 0, 2)

    def test_the_safe_default_is_the_answer_where_no_version_runs_and_no_versions_fault_else(
        self, release: Release
    ) -> None:
        log(release, {"outcome": "fallback"}, {"outcome": "fallback", "version": None, "arm": "stable"})
        row = ServingWindow.objects.get()
        assert (row.version_id, row.arm, row.units, row.errors) == (None, "stable", 1, 0)

    def test_a_sum_is_the_same_however_often_it_is_made_and_whatever_comes_late(self, release: Release) -> None:
        log(release, {}, {"outcome": "error"})
        assert answers.sum_up(NOON + timedelta(minutes=40)) == 0
        log(release, {"unit": b"late" * 4, "at": NOON + timedelta(minutes=1)}, now=NOON + timedelta(hours=2))
        assert window() == (2, 1, 0, 0)

    def test_what_a_window_should_have_had_stays_with_it(self, release: Release) -> None:
        facts = {"shop": release.shop, "use_case": SLUG, "version": release.version, "arm": "canary"}
        ServingWindow.objects.create(starts_at=NOON, ends_at=NOON + clock.HOUR, expected=7.5, **facts)
        log(release, {})
        assert ServingWindow.objects.values_list("expected", "units").get() == (7.5, 1)

    def test_rows_that_came_too_late_for_the_hour_are_found_once_a_day(self, release: Release) -> None:
        log(release, {}, now=NOON + timedelta(hours=20))
        assert not ServingWindow.objects.exists()
        answers.sum_up(NOON + timedelta(hours=20), answers.LOOKS_FAR_BACK)
        assert window() == (1, 0, 0, 0)

    @pytest.mark.parametrize("zone", ["Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Europe/London"])
    def test_an_hour_is_one_of_the_shops_own_clock_also_on_the_day_it_is_changed(
        self, release: Release, zone: str
    ) -> None:
        Shop.objects.update(timezone=zone)
        release.shop.refresh_from_db()
        for day in (datetime(2026, 4, 4), datetime(2026, 10, 3), datetime(2026, 10, 25), datetime(2026, 11, 1)):
            first = timezone.make_aware(day, release.shop.zone)
            moments = [first + timedelta(minutes=15 * quarter) for quarter in range(130)]
            log(release, *({"at": at} for at in moments), now=moments[-1])
            answers.sum_up(moments[-1], timedelta(hours=40))
        spans = {clock.hour_of(at, release.shop.zone) for at in PredictionLog.objects.values_list("at", flat=True)}
        assert set(ServingWindow.objects.values_list("starts_at", "ends_at")) == spans

    def test_two_statements_sum_up_all_shops_and_no_row_of_a_unit_is_kept(self, release: Release) -> None:
        other = exposing.a_canary(exposing.a_shop())
        for row in (release, other):
            log(row, {})
        ServingWindow.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            answers.sum_up(NOON + timedelta(minutes=30))
        assert len(queries) == 3  # the zones, the sums, the flags
        assert set(ServingWindow.objects.values_list("shop", "units")) == {(release.shop_id, 1), (other.shop_id, 1)}


class TestWhatWentWrongForAUnit:
    @pytest.fixture
    def units(self, release: Release) -> dict[str, bytes]:
        visitors = [f"visitor {number}" for number in range(100)]
        exposing.sees(release.shop, SLUG, *visitors, at=NOON)
        return {arm: bytes(unit) for unit, arm in Exposure.objects.values_list("unit", "arm")}

    def flags(self) -> set[tuple[str, bool, bool]]:
        return {
            (row.arm, row.had_error, row.was_slow) for row in Exposure.objects.all() if row.had_error or row.was_slow
        }

    @pytest.mark.parametrize(("outcome", "flags"), [("error", (True, False)), ("late", (False, True))])
    def test_it_is_kept_with_what_it_saw_first(
        self, release: Release, units: dict[str, bytes], outcome: str, flags: tuple[bool, bool]
    ) -> None:
        log(release, {"unit": units["canary"], "outcome": outcome, "release": release.pk})
        log(release, {"unit": units["canary"], "release": release.pk})
        assert self.flags() == {("canary", *flags)}
        assert Exposure.objects.filter(had_error=flags[0], was_slow=flags[1]).count() == 1

    def test_what_nobody_saw_harmed_nobody(self, release: Release, units: dict[str, bytes]) -> None:
        row = {"unit": units["control"], "outcome": "error", "release": release.pk}
        log(release, row | {"is_shown": False})
        assert self.flags() == set()

    def test_who_is_not_compared_is_left_alone(self, release: Release, units: dict[str, bytes]) -> None:
        log(release, {"unit": units["between"], "outcome": "error", "release": release.pk})
        assert self.flags() == set()
        assert window()[1] == 1  # the version answered, and failed

    def test_another_shops_row_of_the_same_visitor_is_left_alone(
        self, release: Release, units: dict[str, bytes]
    ) -> None:
        other = exposing.a_canary(exposing.a_shop(), seed=release.seed)
        exposing.sees(other.shop, SLUG, *(f"visitor {number}" for number in range(100)), at=NOON)
        log(release, {"unit": units["canary"], "outcome": "error", "release": release.pk})
        assert list(Exposure.objects.filter(had_error=True).values_list("shop", flat=True)) == [release.shop_id]


class TestPrivacy:
    def test_what_a_forgotten_customer_was_answered_is_deleted(self, release: Release) -> None:
        log(release, {}, {"unit": b"other" * 3})
        exposing.ordered(release, [UNIT], NOON, customer_ref=b"c" * 16)
        privacy.redact_customer(release.shop, b"c" * 16, [Order.objects.get().shopify_id])
        assert [bytes(unit) for unit in PredictionLog.objects.values_list("unit", flat=True)] == [b"other" * 3]

    def test_rows_that_come_after_a_shop_was_erased_are_not_written(self, release: Release) -> None:
        Shop.objects.update(redacted_at=NOON)
        log(release, {})
        exposing.append(exposures.SEE, [])
        assert not PredictionLog.objects.exists()


def test_a_units_digest_is_all_that_is_known_of_it(release: Release) -> None:
    (seen,) = exposing.sees(release.shop, SLUG, "a first-party id", at=NOON)
    log(release, {"unit": seen.unit})
    assert bytes(PredictionLog.objects.get().unit) == assignment.digest("a first-party id")
