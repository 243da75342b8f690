"""What the release machine reads of drift, and does with it: nothing, unless the merchant chose or data breaks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle import look
from pipelines.lifecycle.monitor.watch import inputs
from pipelines.models import Deployment, LifecycleEvent, Measurement, Release, ServingWindow, ShopSettings
from pipelines.stats import clock
from pipelines.strategies import Told
from tests import histories

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def live():
    """Return the release of a version that is live for ten days, after another that was healthy."""
    shop = histories.a_shop()
    histories.pulled(shop)
    histories.approved(histories.a_card(shop))
    Release.objects.update(was_healthy_at=timezone.now())
    row = histories.approved(histories.a_card(shop))
    Release.objects.filter(pk=row.pk).update(entered_at=timezone.now() - 10 * DAY)
    row.refresh_from_db()
    assert row.phase == "live"
    answering(row)
    return row


def answering(row):
    """Let a version answer every day since it went live."""
    for ago in range(11):
        day = clock.day_of(timezone.now() - ago * DAY, row.shop.zone)
        facts = {"use_case": row.use_case, "version": row.version, "arm": "stable", "starts_at": day.starts_at}
        counts = {"expected": 5, "units": 5, "heartbeats": 1}
        ServingWindow.objects.create(shop=row.shop, ends_at=day.ends_at, **facts, **counts)


def found(row, *verdicts, feature="price", index=0.6, version=None):
    """Write what was found day by day, the last day yesterday."""
    now = timezone.now()
    for ago, verdict in zip(range(len(verdicts), 0, -1), verdicts, strict=True):
        at = {"starts_at": now - (ago + 1) * DAY, "ends_at": now - ago * DAY}
        facts = {"use_case": row.use_case, "metric": "drift", "segment": feature, "verdict": verdict, "value": index}
        Measurement.objects.create(shop=row.shop, version=version, **facts, **at)


def choose(row, limit):
    ShopSettings.objects.filter(shop=row.shop).update(drift_rollbacks={row.use_case: limit} if limit else {})


def test_windows_are_read_by_the_merchants_name_and_what_is_expected_is_left_out(live):
    found(live, "ok", "drift", "expected", "insufficient", "breach", "no_data")
    found(live, "drift", feature="prediction")
    found(live, "drift", feature="y", version=live.version)
    known = inputs.of(live, timezone.now())
    assert known == {"prices": (Told(0.6), Told(0.6), Told(), Told(0.6, is_broken=True), Told())}


def test_only_windows_since_it_went_live_speak_of_what_is_live(live):
    found(live, *["drift"] * 5)
    Release.objects.filter(pk=live.pk).update(entered_at=timezone.now() - 2.5 * DAY)
    live.refresh_from_db()
    assert len(inputs.of(live, timezone.now())["prices"]) == 1
    live.phase = "canary"
    assert len(inputs.of(live, timezone.now())["prices"]) == 5


@pytest.mark.parametrize("limit", [None, 0.7])
def test_no_drift_takes_a_healthy_version_back_that_nobody_let(live, limit):
    choose(live, limit)
    found(live, *["drift"] * 5)
    before = Deployment.objects.get().active_id
    look.evaluate(live.pk, timezone.now())
    assert Deployment.objects.get().active_id == before == live.version_id


def test_a_drift_of_the_size_that_was_chosen_goes_back_and_says_so(live):
    choose(live, 0.5)
    found(live, *["drift"] * 3)
    look.evaluate(live.pk, timezone.now())
    live.refresh_from_db()
    assert live.phase == "rolled_back" and Deployment.objects.get().active_id != live.version_id
    event = LifecycleEvent.objects.get(kind="release.rolled_back")
    assert event.because == live.closed_because == "You chose to go back on a drift of 0.5 and more that lasts: prices."
    live.version.refresh_from_db()
    assert live.version.may_be_released, "it did no harm"
    assert live.may_come_again


def test_broken_data_goes_back_without_a_choice(live):
    found(live, *["breach"] * 3)
    look.evaluate(live.pk, timezone.now())
    assert LifecycleEvent.objects.get(kind="release.rolled_back").because.startswith("Broken data in 3 of 5")
