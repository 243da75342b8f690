"""How long we wait for a client: for the bytes of its body, and for it to read our answer.

A client that is slower than this holds nothing but its connection: no thread, no lock, and little memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

FIRST_SECONDS = 10.0
SLOWEST = 16 * 1024  # bytes a second that a body or an answer goes on with after that
STALLED_SECONDS = 15.0  # in which nothing of an answer was taken
UNREAD = 64 * 1024 * 1024  # bytes of unfinished bodies that a process holds; more are sent away
CHUNK = 64 * 1024


class Unreadable(Exception):
    """The body did not arrive; the status says why."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason


class Held:
    """The bytes of bodies that are still arriving."""

    total = 0


async def read_body(receive: Receive, largest: int, seconds: float) -> bytes:
    """Return a whole body, or raise Unreadable: it is too large, too slow, broke off, or there is no room for it."""
    parts: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(seconds):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Unreadable(400, "the body broke off")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                Held.total += len(parts[-1])
                if size > largest:
                    raise Unreadable(413, "too large")
                if Held.total > UNREAD:
                    raise Unreadable(503, "busy, please send it again")
                more = message.get("more_body", False)
    except TimeoutError:
        raise Unreadable(408, "the body did not arrive in time") from None
    finally:
        Held.total -= size
    return b"".join(parts)


def seconds_for(size: int) -> float:
    """Return how long so many bytes may take."""
    return FIRST_SECONDS + size / SLOWEST


async def answer(send: Send, status: int, text: bytes, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Send a short answer of our own."""
    length = (b"content-length", str(len(text)).encode())
    own = [(b"content-type", b"text/plain; charset=utf-8"), length]
    given = dict(headers)
    pairs = [*given.items(), *(pair for pair in own if pair[0] not in given)]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": text})


async def send_file(receive: Receive, send: Send, status: int, headers: Headers, body: Any, size: int) -> None:
    """Send an answer out of a file as fast as its reader takes it; one that is too slow, or gone, gets no more."""
    gone = asyncio.ensure_future(disconnected(receive))
    try:
        async with asyncio.timeout(seconds_for(size)):
            await send({"type": "http.response.start", "status": status, "headers": headers})
            while not gone.done():
                chunk = body.read(CHUNK)
                async with asyncio.timeout(STALLED_SECONDS):
                    await send({"type": "http.response.body", "body": chunk, "more_body": bool(chunk)})
                if not chunk:
                    return
    except TimeoutError:
        return
    finally:
        gone.cancel()


async def disconnected(receive: Receive) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
