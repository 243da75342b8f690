"""What a visitor's browser tells the pixel's door, and the door with a memory and a committer of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.endpoints import webhooks
from pipelines.endpoints.answering.memory import Memory
from pipelines.endpoints.outbox import Outbox
from pipelines.endpoints.storefront import pixel
from pipelines.endpoints.storefront.limits import Limit
from pipelines.lifecycle.storefront import keys
from pipelines.models import IgnoredEvents, StorefrontEvent
from tests import waiting
from tests.loops import run
from tests.pipelines.endpoints.answering import asking

SHOP = "ada.myshopify.com"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
VISITOR = "7d0f6f0e-1f57-4a7c-9d55-0f5b2b1b9a01"


def event(name: str = "product_viewed", *, given: str = "e-1", at: datetime | None = None, **more: Any) -> Any:
    return {"id": given, "name": name, "at": (at or timezone.now()).isoformat(), "product": 11} | more


def told(*events: Any, **changes: Any) -> dict[str, Any]:
    facts = {"shop": SHOP, "key": keys.give(SHOP), "unit": VISITOR, "analytics": True}
    return facts | {"sent": timezone.now().isoformat(), "events": list(events) or [event()]} | changes


class Door:
    """Sends to the door as the pixel would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.memory, self.outbox = Memory(), Outbox(webhooks.connect)
        self.clock = 100.0
        monkeypatch.setattr(pixel, "memory", lambda: self.memory)
        monkeypatch.setattr(webhooks, "outbox", lambda: self.outbox)
        self.limit(monkeypatch, by_address=10_000, by_shop=10_000)

    def limit(self, monkeypatch: pytest.MonkeyPatch, *, by_address: int, by_shop: int) -> None:
        """Let so many events through at once, and as many a second."""
        for name, most in (("BY_ADDRESS", by_address), ("BY_SHOP", by_shop)):
            monkeypatch.setattr(pixel, name, Limit(most, most, clock=lambda: self.clock))

    def tell(self, *events: Any, agent: str = BROWSER, address: str = "203.0.113.7", **changes: Any) -> int:
        return self.post(json.dumps(told(*events, **changes)).encode(), agent=agent, address=address)

    def post(self, body: bytes, *, agent: str = BROWSER, address: str = "203.0.113.7", **more: Any) -> int:
        return int(run(self.send(body, agent, address, **more))[0]["status"])

    async def send(
        self, body: bytes, agent: str, address: str, method: str = "POST", length: str | None = None
    ) -> list[Any]:
        said: list[Any] = []
        self.was_read = False

        async def receive() -> dict[str, Any]:
            self.was_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        headers = {"content-length": length or str(len(body)), "user-agent": agent, "x-forwarded-for": address}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"method": method, "path": pixel.PATH, "headers": pairs, "client": ("127.0.0.1", 4000)}
        await pixel.door(scope, receive, send)
        return said

    def written(self) -> list[StorefrontEvent]:
        """Return what was kept, once nothing is left to append."""
        waiting.until(lambda: not len(self.outbox.appended), "rows to be written")
        return list(StorefrontEvent.objects.order_by("pk"))

    def ignored(self) -> dict[str, int]:
        self.written()
        return dict(IgnoredEvents.objects.values_list("reason", "events"))


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    keys.opens.cache_clear()
    door = Door(monkeypatch)
    yield door
    door.outbox.connect = asking.nowhere
    door.outbox.appended.rows.clear()
    door.outbox.disconnect()


def before(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)
