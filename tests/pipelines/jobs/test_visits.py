"""Visits and chances are counted by the clock, once what came of them is known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.jobs import visits
from pipelines.models import ChanceDay, PredictionLog, VisitHour
from pipelines.stats import clock
from pipelines.usecases import USE_CASES
from tests import histories
from tests.families.visits import SLUG, moments
from tests.pipelines.lifecycle.data.test_moments import unit, walked
from tests.pipelines.lifecycle.evidence.asked.test_asking import a_version, runs

pytestmark = pytest.mark.django_db


def test_what_is_a_day_old_is_counted_and_once() -> None:
    now = timezone.now()
    shop = histories.a_shop(installed_at=now - timedelta(days=4))
    histories.pulled(shop)
    walked(shop, clock.hour_of(now - timedelta(days=3), shop.zone).starts_at, "page_viewed", "product_added_to_cart")
    said = {"arm": "stable", "outcome": "answered", "score": 0.2, "features": {"of": "session"}}
    with USE_CASES.also(moments.USE_CASE):
        runs(shop, a_version(shop))
        facts = {"shop": shop, "use_case": SLUG, "unit": unit("ann"), "at": now - timedelta(days=3)}
        PredictionLog.objects.create(**facts | said)
        visits.keep()
        hours, days = VisitHour.objects.count(), ChanceDay.objects.count()
        visits.keep()
    assert VisitHour.objects.filter(visits=1, carts=1).count() == 1
    assert ChanceDay.objects.filter(groups__0__0="session").count() == 1
    assert (VisitHour.objects.count(), ChanceDay.objects.count()) == (hours, days)
