"""A shop whose visitors ask the door, on a clock that only the test moves; everything else happens through the jobs."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
import pytest
import time_machine
from django.utils import timezone

from pipelines.endpoints import appending
from pipelines.jobs import monitoring
from pipelines.jobs import releases as jobs
from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.releases import approval
from pipelines.models import Deployment, ModelVersion, Order, OrderLine, Release, ShopSettings, TrainingRun
from pipelines.stats import assignment
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase
from tests import exposing, histories
from tests.families.visits import SLUG, USE_CASE
from tests.families.visits.rows import visits
from tests.histories import numbers
from tests.loops import run
from tests.pipelines.endpoints.answering import asking
from tests.pipelines.endpoints.answering.asking import Door

MONDAY = datetime(2026, 9, 14, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPEN = (10, 11, 15)  # the hours of a day in which visitors come, as many in each
SOON = timedelta(minutes=5)  # after a visit, an order
PRICE = 2000

Answer = dict[str, Any]


def nobody(answer: Answer) -> bool:
    """Say that an answer puts nobody off."""
    return False


@dataclass(frozen=True)
class Visitor:
    """Who comes, what the page knows of the visit, and whether there would be an order if nothing puts it off."""

    unit: str
    question: dict[str, Any]
    wants: bool


class VisitingStore:
    """One shop, its visitors, one process at the door, one clock."""

    slug = SLUG

    def __init__(self, clock: Any, door: Door) -> None:
        self.clock, self.door = clock, door
        self.shop = exposing.a_shop()
        self.thing = histories.a_variant(self.shop, 1, created=self.now - 60 * DAY)
        histories.stocked(self.shop, self.thing, 40, self.now - 60 * DAY)
        self.rng = np.random.default_rng(1)
        self.came = 0

    @property
    def now(self) -> datetime:
        return timezone.now()

    @property
    def pointer(self) -> Deployment:
        return Deployment.of(self.shop, self.slug)

    @property
    def run(self) -> TrainingRun:
        return TrainingRun.objects.for_shop(self.shop).latest("pk")

    def version(self, number: int) -> ModelVersion:
        return ModelVersion.objects.get(shop=self.shop, use_case=self.slug, number=number)

    def release(self, number: int) -> Release:
        return Release.objects.select_related("version", "shop").get(shop=self.shop, version__number=number)

    def settings(self, **changes: Any) -> None:
        """Let the merchant change settings."""
        ShopSettings.objects.filter(shop=self.shop).update(**changes)

    def approve(self, number: int) -> None:
        """Say yes to a card exactly as it is shown."""
        card = self.release(number)
        digests = {"artifact_digest": card.version.artifact_digest, "evidence_digest": card.evidence_digest}
        approval.approve(card, sub=histories.OWNER, revision=card.revision, **digests)

    # Visitors

    def visitor(self) -> Visitor:
        """Return somebody new: who looks at more pages, or comes again, orders more often."""
        self.came += 1
        pages, is_returning = int(self.rng.integers(1, 12)), bool(self.rng.integers(0, 2))
        share = 1 / (1 + math.exp(2.4 - 1.6 * math.log1p(pages) - is_returning))
        question = {"pages": pages, "is_returning": is_returning}
        return Visitor(f"visitor-{self.came:06d}", question, bool(self.rng.random() < share))

    def ask(self, visitors: list[Visitor]) -> list[Answer]:
        """Let visitors ask the door with passes of ours; give what each was told."""

        async def all_of_them() -> list[Answer]:
            return [json.loads((await self.door.send(path, body, "POST"))[1]) for body in bodies]

        path = f"/answers/{self.shop.domain}/{self.slug}"
        until = self.now + HOUR
        passes = (self.door.pass_for(self.shop, each.unit, self.slug, until) for each in visitors)
        asked = ({"pass": given, "question": each.question} for given, each in zip(passes, visitors, strict=True))
        bodies = [json.dumps(each).encode() for each in asked]
        told: list[Answer] = run(all_of_them())
        return told

    def visited(self, count: int, puts_off: Callable[[Answer], bool] = nobody) -> list[Answer]:
        """Let visitors come and ask; who wants to and is not put off orders soon after. Give what they were told."""
        visitors = [self.visitor() for _ in range(count)]
        told = self.ask(visitors)
        units = [
            assignment.digest(each.unit)
            for each, answer in zip(visitors, told, strict=True)
            if each.wants and not puts_off(answer)
        ]
        self.ordered(units)
        return told

    def ordered(self, units: list[bytes]) -> None:
        """Write orders as the import would, each with the unit that its cart carried."""
        at = self.now + SOON
        facts = {"created_at": at, "processed_at": at, "updated_at": at, "currency": "GBP", "total_minor": PRICE}
        orders = [Order(shop=self.shop, shopify_id=next(numbers), unit=unit, **facts) for unit in units]
        Order.objects.bulk_create(orders)
        OrderLine.objects.bulk_create(histories.a_line(order, self.thing, 1) for order in orders)

    # Time

    def hour(self, visitors: int = 0, puts_off: Callable[[Answer], bool] = nobody) -> list[Answer]:
        """Let an hour pass: the door looks, visitors come, jobs follow. Give what visitors were told."""
        self.door.memory.look()
        told = self.visited(visitors, puts_off) if visitors else []
        self.clock.shift(HOUR)
        self.door.written()
        if visitors:  # at other hours there is nothing new, but that the door is alive
            monitoring.sum_up()
            jobs.keep_time()
        return told

    def day(self, visitors: int, puts_off: Callable[[Answer], bool] = nobody) -> list[Answer]:
        """Let a day pass, hour by hour from midnight; give what visitors were told."""
        told = []
        for hour in range(24):
            told += self.hour(visitors // len(OPEN) if hour in OPEN else 0, puts_off)
        self.end_day()
        return told

    def days_before(self, count: int, visitors: int) -> None:
        """Let days pass on which nothing is released yet: only what their visitors do matters."""
        for _ in range(count):
            midnight = self.now
            for hour in OPEN:
                self.clock.move_to(midnight + hour * HOUR)
                self.hour(visitors // len(OPEN))
            self.clock.move_to(midnight + DAY)
        self.end_day()

    def end_day(self) -> None:
        """Read from Shopify what is new, and do what is done once a day."""
        histories.pulled(self.shop, self.now)
        monitoring.keep_up()
        jobs.keep_time()
        jobs.look_back()


Store = TypeVar("Store", bound=VisitingStore)


@contextmanager
def opened(
    monkeypatch: pytest.MonkeyPatch, store: type[Store] = VisitingStore, family: UseCase = USE_CASE
) -> Iterator[Store]:
    """Give a store that opens on a Monday, where there is one family."""
    monkeypatch.setitem(dataset.BUILDERS, "visits", visits)
    for pause in ("PAUSE", "RETRY"):  # of the committer, in a time that stands still
        monkeypatch.setattr(appending, pause, 0.0)
    seeds = (f"{number:016x}" for number in itertools.count(1))  # of the buckets: who sees what is the same each time
    monkeypatch.setattr(Release._meta.get_field("seed"), "_get_default", lambda: next(seeds))
    with USE_CASES.only(family), time_machine.travel(MONDAY, tick=False) as clock:
        for door in asking.opened(monkeypatch):
            yield store(clock, door)
