"""What a row of windows says of one arm: every hour speaks, also the ones in which nothing came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from scipy.stats import binom

from pipelines.lifecycle.evidence import windows
from pipelines.lifecycle.evidence.windows import Count, Usual, judged, window_at, windows_of
from pipelines.models import CronSlot, Release, ServingWindow, Shop
from pipelines.stats.clock import Span
from pipelines.strategies import Health, Step
from pipelines.usecases import USE_CASES
from tests import exposing, histories, toy_use_case
from tests.exposing import MONDAY, SLUG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
HOUR = timedelta(hours=1)
SPAN = Span(MONDAY, MONDAY + HOUR)
NOW = MONDAY + timedelta(hours=6, minutes=20)


@pytest.fixture
def release() -> Release:
    return exposing.a_canary(exposing.a_shop(), weight=10)


def a_window(release: Release, start: datetime, arm: str = "canary", **counts: Any) -> None:
    version = release.version if arm == "canary" or release.phase == "live" else exposing.active(release)
    window = window_at(release.use_case, release.shop.zone, start)
    facts = {"use_case": release.use_case, "arm": arm, "version": version}
    ServingWindow.objects.create(
        shop_id=release.shop_id, starts_at=window.starts_at, ends_at=window.ends_at, **facts | counts
    )


def past(release: Release, units: int, weeks: int = 4, hours: int = 24) -> None:
    """Let the same hours of past weeks have had so many units."""
    for week in range(1, weeks + 1):
        for hour in range(hours):
            a_window(release, MONDAY + hour * HOUR - timedelta(weeks=week), "stable", units=units)


def healths(release: Release, now: datetime = NOW) -> list[str]:
    return [window.health.value for window in windows_of(release, now)]


class TestHours:
    def test_only_complete_hours_since_the_step_count(self, release: Release) -> None:
        exposing.enter(release, 0, MONDAY + timedelta(hours=1, minutes=30))
        seen = windows_of(release, NOW)
        assert [window.starts_at for window in seen] == [MONDAY + hour * HOUR for hour in (2, 3, 4, 5)]

    def test_p01_units_expected_and_none_came_is_no_data(self, release: Release) -> None:
        past(release, units=50)
        for hour in range(6):
            a_window(release, MONDAY + hour * HOUR, "stable", units=45)
        assert healths(release) == ["no_data"] * 6

    def test_p02_a_shop_at_night_is_quiet(self, release: Release) -> None:
        past(release, units=49)
        for hour in range(6):
            a_window(release, MONDAY + hour * HOUR, "stable", units=45)
        assert healths(release) == ["quiet"] * 6

    def test_p03_where_neither_arm_is_heard_of_the_monitor_is_down(self, release: Release) -> None:
        past(release, units=50)
        assert healths(release) == ["down"] * 6

    def test_a_silent_night_without_heartbeats_is_quiet(self, release: Release) -> None:
        assert healths(release) == ["quiet"] * 6

    def test_where_heartbeats_are_sent_their_absence_speaks(self, release: Release) -> None:
        for hour, (canary, stable) in enumerate([(4, 4), (0, 4), (0, 0), (4, 0)]):
            a_window(release, MONDAY + hour * HOUR, "canary", heartbeats=canary)
            a_window(release, MONDAY + hour * HOUR, "stable", heartbeats=stable)
        assert healths(release, MONDAY + 4 * HOUR) == ["quiet", "no_data", "down", "quiet"]

    def test_hours_in_which_we_did_not_run_ourselves_say_nothing(self, release: Release) -> None:
        past(release, units=50)
        ticks = [MONDAY + timedelta(minutes=minutes) for minutes in (-5, 55, 300)]
        CronSlot.objects.bulk_create(CronSlot(job=windows.SUMS_UP, slot=slot) for slot in ticks)
        assert healths(release) == ["down", "quiet", "quiet", "quiet", "quiet", "down"]

    def test_a_live_version_that_is_not_heard_of_is_never_to_blame(self, release: Release) -> None:
        past(release, units=50)
        Release.objects.filter(pk=release.pk).update(phase=Release.Phase.LIVE, weight=100)
        release.refresh_from_db()
        assert healths(release) == ["down"] * 6

    def test_a_live_version_is_judged_by_everybodys_arm(self, release: Release) -> None:
        Release.objects.filter(pk=release.pk).update(phase=Release.Phase.LIVE, weight=100)
        release.refresh_from_db()
        a_window(release, MONDAY, "stable", units=400, errors=100)
        assert healths(release, MONDAY + HOUR) == ["breach"]

    def test_what_is_expected_is_worked_out_once_and_kept(self, release: Release) -> None:
        past(release, units=80)
        windows_of(release, MONDAY + HOUR)
        ServingWindow.objects.filter(arm="stable").update(units=1000)
        windows_of(release, MONDAY + HOUR)
        row = ServingWindow.objects.get(arm="canary")
        assert (row.expected, row.units) == (pytest.approx(8.0), 0)

    def test_weeks_in_which_nothing_was_measured_do_not_lower_what_is_expected(self, release: Release) -> None:
        past(release, units=80, weeks=2)
        ServingWindow.objects.filter(starts_at__lt=MONDAY - timedelta(weeks=1)).update(units=0)
        windows_of(release, MONDAY + HOUR)
        assert ServingWindow.objects.get(arm="canary").expected == pytest.approx(8.0)

    def test_another_shops_windows_are_not_seen(self, release: Release) -> None:
        other = exposing.a_canary(exposing.a_shop(), weight=10)
        past(other, units=5000)
        a_window(other, MONDAY, units=50, errors=50)
        assert healths(release, MONDAY + HOUR) == ["quiet"]

    def test_p21_a_day_on_which_clocks_go_back_has_25_windows(self) -> None:
        shop = exposing.a_shop(timezone="America/New_York")
        zone = ZoneInfo("America/New_York")
        midnight, next_midnight = datetime(2026, 11, 1, tzinfo=zone), datetime(2026, 11, 2, tzinfo=zone)
        release = exposing.a_canary(shop, at=midnight.astimezone(UTC), weight=10)
        seen = windows_of(release, next_midnight.astimezone(UTC))
        assert len(seen) == 25
        assert all(one.ends_at == other.starts_at for one, other in pairwise(seen))
        counted = {window_at(SLUG, zone, window.starts_at + timedelta(minutes=59)) for window in seen}
        assert counted == {Span(window.starts_at, window.ends_at) for window in seen}


class TestBreaches:
    @pytest.mark.parametrize(
        ("counts", "health", "severe"),
        [
            ({"units": 400, "errors": 4}, Health.OK, False),
            ({"units": 400, "errors": 12}, Health.BREACH, False),
            ({"units": 400, "errors": 40}, Health.BREACH, True),
            ({"units": 20, "errors": 1}, Health.OK, False),
            ({"units": 20, "errors": 3}, Health.BREACH, True),
            ({"units": 400, "slow": 25}, Health.OK, False),
            ({"units": 400, "slow": 60}, Health.BREACH, False),
            ({"units": 3}, Health.QUIET, False),
            ({"units": 3, "expected": 9.0}, Health.OK, False),
            ({"units": 3, "errors": 3}, Health.BREACH, True),
        ],
    )
    def test_a_share_over_its_limit_that_is_not_chance_is_a_breach(
        self, counts: dict[str, Any], health: Health, severe: bool
    ) -> None:
        window = judged(SPAN, Count(**counts), Count(), Usual())
        assert (window.health, window.severe) == (health, severe)

    def test_answers_that_cannot_be_right_are_a_breach_whatever_was_counted(self) -> None:
        window = judged(SPAN, Count(units=400, broken="NaN in 3 forecasts"), Count(), Usual())
        assert (window.health, window.broken) == (Health.BREACH, "NaN in 3 forecasts")

    def test_what_the_version_before_was_used_to_is_no_breach(self, release: Release) -> None:
        for week in range(1, 4):
            a_window(release, MONDAY - timedelta(weeks=week), "stable", units=1000, errors=60, slow=150)
        a_window(release, MONDAY, units=400, errors=28, slow=66)
        assert healths(release, MONDAY + HOUR) == ["ok"]

    @pytest.mark.parametrize("units", [5, 10, 30, 70, 100, 300, 1_000, 5_000, 30_000])
    def test_a_version_at_its_limits_breaches_in_less_than_one_window_of_a_hundred(self, units: int) -> None:
        chances = 0.0
        for allowed in (windows.ERRORS_ALLOWED, windows.SLOW_ALLOWED):
            first = next(count for count in range(units + 1) if windows.is_over(count, units, allowed))
            chances += binom.sf(first - 1, units, allowed)
        assert chances <= 0.01


class TestDays:
    @pytest.fixture
    def nightly(self) -> Iterator[Release]:
        """Return a release of a use case that answers once a night."""
        shop = exposing.a_shop(timezone="Europe/London")
        steps = [Step("alongside", mirrors=True, units=1).as_dict(), Step("all", weight=100).as_dict()]
        facts: dict[str, Any] = {"phase": Release.Phase.SHADOW, "weight": 0, "steps": steps}
        with USE_CASES.also(replace(toy_use_case.TOY, slug=SLUG)):
            yield exposing.a_canary(shop, at=MONDAY + timedelta(hours=3), **facts)

    def test_a_day_is_over_once_it_is_answered(self, nightly: Release) -> None:
        a_window(nightly, MONDAY + timedelta(hours=3), units=2)  # a shop of two variants
        a_window(nightly, MONDAY + timedelta(hours=3), "stable", units=2)
        assert healths(nightly, MONDAY + timedelta(hours=4)) == ["ok"]

    def test_a_day_without_an_answer_is_told_when_it_ends(self, nightly: Release) -> None:
        for day in (1, 2):
            a_window(nightly, MONDAY + timedelta(days=day, hours=3), "stable", units=40)
        assert healths(nightly, MONDAY + timedelta(days=2)) == ["no_data"]
        assert healths(nightly, MONDAY + timedelta(days=3)) == ["no_data", "no_data"]

    def test_a_day_on_which_neither_answered_says_nothing_of_the_version(self, nightly: Release) -> None:
        for day in (1, 2):
            histories.pulled(nightly.shop, MONDAY + timedelta(days=day, hours=1))
        assert healths(nightly, MONDAY + timedelta(days=3)) == ["down", "down"]

    def test_days_for_which_orders_were_not_read_are_quiet_and_no_blindness(self, nightly: Release) -> None:
        histories.pulled(nightly.shop, MONDAY + timedelta(hours=1))
        assert healths(nightly, MONDAY + timedelta(days=4)) == ["down", "quiet", "quiet"]
        histories.pulled(nightly.shop, MONDAY + timedelta(days=3, hours=13))
        assert healths(nightly, MONDAY + timedelta(days=4)) == ["down", "quiet", "down"]

    def test_a_day_lasts_from_midnight_to_midnight_of_the_shop(self, nightly: Release) -> None:
        zone = Shop.objects.get(pk=nightly.shop_id).zone
        day = window_at(SLUG, zone, datetime(2026, 10, 25, 12, tzinfo=zone))
        assert day.ends_at - day.starts_at == timedelta(hours=25)
