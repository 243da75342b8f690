"""A door with a memory of its own, kept by the test, and a committer that writes to the test's database."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg2
import pytest
from django.utils import timezone

from pipelines.endpoints import webhooks
from pipelines.endpoints.answering import door as answering
from pipelines.endpoints.answering import passes, scoring
from pipelines.endpoints.answering.memory import Memory
from pipelines.endpoints.outbox import Outbox
from pipelines.models import Deployment, ModelVersion, Release
from pipelines.usecases import USE_CASES
from tests import exposing, histories, waiting
from tests.exposing import SLUG
from tests.loops import run
from tests.pipelines.endpoints.answering import answering_use_case


@dataclasses.dataclass
class Said:
    """What the door answered."""

    status: int
    body: bytes
    headers: dict[bytes, bytes]

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def greeting(self) -> str:
        return str(self.told["answer"]["greeting"])


class Door:
    """Asks the door as a storefront would, and keeps its memory as the process would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.memory = Memory()
        self.connect: Callable[[], Any] = webhooks.connect
        self.outbox = Outbox(lambda: self.connect())
        monkeypatch.setattr(answering, "memory", lambda: self.memory)
        monkeypatch.setattr(webhooks, "outbox", lambda: self.outbox)

    def pass_for(self, shop: Any, unit: str, use_case: str = SLUG, until: datetime | None = None) -> str:
        return passes.give(shop.domain, use_case, unit, until or timezone.now() + timedelta(hours=1))

    def ask(
        self, shop: Any, unit: str = "visitor-1", question: Any = None, use_case: str = SLUG, **changes: Any
    ) -> Said:
        body = {"pass": self.pass_for(shop, unit, use_case), "question": question or {"page": "home"}} | changes
        return self.post(f"/answers/{shop.domain}/{use_case}", json.dumps(body).encode())

    def post(self, path: str, body: bytes, method: str = "POST") -> Said:
        return Said(*run(self.send(path, body, method)))

    async def send(self, path: str, body: bytes, method: str) -> tuple[int, bytes, dict[bytes, bytes]]:
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        await answering.door({"method": method, "path": path, "headers": []}, receive, send)
        return said[0]["status"], said[1]["body"], dict(said[0]["headers"])

    def warm(self, shop: Any, use_case: str = SLUG) -> None:
        """Let the process have looked, and its versions be loaded."""
        self.memory.look()
        self.memory.want((shop.domain, use_case))
        self.memory.look()

    def written(self) -> None:
        """Wait until nothing is left to append."""
        waiting.until(lambda: not len(self.outbox.appended), "rows to be written")


def nowhere() -> Any:
    """Stand in for a database that is away."""
    raise psycopg2.OperationalError("the database is away")


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    with USE_CASES.also(answering_use_case.USE_CASE):
        yield from opened(monkeypatch)


def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """Give a door that nobody has used yet, and close it."""
    mood = answering_use_case.Mood()
    monkeypatch.setattr(answering_use_case, "mood", mood)
    answering.safe_default.cache_clear()
    scoring.threads.cache_clear()
    door = Door(monkeypatch)
    yield door
    door.connect = nowhere
    door.outbox.appended.rows.clear()
    door.outbox.appended.counts.clear()
    door.outbox.disconnect()
    answering.safe_default.cache_clear()


@pytest.fixture
def quick(door: Door) -> Iterator[None]:
    """Let a question take very little time."""
    with USE_CASES.also(dataclasses.replace(answering_use_case.USE_CASE, score_seconds=0.05)):
        yield


@pytest.fixture
def does(door: Door) -> Callable[[Any], None]:
    """Return what sets how versions behave."""

    def set_to(does: Any) -> None:
        answering_use_case.mood.does = does

    return set_to


def a_version(shop: Any, greeting: str, **changes: Any) -> ModelVersion:
    """Return a version that greets so."""
    return histories.a_version(shop, use_case=SLUG, files=answering_use_case.files(greeting), **changes)


def runs(shop: Any, greeting: str = "good day", **changes: Any) -> ModelVersion:
    """Let a version run in a shop."""
    version = a_version(shop, greeting, **changes)
    pointer = Deployment.of(shop, SLUG)
    Deployment.objects.filter(pk=pointer.pk).update(active=version)
    return version


def a_canary(shop: Any, step: int = 1) -> Release:
    """Return a release that half of the visitors see, beside what runs."""
    old, new = a_version(shop, "old"), a_version(shop, "new")
    at = timezone.now() - timedelta(hours=1)
    release = exposing.a_canary(shop, at=at, step=step, version=new)
    Deployment.objects.filter(shop=shop, use_case=SLUG).update(active=old, canary=new)
    return release
