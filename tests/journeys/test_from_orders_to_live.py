"""A shop's orders become a live forecast, through the real jobs and the real model."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.jobs import training
from pipelines.lifecycle.releases import rollback
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, Release, TrainingRun
from pipelines.models.usecases.demand_forecast import Forecast, StockAdvice
from tests import histories

pytestmark = pytest.mark.django_db
USE_CASE = "demand_forecast"


def run(shop):
    return TrainingRun.objects.for_shop(shop).latest("pk")


def test_a_shop_with_200_days_trains_is_asked_approves_is_served_and_goes_back():
    shop = histories.a_shop()
    things = histories.sell(shop, variants=6, days=200)

    training.train_version.enqueue(shop.pk, USE_CASE, "first")
    version = ModelVersion.objects.for_shop(shop).get()
    assert run(shop).state == TrainingRun.State.DONE and len(version.gates) >= 10
    assert version.metrics["candidate"]["rmsse"] < version.metrics["seasonal_naive"]["rmsse"]
    assert version.replay["weeks"] == 12 and version.replay["versus"]["naive"][0]["interval"]
    assert not StockAdvice.objects.exists()

    card = Release.objects.for_shop(shop).get()
    assert card.is_waiting_for_merchant and card.evidence["page"]["cards"]
    histories.approved(card)
    training.carry_on()  # as the clock would
    assert StockAdvice.objects.for_shop(shop).filter(version=version).count() == len(things)

    histories.healthy(version.releases.get())
    training.train_version.enqueue(shop.pk, USE_CASE, "operator")
    same = Release.objects.for_shop(shop).get(version__number=2)
    assert (same.phase, same.closed_because) == ("superseded", "It learned the very same as version 1")
    for thing in things:  # news: far more is sold of everything
        for ago in range(1, 8):
            histories.an_order(shop, timezone.now() - timedelta(days=ago), [(thing, 40)])
    training.train_version.enqueue(shop.pk, USE_CASE, "operator")
    newer = ModelVersion.objects.for_shop(shop).get(number=3)
    assert set(newer.replay["versus"]) == {"champion", "naive"}
    histories.approved(newer.releases.get())
    training.carry_on()
    assert StockAdvice.objects.for_shop(shop).filter(version=newer).count() == len(things)

    deployment = Deployment.of(shop, USE_CASE)
    rollback.roll_back(deployment, by=histories.OWNER, because="Too high", revision=deployment.revision)
    training.carry_on()
    assert set(StockAdvice.objects.for_shop(shop).values_list("version", flat=True)) == {version.pk}
    assert Forecast.objects.for_shop(shop).count() == 2 * len(things)
    assert LifecycleEvent.broken_at(shop) is None


def test_a_shop_with_60_days_goes_live_as_not_proven():
    shop = histories.a_shop()
    histories.sell(shop, variants=4, days=60)
    training.train_version.enqueue(shop.pk, USE_CASE, "first")
    version = ModelVersion.objects.for_shop(shop).get()
    assert version.state == ModelVersion.State.UNDECIDED and version.metrics["evidence"] == "thin"
    card = histories.approved(version.releases.get())
    assert not card.is_proven and card.phase == Release.Phase.LIVE
    training.carry_on()
    assert StockAdvice.objects.for_shop(shop).count() == 4


def test_a_shop_with_28_days_gets_a_first_version():
    shop = histories.a_shop()
    histories.sell(shop, variants=3, days=28)
    training.train_version.enqueue(shop.pk, USE_CASE, "first")
    version = ModelVersion.objects.for_shop(shop).get()
    assert version.state == ModelVersion.State.UNDECIDED and version.replay["verdict"] == "not_measured"


def test_a_shop_with_three_orders_is_told_what_is_missing():
    shop = histories.a_shop()
    thing = histories.a_variant(shop, 1, created=timezone.now() - timedelta(days=9))
    for ago in (2, 3, 5):
        histories.an_order(shop, timezone.now() - timedelta(days=ago), [(thing, 1)])
    histories.pulled(shop)
    training.train_version.enqueue(shop.pk, USE_CASE, "first")
    stopped = run(shop)
    assert stopped.state == TrainingRun.State.STOPPED and stopped.error_code == "NotEnoughHistory"
    assert "5 of the 28 days" in stopped.error
    assert not ModelVersion.objects.exists() and not Release.objects.exists()


def test_a_shop_without_any_order_is_told_so():
    shop = histories.a_shop()
    histories.pulled(shop)
    training.train_version.enqueue(shop.pk, USE_CASE, "first")
    assert run(shop).error.startswith("No sales yet")
