"""Reports as rows: provisional, then final for ever; restatements beside; each in its turn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.results import keep
from pipelines.models import Measurement, MonthReport
from pipelines.models.releases import evidence_digest
from tests import reporting
from tests.reporting import AFTER, OCTOBER

DAY = timedelta(days=1)
EARLY = OCTOBER.ends_at + DAY


def make(shop, now=AFTER):
    return keep.make(shop, OCTOBER, now)


def due(now):
    return [month for _, month in keep.due(now)]


def test_before_its_last_day_is_known_a_report_is_provisional_and_made_anew(shop, version):
    first = make(shop, EARLY)
    reporting.a_good_month(version)
    second = make(shop, EARLY + DAY)
    assert (first.is_final, second.is_final, second.pk) == (False, False, first.pk)
    assert first.figures["proven"] is None and second.figures["proven"]


def test_a_final_report_is_bound_by_a_digest_and_stands(shop, version):
    reporting.a_good_month(version)
    claimed = make(shop)
    assert claimed.is_final and claimed.digest == evidence_digest(claimed.figures)
    Measurement.objects.all().delete()
    again = make(shop, AFTER + 10 * DAY)
    assert (again.figures, again.digest, again.made_at) == (claimed.figures, claimed.digest, claimed.made_at)
    assert again.checked_at == AFTER + 10 * DAY and MonthReport.objects.count() == 1


def test_labels_restated_after_the_report_are_listed_beside_it(shop, version):
    reporting.a_good_month(version)
    claimed = make(shop)
    assert claimed.restated == []
    Measurement.objects.filter(metric="missed_1d").update(restated=40.0)
    (changed,) = make(shop, AFTER + 20 * DAY).restated
    assert (changed["key"], changed["was"]["mark"], changed["is"]["mark"]) == ("accuracy", "proven", "not_proven")
    Measurement.objects.filter(metric="missed_1d").update(restated=None)
    assert make(shop, AFTER + 21 * DAY).restated == []


def test_what_no_reader_could_see_is_no_restatement():
    was = {"unit": "share", "value": 0.25, "low": 0.1, "high": 0.4, "mark": "proven"}
    assert not keep.differs(was, was | {"value": 0.2501})
    assert keep.differs(was, was | {"value": 0.26}) and keep.differs(was, was | {"mark": "not_proven"})


class TestDue:
    def test_every_month_without_a_report_is_due_the_running_one_too(self, shop):
        assert due(AFTER) == ["2026-09-01", "2026-10-01", "2026-11-01"]

    def test_a_provisional_one_is_due_daily_and_at_once_when_it_can_be_final(self, shop):
        make(shop, EARLY)
        assert "2026-10-01" not in due(EARLY + timedelta(hours=19))
        assert "2026-10-01" in due(EARLY + timedelta(hours=20))
        make(shop, OCTOBER.final_at - timedelta(minutes=5))
        assert "2026-10-01" in due(OCTOBER.final_at)

    def test_a_final_one_is_compared_daily_until_corrections_have_ended(self, shop):
        make(shop)
        assert "2026-10-01" not in due(AFTER + timedelta(hours=1))
        assert "2026-10-01" in due(AFTER + DAY)
        assert "2026-10-01" not in due(OCTOBER.ends_at + keep.RESTATED_FOR + DAY)

    @pytest.mark.parametrize("left", ["uninstalled_at", "redacted_at"])
    def test_a_shop_that_left_is_left_alone(self, shop, left):
        setattr(shop, left, timezone.now())
        shop.save()
        assert due(AFTER) == []
