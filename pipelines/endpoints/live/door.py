"""The door for streams: a fetch with a fresh ID token is kept open, and told which topics of its shop changed.

`door` is called by shopmlops/asgi.py before Django is asked, so a stream holds a connection and no thread. It ends
after some minutes, and the page comes back with a new token: who was let in is asked again.
"""

from __future__ import annotations

import asyncio
import random

from pipelines.endpoints import callers
from pipelines.endpoints.live.hub import Stream, hub
from pipelines.endpoints.patience import STALLED_SECONDS, Receive, Scope, Send, answer, disconnected
from pipelines.lifecycle.pages import changes
from pipelines.shopify.errors import InvalidIdToken
from pipelines.shopify.id_tokens import verify

PATH = "/live"
HEARTBEAT = 15.0  # seconds; proxies hang up on what is silent for longer
LIFE = 300.0  # seconds, and up to a fifth more, so that not all come back at once
FIRST_SECONDS = 5.0  # for the first look
NO_STORE = (b"cache-control", b"no-store")
EVENTS = [(b"content-type", b"text/event-stream"), NO_STORE, (b"x-accel-buffering", b"no")]
FRESH_TOKEN = [(b"x-shopify-retry-invalid-session-request", b"1"), NO_STORE]
LATER = [(b"retry-after", b"30"), NO_STORE]


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request for a stream."""
    if scope["method"] != "GET":
        await answer(send, 405, b"GET only", [(b"allow", b"GET")])
        return
    headers = dict(scope["headers"])
    try:
        domain = verify(token_in(headers.get(b"authorization", b""))).shop_domain
    except InvalidIdToken:
        await answer(send, 401, b"This page needs a fresh ID token.", FRESH_TOKEN)
        return
    stream = hub().join(domain, seen_by(scope, headers))
    if stream is None:
        await answer(send, 503, b"Enough pages are open. This one asks by itself.", LATER)
        return
    try:
        await serve(stream, receive, send)
    finally:
        hub().leave(stream)


def token_in(header: bytes) -> str:
    """Return the ID token of a header; never one of an address, which logs would keep."""
    scheme, _, token = header.decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def seen_by(scope: Scope, headers: dict[bytes, bytes]) -> changes.Mark:
    """Return what a page shows: of a stream that comes back as it was told last, else as it was rendered."""
    told = headers.get(b"last-event-id", b"").decode("latin-1")
    query = callers.query_of(scope) or {}
    return changes.read(told or query.get("seen", ""))


async def serve(stream: Stream, receive: Receive, send: Send) -> None:
    """Wait for the first look, then tell what changes until the stream ends."""
    try:
        async with asyncio.timeout(FIRST_SECONDS):
            await stream.was_looked_at.wait()
    except TimeoutError:
        await answer(send, 503, b"That cannot be told right now.", LATER)
        return
    if stream.is_gone:
        await answer(send, 403, b"This shop has not installed the app.", [NO_STORE])
        return
    gone = asyncio.ensure_future(disconnected(receive))
    gone.add_done_callback(lambda _: stream.news.set())
    try:
        await send({"type": "http.response.start", "status": 200, "headers": EVENTS})
        await tell(stream, gone, send)
    except TimeoutError:  # its reader does not read
        return
    finally:
        gone.cancel()


async def tell(stream: Stream, gone: asyncio.Future[None], send: Send) -> None:
    """Tell what changed, and now and then that we are still there."""
    until = asyncio.get_running_loop().time() + LIFE * random.uniform(1.0, 1.2)
    text = b": open\n\n"
    while not gone.done():
        is_over = stream.is_gone or hub().is_stale or asyncio.get_running_loop().time() >= until
        async with asyncio.timeout(STALLED_SECONDS):
            await send({"type": "http.response.body", "body": text, "more_body": not is_over})
        if is_over:
            return
        text = await news(stream)


async def news(stream: Stream) -> bytes:
    """Wait for something to tell, or for the time of a sign of life."""
    try:
        async with asyncio.timeout(HEARTBEAT):
            await stream.news.wait()
    except TimeoutError:
        return b": still here\n\n"
    topics = stream.take()
    if not topics:
        return b": still here\n\n"
    return f"id: {changes.written(stream.seen)}\nevent: changed\ndata: {' '.join(topics)}\n\n".encode()
