"""The door for exports: GET /api/<use case>, with a key of the shop in `Authorization: Bearer …`.

It tells who is on a visit or in checkout now and the last chance that was said of each, a page at a time. Threads of
its own ask the database, and not for long: a tool that reads too much keeps no merchant from a page.
"""

from __future__ import annotations

import asyncio
import logging
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from django.db import Error as DatabaseTrouble
from django.db import connection, transaction
from django.utils import timezone

from pipelines import words
from pipelines.endpoints import callers
from pipelines.endpoints.answering.door import Refused
from pipelines.endpoints.patience import Receive, Scope, Send, answer
from pipelines.endpoints.storefront.limits import Limit
from pipelines.lifecycle.evidence.asked import underway
from pipelines.lifecycle.exports import keys
from pipelines.models import Shop

log = logging.getLogger(__name__)

PREFIX = "/api/"
PATH = re.compile(rf"{PREFIX}([a-z0-9_]{{1,40}})")
# Of an address before anybody knows whose key it is, and of a shop; in each process.
BY_ADDRESS, BY_SHOP = Limit(at_once=120, a_second=2), Limit(at_once=60, a_second=1)
USUAL_ROWS, MOST_ROWS = 100, 500
AFTER = re.compile(r"[0-9]{1,18}")
THREADS, MOST_PENDING = 2, 16
SECONDS = 5.0
IN_TIME = "SET LOCAL statement_timeout = 4000"
JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
MORE = {
    401: [(b"www-authenticate", b"Bearer")],
    405: [(b"allow", b"GET")],
    429: [(b"retry-after", b"10")],
    503: [(b"retry-after", b"10")],
}

pending: set[Future[Any]] = set()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of what is asked for, by which key."""

    use_case: str
    key: str
    after: int
    most: int
    at: datetime


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request of a tool."""
    try:
        body = await told(understand(scope))
    except Refused as refused:
        await answer(send, refused.status, refused.reason.encode(), [*JSON[1:], *MORE.get(refused.status, ())])
        return
    await answer(send, 200, body, JSON)


def understand(scope: Scope) -> Asked:
    """Return what is asked for, or raise Refused."""
    place = PATH.fullmatch(scope["path"])
    if place is None or not underway.are_told(place[1]):
        raise Refused(404, "nothing is exported here")
    if scope["method"] != "GET":
        raise Refused(405, "GET only")
    headers = dict(scope["headers"])
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
    if not BY_ADDRESS.takes(callers.address((scope.get("client") or ("", 0))[0], forwarded)):
        raise Refused(429, "too much at once")
    kind, _, key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if kind.lower() != "bearer":
        raise Refused(401, "a key of the shop is missing")
    query = callers.query_of(scope)
    if query is None:
        raise Refused(400, "the query has too many fields")
    return Asked(place[1], key.strip(), place_in(query), rows_in(query), timezone.now())


def place_in(query: dict[str, str]) -> int:
    """Return after which row a page begins, or raise Refused."""
    given = query.get("after", "0")
    if not AFTER.fullmatch(given):
        raise Refused(400, "after is not what the page before named as next")
    return int(given)


def rows_in(query: dict[str, str]) -> int:
    """Return how many rows a page has at most, or raise Refused."""
    given = query.get("limit", str(USUAL_ROWS))
    if not (AFTER.fullmatch(given) and 1 <= int(given) <= MOST_ROWS):
        raise Refused(400, f"limit is no number from 1 to {MOST_ROWS}")
    return int(given)


async def told(asked: Asked) -> bytes:
    """Read a page on a thread of ours, or raise Refused."""
    if len(pending) >= MOST_PENDING:
        raise Refused(503, "busy, please ask again")
    reading = threads().submit(page, asked)
    pending.add(reading)
    reading.add_done_callback(pending.discard)
    try:
        return await asyncio.wait_for(asyncio.wrap_future(reading), SECONDS)
    except TimeoutError:
        raise Refused(503, "that took too long, please ask again") from None
    except DatabaseTrouble as trouble:
        log.warning("an export could not be read: %s", type(trouble).__name__)
        raise Refused(503, "that cannot be read now, please ask again") from None


def page(asked: Asked) -> bytes:
    """Read a page, where the key is one of a shop's, or raise Refused; a connection that broke is not kept."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(IN_TIME)
            shop = keys.shop_of(asked.key, asked.at)
            if shop is None:
                raise Refused(401, "the key is none of a shop that has the app")
            if not BY_SHOP.takes(shop.domain):
                raise Refused(429, "too much at once")
            rows = underway.of(shop, asked.use_case, asked.at, after=asked.after, most=asked.most + 1)
    except DatabaseTrouble:
        connection.close()
        raise
    return written(shop, asked, rows)


def written(shop: Shop, asked: Asked, rows: list[underway.Underway]) -> bytes:
    """Write a page, with after which row the next one begins if there is one."""
    shown = rows[: asked.most]
    about = {"as_of": asked.at.isoformat(timespec="seconds"), "currency": shop.currency}
    following = str(shown[-1].said) if len(rows) > len(shown) else None
    return orjson.dumps(about | {"rows": [row(shop, each, asked.at) for each in shown], "next": following})


def row(shop: Shop, each: underway.Underway, at: datetime) -> dict[str, Any]:
    """Write a visit or a checkout."""
    stake = None if each.minor is None else str(words.to_major(each.minor, shop.currency))
    return {
        "id": underway.pseudonym(shop, each),
        "of": each.of,
        "chance": round(each.chance, 6),
        "scored_at": each.at.isoformat(timespec="seconds"),
        "age_seconds": max(0, round((at - each.at).total_seconds())),
        "version": each.version,
        "at_stake": stake,
    }


@lru_cache(maxsize=1)
def threads() -> ThreadPoolExecutor:
    """Return the process's threads for exports."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="exports")
