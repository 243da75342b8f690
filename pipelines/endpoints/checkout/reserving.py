"""Take what a pick may cost before it is shown: the one statement that a visitor waits for, and never long.

Each thread has a connection of its own, beside Django's. A database that is away is asked again after a moment; until
then nobody waits for it, and nothing that costs is shown.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any
from weakref import WeakValueDictionary

import psycopg2

from pipelines.endpoints import webhooks
from pipelines.endpoints.outbox import IN_USE
from pipelines.models import own

log = logging.getLogger(__name__)

THREADS = 4
THREADS_BY_SHOP = 2  # whose row many want keeps no thread from the others
MOST_PENDING, MOST_BY_SHOP = 64, 16
RETRY = 1.0  # seconds after which a database that was away is asked again
LATE, AWAY, BUSY = "too late", "database away", "too much at once"


@dataclass
class Cashier:
    """The threads and connections of one process."""

    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "reserving"))
    mine: threading.local = field(default_factory=threading.local)
    asking: Counter[int] = field(default_factory=Counter)  # shop -> how many wait for it
    turns: WeakValueDictionary[int, asyncio.Semaphore] = field(default_factory=WeakValueDictionary)
    not_before: float = 0.0

    async def reserve(self, use_case: str, seconds: float, shop: int, **facts: Any) -> tuple[int, str]:
        """Return the id of what is shown, and why nothing is; after its time nothing is shown, whatever is reserved."""
        if time.monotonic() < self.not_before:
            return 0, AWAY
        if self.asking[shop] >= MOST_BY_SHOP or self.asking.total() >= MOST_PENDING:
            return 0, BUSY
        self.asking[shop] += 1
        try:
            async with asyncio.timeout(seconds):
                return await self.in_turn(shop, partial(self.ask, use_case, shop=shop, **facts)), ""
        except TimeoutError:
            return 0, LATE
        except psycopg2.Error as error:
            log.warning("nothing can be reserved now: %s", type(error).__name__)
            return 0, LATE if isinstance(error, IN_USE) else AWAY
        finally:
            self.asking -= Counter([shop])

    async def in_turn(self, shop: int, ask: Callable[[], int]) -> int:
        """Ask on a thread as soon as the shop has one; it has it until the database answered, whoever still waits."""
        turn = self.turns.setdefault(shop, asyncio.Semaphore(THREADS_BY_SHOP))
        await turn.acquire()
        asked, loop = self.threads.submit(ask), asyncio.get_running_loop()

        def give_back(_: object) -> None:
            with suppress(RuntimeError):  # the process ends
                loop.call_soon_threadsafe(turn.release)

        asked.add_done_callback(give_back)
        return await asyncio.wrap_future(asked)

    def ask(self, use_case: str, **facts: Any) -> int:
        """Ask the database, on this thread's connection."""
        try:
            with self.connection().cursor() as cursor:
                reserved: int = own.till(use_case).reserve(cursor, **facts)
                return reserved
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            if not isinstance(error, IN_USE):
                self.not_before = time.monotonic() + RETRY
                self.mine.connection = None
            raise

    def connection(self) -> Any:
        """Return this thread's connection."""
        known = getattr(self.mine, "connection", None)
        if known is None or known.closed:
            known = self.mine.connection = webhooks.connect()
            known.autocommit = True
        return known


@lru_cache(maxsize=1)
def cashier() -> Cashier:
    """Return the process's cashier."""
    return Cashier()
