"""Pages: Django on a few threads, which work and never wait for a client.

The body is read before a thread is asked, and the answer is kept until its reader has it: first in memory, then on
disk. A fixed pool keeps Django's database connections alive between requests.
"""

from __future__ import annotations

import asyncio
import codecs
from collections import Counter
from collections.abc import Callable, Mapping
from tempfile import SpooledTemporaryFile
from typing import Any

from a2wsgi import WSGIMiddleware
from django.utils.http import parse_header_parameters

from dashboard.embedding import LARGEST_REQUEST
from pipelines.endpoints.callers import address
from pipelines.endpoints.patience import Receive, Scope, Send, Unreadable, answer, read_body, seconds_for, send_file

THREADS = 8
WAIT_SECONDS = 10.0  # for a thread
IN_MEMORY = 1024 * 1024  # bytes of an answer
PER_ADDRESS = 256  # requests of one address at once
CHARSETS = {"utf-8", "ascii", "iso8859-1"}
TRY_AGAIN = [(b"retry-after", b"5")]


class Answer:
    """An answer of Django's, as it comes out of its thread."""

    def __init__(self) -> None:
        self.status, self.size = 500, 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed when it was sent)

    async def take(self, message: Mapping[str, Any]) -> None:
        """Keep what the thread says."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body.write(message.get("body", b""))

    def rewind(self) -> None:
        self.size = self.body.tell()
        self.body.seek(0)


class Pages:
    """The door to Django."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.wsgi: Any = WSGIMiddleware(application, workers=THREADS)  # which has its own names for our dictionaries
        self.threads = asyncio.Semaphore(THREADS)
        self.asking: Counter[str] = Counter()

    async def door(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for a page."""
        who = address_of(scope)
        if self.asking[who] >= PER_ADDRESS:
            await answer(send, 503, b"Too many requests at once.", TRY_AGAIN)
            return
        self.asking[who] += 1
        try:
            await self.serve(scope, receive, send)
        except Unreadable as unreadable:
            await answer(send, unreadable.status, unreadable.reason.encode())
        finally:
            self.asking[who] -= 1
            if not self.asking[who]:
                del self.asking[who]

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, have a thread answer, and send its answer."""
        body = await body_of(scope, receive)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self.threads.acquire()
        except TimeoutError:
            raise Unreadable(503, "Every place is taken right now. Try again in a minute.") from None
        made = Answer()
        with made.body:
            try:
                await self.wsgi(scope, whole(body), made.take)
            finally:
                self.threads.release()
            made.rewind()
            await send_file(receive, send, made.status, made.headers, made.body, made.size)


async def body_of(scope: Scope, receive: Receive) -> bytes:
    """Return the body that was announced; one that was not is not read."""
    headers = dict(scope["headers"])
    if not is_readable(b",".join(value for name, value in scope["headers"] if name == b"content-type")):
        raise Unreadable(400, "We read UTF-8.")
    announced = headers.get(b"content-length", b"0")
    if not announced.isdigit() or len(announced) > 12 or int(announced) > LARGEST_REQUEST:
        raise Unreadable(413, "That is more than this app takes at once.")
    length = int(announced)
    return await read_body(receive, length, seconds_for(length)) if length else b""


def is_readable(content_type: bytes) -> bool:
    """Say whether Django can read a body of this type: it takes any charset of Python's, also those that are none.

    >>> is_readable(b"text/plain; charset=UTF8"), is_readable(b"text/plain; charset=rot13")
    (True, False)
    """
    try:
        named = parse_header_parameters(content_type.decode("latin-1"))[1].get("charset", "utf-8")
        return codecs.lookup(named).name in CHARSETS
    except (LookupError, ValueError):
        return False


def whole(body: bytes) -> Receive:
    """Return a receive() that has the whole body at once, and nothing after it."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def address_of(scope: Scope) -> str:
    """Return whose request it is."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    return address((scope.get("client") or ("",))[0], forwarded)
