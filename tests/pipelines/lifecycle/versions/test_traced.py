"""A request's id leads to its delivery, the job that applied it and the versions that learned from it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pipelines import tracing
from pipelines.lifecycle.ingest import drain, freshness
from pipelines.lifecycle.versions import traced
from pipelines.models import DatasetSnapshot, LifecycleEvent, Shop
from tests import factories, histories, toy_use_case
from tests.factories import a_delivery

pytestmark = pytest.mark.django_db
REQUEST = "0af7651916cd43dd"


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def test_a_request_is_followed_to_its_job_and_to_the_first_version_after_it(shop: Shop) -> None:
    early = histories.a_version(shop)
    DatasetSnapshot.objects.filter(pk=early.dataset_id).update(created_at=timezone.now() - timedelta(days=1))
    delivery = a_delivery(shop, "orders/create", factories.order_body(), request_id=REQUEST)
    assert next(traced.deliveries(REQUEST))["versions"] == []
    with tracing.known(job_id="job-7"):
        drain.drain()
    first, _ = histories.a_version(shop), histories.a_version(shop)
    (told,) = traced.deliveries(REQUEST)
    assert (told["delivery"], told["state"], told["job"]) == (delivery.pk, "applied", "job-7")
    assert [(each["use_case"], each["number"]) for each in told["versions"]] == [("demand_forecast", first.number)]
    assert list(traced.deliveries(delivery.webhook_id)) == [told]


def test_it_is_told_as_lines_of_json_and_what_is_not_known_is_said(shop: Shop) -> None:
    a_delivery(shop, "orders/create", factories.order_body(), request_id=REQUEST)
    said = StringIO()
    call_command("trace", REQUEST, stdout=said, skip_checks=True)
    assert json.loads(said.getvalue())["shop"] == shop.domain
    with pytest.raises(CommandError, match="No delivery"):
        call_command("trace", "another", skip_checks=True)


def test_a_version_keeps_the_newest_delivery_that_was_in_its_data(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.lifecycle.versions import train
    from pipelines.usecases import USE_CASES

    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    with USE_CASES.also(toy_use_case.TOY):
        shop = histories.a_shop_to_learn_from()
        assert freshness.newest_delivery(shop) is None
        delivery = a_delivery(shop, "orders/create", factories.order_body())
        drain.drain()
        version = train.train_version(shop_id=shop.pk, use_case="toy", trigger="operator")
    assert version.dataset.newest_delivery == delivery.pk
    trained = LifecycleEvent.objects.for_shop(shop).get(kind="version.trained")
    assert trained.details["newest_delivery"] == delivery.pk
