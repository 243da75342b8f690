"""Every job, run for one shop: it touches nothing of another that has the same products and the same people."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from inspect import signature
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from pipelines import jobs
from pipelines.jobs.queue import Job
from pipelines.lifecycle.errors import StageError
from pipelines.models import (
    AlertChannel,
    Deployment,
    HoldOut,
    ModelVersion,
    MonthReport,
    PurchaseOrder,
    Shop,
    SyncRun,
)
from pipelines.shopify.errors import ShopifyError
from tests.identities import OTHER_SHOP, SHOP
from tests.tenancy import two_shops
from tests.tenancy.two_shops import a_card, newest

pytestmark = pytest.mark.django_db
# What a job is given, and whose thing that is: the shop, and a thing of it at most; the others name nothing that could
# be another's. A job with an argument that does not stand here is not proven, and fails the test.
NAMES: dict[str, Callable[[Shop], Any]] = {
    "shop_id": lambda shop: shop.pk,
    "version_id": lambda shop: newest(ModelVersion, shop, use_case="demand_forecast").pk,
    "release_id": lambda shop: a_card(shop).pk,
    "run_id": lambda shop: newest(SyncRun, shop).pk,
    "channel_id": lambda shop: newest(AlertChannel, shop).pk,
    "order_id": lambda shop: newest(PurchaseOrder, shop).pk,
    "report_id": lambda shop: newest(MonthReport, shop).pk,
    "pk": lambda shop: newest(HoldOut, shop).pk,
}
OF_OTHER_FAMILIES = {
    "monitoring.ask_about": "conversion",
    "monitoring.correct": "conversion",
    "visits.count_chances": "conversion",
    "releases.publish": "recommendations",
}
# They are short and known by their thing alone: on their queue they are nobody's, and go first.
NAMELESS = {"alerts.send_on", "hold_outs.count", "results.print_and_tell", "results.print_order"}
NEUTRAL = {"use_case": "demand_forecast", "trigger": "weekly", "month": two_shops.MONTH.isoformat()}


def every_job() -> Iterator[Job[...]]:
    """Find the jobs of all modules."""
    for found in pkgutil.iter_modules(jobs.__path__):
        module = import_module(f"pipelines.jobs.{found.name}")
        yield from (
            value for value in vars(module).values() if isinstance(value, Job) and value.__module__ == module.__name__
        )


def arguments(job: Job[...]) -> list[str]:
    return list(signature(job.function).parameters)


JOBS = sorted(every_job(), key=lambda job: job.path)
OF_ONE_SHOP = [job for job in JOBS if arguments(job)]


def short(job: Job[...]) -> str:
    return job.path.removeprefix("pipelines.jobs.")


@pytest.mark.parametrize("job", OF_ONE_SHOP, ids=short)
def test_a_job_of_one_shop_names_it_first_so_the_queue_knows_whose_turn_it_is(job: Job[...]) -> None:
    first, *others = arguments(job)
    assert (first == "shop_id") is (short(job) not in NAMELESS)
    assert first in NAMES and len([name for name in others if name in NAMES]) <= 1
    assert [name for name in others if name not in NAMES and name not in NEUTRAL] == []


OF_A_THING = [job for job in OF_ONE_SHOP if len([name for name in arguments(job) if name in NAMES]) == 2]


def test_a_job_touches_no_thing_of_another_shop_than_it_names(queued: list[Any]) -> None:
    shop = two_shops.a_whole_shop(SHOP, "Northbeck Outfitters")
    beside = two_shops.a_whole_shop(OTHER_SHOP, "Harbour Lane")
    before, touched = two_shops.rows_of(beside), []
    for job in OF_A_THING:
        given = {name: NAMES[name](shop if name == "shop_id" else beside) for name in arguments(job)}
        with transaction.atomic():
            with suppress(ObjectDoesNotExist):
                job.function(**given)
            touched += [short(job)] if two_shops.rows_of(beside) != before else []
            transaction.set_rollback(True)
    assert len(OF_A_THING) >= 7 and touched == []


def test_no_job_of_one_shop_touches_another(queued: list[Any], locks: list[str]) -> None:
    shop = two_shops.a_whole_shop(SHOP, "Northbeck Outfitters")
    beside = two_shops.a_whole_shop(OTHER_SHOP, "Harbour Lane")
    Deployment.objects.for_shop(shop).update(active=None)  # its versions' files are none that a family could read
    before = two_shops.rows_of(beside)
    touched = []
    for job in OF_ONE_SHOP:
        neutral = NEUTRAL | {"use_case": OF_OTHER_FAMILIES.get(short(job), NEUTRAL["use_case"])}
        given = {name: NAMES[name](shop) if name in NAMES else neutral[name] for name in arguments(job)}
        with transaction.atomic():
            with suppress(StageError, ShopifyError):  # it says why it cannot go on; what it wrote counts all the same
                job.function(**given)
            after = two_shops.rows_of(beside)
            touched += [(short(job), name) for name in before if after[name] != before[name]]
            transaction.set_rollback(True)
    locks.clear()  # all transactions of a job are one here; in which order each locks is watched by its own tests
    assert touched == []
