"""Take what a pick may cost before it is shown: the one statement that a visitor waits for, and never long.

Each thread has a connection of its own, beside Django's. A database that is away is asked again after a moment; until
then nobody waits for it, and nothing that costs is shown.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import psycopg2

from pipelines.endpoints import webhooks
from pipelines.endpoints.outbox import IN_USE
from pipelines.models import own

log = logging.getLogger(__name__)

THREADS = 4
MOST_PENDING = 64
RETRY = 1.0  # seconds after which a database that was away is asked again
LATE, AWAY, BUSY = "too late", "database away", "too much at once"


@dataclass
class Cashier:
    """The threads and connections of one process."""

    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "reserving"))
    mine: threading.local = field(default_factory=threading.local)
    pending: set[Future[int]] = field(default_factory=set)
    not_before: float = 0.0

    async def reserve(self, use_case: str, seconds: float, **facts: Any) -> tuple[int, str]:
        """Return the id of what is shown, and why nothing is; after its time nothing is shown, whatever is reserved."""
        if time.monotonic() < self.not_before:
            return 0, AWAY
        if len(self.pending) >= MOST_PENDING:
            return 0, BUSY
        asked = self.threads.submit(partial(self.ask, use_case, **facts))
        self.pending.add(asked)
        asked.add_done_callback(self.pending.discard)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(asked), seconds), ""
        except TimeoutError:
            return 0, LATE
        except psycopg2.Error as error:
            log.warning("nothing can be reserved now: %s", type(error).__name__)
            return 0, LATE if isinstance(error, IN_USE) else AWAY

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
