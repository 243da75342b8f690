"""Hours and days that are over, each in one piece of time, as the store's clock shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from pipelines.lifecycle.monitor import hours, measure
from pipelines.lifecycle.monitor.hours import Period
from pipelines.models import Measurement, Release, Shop
from pipelines.stats import clock
from tests import exposing
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import NOON, log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown


@pytest.fixture
def release() -> Release:
    return asked.a_release()


def test_a_long_stretch_is_cut_into_pieces_that_touch() -> None:
    whole = Period.before(NOON, timedelta(hours=20))
    pieces = list(whole.pieces(timedelta(hours=6)))
    assert len(pieces) == 4 and (pieces[0].since, pieces[-1].until) == (whole.since, whole.until)
    assert all(one.until == other.since for one, other in pairwise(pieces))
    assert whole.until == NOON - hours.SETTLES


def test_each_hour_and_day_is_over_in_one_piece_alone() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    pieces = list(Period.before(datetime(2026, 10, 6, tzinfo=UTC), timedelta(days=4)).pieces(timedelta(minutes=35)))
    for over in (hours.hours_over, hours.days_over):
        starts = [span["starts_at"] for piece in pieces for span in over(piece, zone)]
        ends = [span["ends_at"] for piece in pieces for span in over(piece, zone)]
        assert starts[1:] == ends[:-1] and len(starts) > 3


def test_the_same_hours_of_past_weeks_are_those_of_the_clock_not_of_real_time() -> None:
    (span,) = hours.hours_over(Period(NOON - timedelta(minutes=30), NOON), ZoneInfo("UTC"))
    assert span["past"] == [NOON - timedelta(hours=1, weeks=weeks) for weeks in range(1, 5)]
    zone = ZoneInfo("Europe/London")
    changed = datetime(2026, 10, 26, 13, tzinfo=UTC)  # the clock went back on the 25th
    (span,) = hours.hours_over(Period(changed - timedelta(minutes=30), changed), zone)
    assert span["past"][0] == datetime(2026, 10, 19, 11, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Europe/London"])
@pytest.mark.parametrize("day", [datetime(2026, 4, 5), datetime(2026, 10, 4), datetime(2026, 10, 25)], ids=str)
def test_every_answer_is_in_one_hour_also_when_the_clock_is_changed(release: Release, zone: str, day: datetime) -> None:
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
