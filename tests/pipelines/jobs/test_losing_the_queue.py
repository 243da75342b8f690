"""Redis is lost with all that was queued: the clock finds every piece of work again, in the database alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.jobs import (
    alerts,
    chart_marks,
    hold_outs,
    ingest,
    monitoring,
    queue,
    releases,
    results,
    staging,
    storefront,
    training,
    visits,
)
from pipelines.lifecycle import due
from pipelines.lifecycle.ingest import backfill
from pipelines.lifecycle.versions import runs
from pipelines.models import SyncRun, WebhookDelivery
from tests import factories
from tests.pipelines.jobs.test_sweeps import fleet, newest_of

pytestmark = pytest.mark.django_db
CLOCK = [
    ingest.carry_on,
    ingest.begin,
    training.carry_on,
    releases.keep_time,
    staging.carry_on,
    monitoring.keep_up,
    storefront.keep_pixels,
    storefront.find_codes,
    visits.keep,
    chart_marks.carry_on,
    hold_outs.keep,
    results.carry_on,
    alerts.send_due,
]


@pytest.fixture
def redis(settings):
    settings.JOBS_INLINE = False
    connection = queue.connection()
    connection.flushdb()
    yield connection
    connection.flushdb()


def waiting(settings) -> set[tuple[str, ...]]:
    """Name what is queued now: jobs with their ids."""
    jobs = [job for name in settings.QUEUES for job in queue.django_rq.get_queue(name).jobs]
    return {(job.func_name.removeprefix("pipelines.jobs."), *map(str, job.args)) for job in jobs}


def tick():
    for sweep in CLOCK:
        sweep.function()


def test_all_that_was_queued_is_queued_again(redis, settings, monkeypatch):
    fleet(1)
    shop = newest_of(SyncRun.objects.first().shop).shop
    backfill.request_pull(shop, SyncRun.Kind.ORDERS, "merchant")
    assert runs.queue(shop.pk, "recommendations", due.BY_MERCHANT)
    training.train_version.enqueue(shop.pk, "recommendations", due.BY_MERCHANT)
    tick()
    before = waiting(settings)
    assert len({name for name, *_ in before}) >= 8, before

    redis.flushall()
    assert waiting(settings) == set()
    later = timezone.now() + due.LOST_AFTER + timedelta(minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    tick()
    assert before <= waiting(settings)


def test_deliveries_wait_in_the_database_for_the_next_tick(redis):
    delivery = factories.a_delivery("nowhere.myshopify.com", "orders/create", {"id": 1}, payload={"id": 1})
    ingest.drain.enqueue()
    redis.flushall()
    ingest.drain.function()
    delivery.refresh_from_db()
    assert delivery.state == WebhookDelivery.State.KEPT


def test_a_check_that_a_merchant_asked_for_is_in_the_database(redis, settings):
    fleet(1)
    shop = SyncRun.objects.first().shop
    SyncRun.objects.all().delete()
    ingest.ask(shop, "merchant")
    redis.flushall()
    ingest.carry_on.function()
    assert {name for name, *_ in waiting(settings)} == {"ingest.advance_import"}
    assert len(waiting(settings)) == len(backfill.PULLED)
