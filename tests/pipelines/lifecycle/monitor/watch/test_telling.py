"""Old data and lasting drift are told once while they last, each with what now; and that they are over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.monitor.watch import telling
from pipelines.models import Alert, Measurement, Shop, ShopSettings, SyncRun
from tests import histories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
USE_CASE = "demand_forecast"


@pytest.fixture
def shop():
    shop = histories.a_shop()
    histories.pulled(shop, NOW - HOUR)
    return shop


def opened(key) -> Alert | None:
    return Alert.objects.open().filter(key=key).first()


class TestOldData:
    def test_is_told_from_26_hours_on_and_over_once_it_is_fresh(self, shop):
        assert telling.stale(NOW + 25 * HOUR) == 0 and not opened(telling.STALE)
        assert telling.stale(NOW + 26 * HOUR) == 1
        alert = opened(telling.STALE)
        assert alert.title == "Your newest orders were read 1 day 3 hours ago" and "skipped" in alert.text
        assert "See Data" in alert.next_step
        telling.stale(NOW + 27 * HOUR)
        assert Alert.objects.filter(key=telling.STALE).count() == 1, "the same trouble is one alert"
        histories.pulled(shop, NOW + 27 * HOUR)
        assert telling.stale(NOW + 28 * HOUR) == 0 and not opened(telling.STALE)

    def test_is_none_of_a_shop_that_was_never_read_or_that_left(self, shop):
        histories.a_shop()
        Shop.objects.filter(pk=shop.pk).update(uninstalled_at=NOW)
        assert telling.stale(NOW + 30 * HOUR) == 0 and not opened(telling.STALE)

    def test_what_broke_off_is_no_reading(self, shop):
        histories.pulled(shop, NOW + 20 * HOUR)
        SyncRun.objects.filter(finished_at=NOW + 20 * HOUR).update(state="failed")
        assert telling.stale(NOW + 26 * HOUR) == 1


class TestDrift:
    def lasts(self, shop, feature, *verdicts, version=None):
        for ago, verdict in zip(range(len(verdicts), 0, -1), verdicts, strict=True):
            at = {"starts_at": NOW - (ago + 1) * DAY, "ends_at": NOW - ago * DAY}
            facts = {"metric": "drift_lasting", "segment": feature, "verdict": verdict, "version": version}
            Measurement.objects.create(shop=shop, use_case=USE_CASE, **facts, **at)

    def test_is_told_by_name_and_over_when_the_newest_window_says_so(self, shop):
        self.lasts(shop, "price", "ok", "drift")
        self.lasts(shop, "y", "ok", "ok")
        assert telling.drift(shop, USE_CASE, NOW) == ["prices"]
        alert = opened("drift:demand_forecast")
        assert alert.title == "Demand forecast: prices are not as they were"
        assert "This alone takes no version back" in alert.text and "is trained at once" in alert.next_step
        Measurement.objects.filter(segment="price").update(verdict="ok")
        assert telling.drift(shop, USE_CASE, NOW) == [] and not opened("drift:demand_forecast")

    def test_says_what_the_merchant_chose(self, shop):
        ShopSettings.objects.filter(shop=shop).update(drift_rollbacks={USE_CASE: 0.5})
        self.lasts(shop, "price", "breach")
        telling.drift(shop, USE_CASE, NOW)
        assert "You chose" in opened("drift:demand_forecast").text

    def test_too_little_is_no_drift_and_neither_is_what_a_version_says(self, shop):
        self.lasts(shop, "price", "drift", "insufficient")
        self.lasts(shop, "prediction", "drift")
        self.lasts(shop, "y", "drift", version=histories.a_version(shop))
        self.lasts(shop, "all", "drift")
        assert telling.drift(shop, USE_CASE, NOW) == []

    def test_stays_open_between_two_looks_a_day_apart(self, shop):
        self.lasts(shop, "price", "drift")
        telling.drift(shop, USE_CASE, NOW)
        board.close_over(NOW + 25 * HOUR)
        assert opened("drift:demand_forecast"), "it is looked at once a day"
        board.close_over(NOW + 73 * HOUR)
        assert not opened("drift:demand_forecast"), "nobody looks any more"
