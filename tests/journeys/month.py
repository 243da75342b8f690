"""A shop's days one after the other, on two clocks that are turned together: the app's and the development store's.

Visitors are simulated: the app itself says which version each one sees, and counts its answer; who buys, buys in the
development store, and the app hears of it by a signed webhook.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import requests
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from pipelines.endpoints import webhooks
from pipelines.jobs import ingest
from pipelines.jobs import releases as jobs
from pipelines.lifecycle.evidence import answers, exposures
from pipelines.lifecycle.versions import registry
from pipelines.models import Deployment, ModelVersion, Order, Release, ServingWindow
from pipelines.shopify.reading.topics import UNIT_KEY
from pipelines.stats import assignment
from pipelines.strategies import Step
from shopmlops.urls import handler404, handler500
from shopmlops.urls import urlpatterns as pages
from tests import exposing, histories, waiting
from tests.dashboard import story

__all__ = ["handler404", "handler500"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TURN = 6  # hours between two looks at the releases
VISITS = (0, 0, 0, 0, 0, 0, 3, 6, 10, 15, 22, 27, 29, 24, 20, 17, 17, 22, 27, 29, 22, 12, 5, 0)  # by the shop's hour
USUAL_RATE = 0.18  # of visitors buy what the first version leads them to
PAST = 28  # days
PRICE = 2_500


@csrf_exempt
def door(request: HttpRequest) -> HttpResponse:
    """Lead a delivery to the app's own webhook door, which stands before Django where it runs for good."""
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    pairs = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    asyncio.run(webhooks.door({"method": request.method, "headers": pairs}, receive, send))
    return HttpResponse(said[1]["body"], status=said[0]["status"])


urlpatterns = [path(webhooks.PATH.lstrip("/"), door), *pages]


@dataclass(frozen=True)
class Seen:
    """What was the case at one look."""

    at: datetime
    version: int
    phase: str
    weight: int
    harm: float
    non_inferior: float

    def __str__(self) -> str:
        figures = f"harm {self.harm:.3g}, non-inferior {self.non_inferior:.3g}"
        return f"{self.at:%a %d %b %H:%M}: version {self.version} {self.phase} {self.weight} %, {figures}"


@dataclass
class Month:
    """One shop with visitors, and what was seen of it."""

    clock: Any  # time_machine's
    port: int  # of the development store
    shop: Any
    rates: dict[int, float] = field(default_factory=dict)  # who buys, by version number
    diary: list[Seen] = field(default_factory=list)
    visitors: Iterator[int] = field(default_factory=count)
    began: datetime = field(default_factory=timezone.now)
    shelf: int = 0  # variant that is bought

    @property
    def now(self) -> datetime:
        return timezone.now()

    @property
    def deployment(self) -> Deployment:
        return Deployment.objects.select_related("active", "canary").get(shop=self.shop, use_case=exposing.SLUG)

    @property
    def newest(self) -> Release | None:
        return Release.objects.for_shop(self.shop).filter(use_case=exposing.SLUG).order_by("-pk").first()

    @property
    def day(self) -> int:
        """Count the days that are over."""
        return (self.now - self.began).days

    def weights_of(self, release: Release) -> set[int]:
        """Return the shares of visitors to whom a release was ever shown."""
        return {seen.weight for seen in self.diary if seen.version == release.version.number}

    # Before it begins

    def begin(self) -> None:
        """Turn both clocks to the next Monday, with four weeks of a first version behind it."""
        today = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.began = today + (7 - today.weekday()) * DAY
        self.turn_to(self.began)
        self.shop.settings.canary_weights = [25, 50]  # days instead of weeks on the first step
        self.shop.settings.save()
        first = self.a_version(USUAL_RATE)
        Deployment.of(self.shop, exposing.SLUG)
        live = histories.healthy(histories.a_live_release(first))
        live.enter(live.phase, entered_at=self.began - PAST * DAY)
        changes = {"active": first, "active_since": self.began - PAST * DAY, "revision": 1}
        Deployment.objects.filter(shop=self.shop, use_case=exposing.SLUG).update(**changes)
        self.remember(first)
        self.shelf = self.fill_a_shelf()
        histories.pulled(self.shop, self.now)

    def a_version(self, rate: float) -> ModelVersion:
        """Return a version that leads this share of its visitors to buy."""
        number = registry.next_number(self.shop.pk, exposing.SLUG)
        self.rates[number] = rate
        return story.a_version(self.shop, use_case=exposing.SLUG, number=number, page={}, replay={})

    def remember(self, first: ModelVersion) -> None:
        """Let the first version have answered and sold in every hour before."""
        hours = [self.began - hour * HOUR for hour in range(1, PAST * 24 + 1)]
        facts = {"shop": self.shop, "use_case": exposing.SLUG, "arm": "stable", "version": first, "heartbeats": 1}
        ServingWindow.objects.bulk_create(
            ServingWindow(starts_at=at, ends_at=at + HOUR, units=self.visits_at(at), **facts) for at in hours
        )
        Order.objects.bulk_create(
            Order(
                shop=self.shop, shopify_id=next(histories.numbers), currency="GBP", total_minor=PRICE,
                subtotal_minor=PRICE, created_at=at, processed_at=at, updated_at=at, unit=bytes(16),
            )
            for at in hours
            for _ in range(round(USUAL_RATE * self.visits_at(at)))
        )  # fmt: skip

    def fill_a_shelf(self) -> int:
        """Return a variant of the development store that does not sell out."""
        variant = int(self.pull("add-product", title="Cairn Enamel Mug", price=PRICE)["variant_id"])
        self.pull("adjust-stock", variant_id=variant, available=100_000)
        return variant

    # Time

    def turn_to(self, moment: datetime) -> None:
        """Turn both clocks."""
        self.clock.move_to(moment)
        self.pull("clock", at=moment.isoformat())

    def pull(self, lever: str, **asked: Any) -> dict[str, Any]:
        """Pull a lever of the development store."""
        answer = requests.post(f"http://127.0.0.1:{self.port}/control/{lever}", json=asked, timeout=60)
        assert answer.ok, answer.text
        return dict(answer.json())

    def hours(self, number: int = TURN) -> None:
        """Let some hours pass: visitors come, some buy, the store tells, the app looks."""
        began = self.now
        began -= timedelta(minutes=began.minute, seconds=began.second, microseconds=began.microsecond)
        self.turn_to(began + number * HOUR)
        carts = [cart for hour in range(number) for cart in self.visited(began + hour * HOUR)]
        if carts:
            self.sell(carts)
        histories.pulled(self.shop, self.now)
        jobs.keep_time()
        self.note()

    def days(self, number: float) -> None:
        """Let days pass."""
        for _ in range(round(number * 24 / TURN)):
            self.hours()

    def until(self, *phases: str, days: int) -> Release:
        """Let time pass until the newest release is in one of these phases, within so many days."""
        last = self.now + days * DAY
        while self.newest.phase not in phases:
            assert self.now < last, "\n".join(map(str, self.diary))
            self.hours()
        return self.newest

    # Visitors

    def visits_at(self, moment: datetime) -> int:
        return VISITS[moment.astimezone(self.shop.zone).hour]

    def visited(self, hour: datetime) -> Iterator[dict[str, str]]:
        """Let an hour's visitors see what the app shows them; yield the carts of those who buy."""
        numbers = dict(ModelVersion.objects.filter(use_case=exposing.SLUG).values_list("pk", "number"))
        there, unseen = exposing.pointer(self.shop), self.answers_unseen()
        alive = {exposures.STABLE: there.active, exposures.CANARY: there.candidate if there.weight else unseen}
        rows = [self.said(hour, version, arm, outcome="alive") for arm, version in alive.items() if version]
        visits = self.visits_at(hour)
        for place in range(visits):
            at, visitor = hour + HOUR * place / visits, f"visitor-{next(self.visitors)}"
            (seen,) = exposing.sees(self.shop, exposing.SLUG, visitor, at=at)
            rows += [self.said(at, seen.version, seen.arm, seen.unit)]
            rows += [self.said(at, unseen, exposures.CANARY, seen.unit, is_shown=False)] if unseen else []
            if luck(visitor) < self.rates[numbers[seen.version]]:
                yield {UNIT_KEY: seen.unit.hex()}
        exposing.append(answers.LOG, rows)
        answers.sum_up(hour + HOUR)

    def said(self, at: datetime, version: Any, arm: str, unit: bytes = b"", **facts: Any) -> answers.Said:
        """Return an answer as it is logged."""
        return exposing.said(self.shop, version, arm, unit, at, **facts)

    def answers_unseen(self) -> ModelVersion | None:
        """Return the version that only runs alongside."""
        row = self.newest
        is_unseen = row.is_open and not row.weight and row.steps and Step.from_dict(row.steps[row.step]).mirrors
        return row.version if is_unseen else None

    def sell(self, carts: list[dict[str, str]]) -> None:
        """Place orders in the development store, and apply what it tells of them."""
        known = Order.objects.for_shop(self.shop).count()
        self.pull("place-order", lines=[{"variant_id": self.shelf, "quantity": 1}], attributes=carts)

        def arrived() -> bool:
            ingest.drain()
            return bool(Order.objects.for_shop(self.shop).count() >= known + len(carts))

        waiting.until(arrived, "the store's orders")

    # Looking

    def note(self) -> None:
        """Write down what is the case; exactly one version answers for everybody else."""
        row, pointer = self.newest, self.deployment
        assert pointer.active is not None
        live = Release.objects.for_shop(self.shop).filter(use_case=exposing.SLUG, phase=Release.Phase.LIVE)
        assert [release.version_id for release in live] == [pointer.active_id]
        told = row.analysis
        figures = (told.get("harm", 1.0), told.get("non_inferior", 1.0))
        self.diary.append(Seen(self.now, row.version.number, row.phase, row.weight, *figures))


def luck(visitor: str) -> float:
    """Return a visitor's own number from 0 to 1, the same whatever is shown."""
    return int.from_bytes(assignment.digest(f"luck of {visitor}")[:8]) / 2**64
