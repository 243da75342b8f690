"""A page that listens: a request for a stream, and what was sent on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pipelines.endpoints.live import door
from tests import waiting
from tests.identities import SHOP, id_token


class Page:
    """What one page asks for and is sent."""

    def __init__(self, **asked: Any) -> None:
        token = asked.pop("token", None)
        bearer = f"Bearer {id_token(SHOP) if token is None else token}".encode()
        headers = [(b"authorization", bearer), *asked.pop("headers", [])]
        self.scope = {"method": "GET", "path": "/live", "query_string": b"", "headers": headers} | asked
        self.sent: list[dict[str, Any]] = []
        self.hung_up = asyncio.Event()
        self.reads = asyncio.Event()
        self.reads.set()

    async def receive(self) -> dict[str, Any]:
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.sent.append(dict(message))

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent[1:]).decode()

    @property
    def events(self) -> list[str]:
        """Return which topics were told, event by event."""
        return [line.removeprefix("data: ") for line in self.text.splitlines() if line.startswith("data: ")]

    @property
    def is_over(self) -> bool:
        return bool(self.sent) and self.sent[-1].get("more_body") is False

    async def ask(self) -> Page:
        """Ask, and wait until the stream is over or refused."""
        await door.door(self.scope, self.receive, self.send)
        return self

    async def until(self, found: Any) -> None:
        """Let the loop run until something is so."""
        async with asyncio.timeout(waiting.SECONDS):
            while not found():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(**asked: Any) -> AsyncIterator[Page]:
    """Keep a page open that listens, and close it in the end."""
    page = Page(**asked)
    task = asyncio.ensure_future(page.ask())
    await page.until(lambda: len(page.sent) > 1 or task.done())
    try:
        yield page
    finally:
        page.hung_up.set()
        async with asyncio.timeout(waiting.SECONDS):
            await task
