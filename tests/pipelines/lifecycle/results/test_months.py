"""Months on the shop's own clock: borders, the day the clock changes, days apart, when a report is final."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines.lifecycle.releases import freezes
from pipelines.lifecycle.results import months
from pipelines.lifecycle.results.months import Month
from pipelines.models import FreezeWindow, OwnEvent
from tests import reporting
from tests.reporting import LONDON, OCTOBER


def test_a_month_begins_and_ends_at_the_shops_midnight_also_where_the_clock_changes_in_it():
    assert OCTOBER.starts_at == datetime(2026, 9, 30, 23, tzinfo=UTC)  # summer time
    assert OCTOBER.ends_at == datetime(2026, 11, 1, tzinfo=UTC)  # winter time
    assert OCTOBER.ends_at - OCTOBER.starts_at == timedelta(days=31, hours=1)
    assert len(OCTOBER.days) == 31 and OCTOBER.days[-1] == date(2026, 10, 31)


@pytest.mark.parametrize(
    ("moment", "zone", "first"),
    [
        (datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "Europe/London", date(2026, 10, 1)),
        (datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "Asia/Tokyo", date(2026, 11, 1)),
        (datetime(2026, 11, 1, 0, 30, tzinfo=UTC), "America/New_York", date(2026, 10, 1)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), "UTC", date(2028, 2, 1)),
    ],
)
def test_a_moment_belongs_to_the_month_that_the_shops_calendar_shows(moment, zone, first):
    assert Month.of(moment, ZoneInfo(zone)).first == first


def test_a_year_ends_in_january():
    assert Month(date(2026, 12, 1), LONDON).after.first == date(2027, 1, 1)


def test_a_report_is_final_when_late_cancellations_of_the_last_day_are_in():
    assert OCTOBER.final_at == datetime(2026, 11, 9, tzinfo=UTC)  # seven days, and one in which it is judged


@pytest.mark.django_db
class TestOfAShop:
    def test_the_months_with_the_app_are_listed_the_running_one_last(self):
        shop = reporting.a_shop(installed_at=datetime(2026, 9, 30, 22, 30, tzinfo=UTC))  # 23:30 in London
        now = datetime(2026, 11, 1, 0, 1, tzinfo=UTC)
        assert [month.first.month for month in months.months_of(shop, now)] == [9, 10, 11]

    def test_who_never_installed_has_none(self):
        assert list(months.months_of(reporting.a_shop(installed_at=None), reporting.AFTER)) == []

    def test_freezes_and_own_events_are_days_apart_cut_to_the_month(self):
        shop, november = reporting.a_shop(), OCTOBER.after
        window = {"starts_at": datetime(2026, 11, 26, tzinfo=UTC), "ends_at": datetime(2026, 12, 1, tzinfo=UTC)}
        kept = FreezeWindow.objects.create(shop=shop, name="Black Friday weekend", **window)
        OwnEvent.objects.create(shop=shop, name="Drop", first_day=date(2026, 10, 30), last_day=date(2026, 11, 2))
        found = months.apart(shop, november)
        assert [(each.name, min(each.days).day, len(each.days)) for each in found] == [
            ("Drop", 1, 2),
            ("Black Friday weekend", 26, 5),
        ]
        freezes.settle(kept, by="1", keeps=False)
        assert [each.name for each in months.apart(shop, november)] == ["Drop"]

    def test_another_shops_days_are_its_own(self):
        other = reporting.a_shop()
        OwnEvent.objects.create(shop=other, name="Drop", first_day=date(2026, 10, 3), last_day=date(2026, 10, 4))
        assert months.apart(reporting.a_shop(), OCTOBER) == []
