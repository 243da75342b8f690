"""Rows that nobody waits for: kept in memory until the committer has a moment, then written many at once.

A delivery never waits long for them: their transaction waits for a lock only a moment, and not for the disk. A database
that was away gets them later; what no room is left for is dropped, and counted. What need not be told apart is counted
at once, and a count is a row. A statement takes its rows as one list in JSON.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import orjson
import psycopg2
from psycopg2.extensions import connection as Connection

from pipelines.endpoints.metrics.counted import DROPPED

log = logging.getLogger(__name__)

ROOM = 50_000  # rows of a kind, and counts of one
BATCH = 250  # in one statement: a larger one keeps those who wait for the processor, or for a delivery, longer
PAUSE = 0.05  # seconds between two writes: more rows come together
RETRY = 1.0  # seconds after which a database that was away is asked again
LAST_SECONDS = 1.0  # that the end of a process waits for its rows
BROKEN = (psycopg2.DataError, psycopg2.IntegrityError, psycopg2.ProgrammingError, TypeError)
GENTLY = "SET LOCAL synchronous_commit = off; SET LOCAL statement_timeout = 1000; SET LOCAL lock_timeout = 50;"


@dataclass
class Appended:
    """The rows of a process that are still to be written, by the statement that writes them."""

    wake: Callable[[], None]  # the committer, who may wait for deliveries
    rows: dict[str, deque[Any]] = field(default_factory=dict)
    counts: dict[str, Counter[Any]] = field(default_factory=dict)
    counting: threading.Lock = field(default_factory=threading.Lock)  # held for a moment, never while writing
    dropped: int = 0  # for want of room
    refused: int = 0  # by the database
    under_way: int = 0  # counts that are being written: they are not there yet
    not_before: float = 0.0
    was_woken: bool = False

    def __len__(self) -> int:
        return sum(map(len, [*self.rows.values(), *self.counts.values()])) + self.under_way

    def add(self, statement: str, row: Any) -> bool:
        """Keep a row until it is written, and tell whether there was room; never waits."""
        rows = self.rows.setdefault(statement, deque())
        if len(rows) >= ROOM:
            self.drop()
            return False
        rows.append(row)
        self.call()
        return True

    def count(self, statement: str, of: Any, times: int = 1) -> None:
        """Count what is alike, a dataclass, until it is written with how many `times` it was; never waits."""
        with self.counting:
            counts = self.counts.setdefault(statement, Counter())
            has_room = of in counts or len(counts) < ROOM
            if has_room:
                counts[of] += times
        if has_room:
            self.call()
        else:
            self.drop()

    def call(self) -> None:
        """Wake the committer, unless it looks by itself."""
        if not self.was_woken:
            self.was_woken = True
            self.wake()

    def drop(self) -> None:
        """Count a row that finds no room, and say so now and then."""
        self.dropped += 1
        DROPPED.inc()
        if self.dropped.bit_count() == 1:  # the first, second, fourth, …
            log.error("%d rows were dropped: they could not be written for too long", self.dropped)

    def due_in(self) -> float | None:
        """Return how long the committer may wait for something else; nothing: until it is woken.

        Who waits for ever must be woken by the next row, so this is said before it is looked whether there is any.
        """
        self.was_woken = False
        if not len(self):
            return None
        self.was_woken = True  # it looks by itself
        return self.seconds_left()

    def is_due(self) -> bool:
        return bool(len(self)) and not self.seconds_left()

    def seconds_left(self) -> float:
        return max(0.0, self.not_before - time.monotonic())

    def write(self, connect: Callable[[], Connection]) -> None:
        """Write rows, each kind in its order; those that are not written stay, and wait a while."""
        self.not_before = time.monotonic() + RETRY
        connection = connect()
        for statement, rows in list(self.rows.items()):
            batch = list(islice(rows, BATCH))
            self.execute(connection, statement, batch)
            for _ in batch:
                rows.popleft()
        for statement in list(self.counts):
            self.write_counts(connection, statement)
        self.not_before = time.monotonic() + (0.0 if len(self) >= BATCH else PAUSE)

    def write_counts(self, connection: Connection, statement: str) -> None:
        """Write counts; what is counted meanwhile is written next, and what was not written goes on counting."""
        with self.counting:
            counts = self.counts[statement]
            self.under_way = min(len(counts), BATCH)  # first: who asks how much is left is never told too little
            taken = {of: counts.pop(of) for of in list(islice(counts, BATCH))}
        try:
            self.execute(connection, statement, [asdict(of) | {"times": times} for of, times in taken.items()])
        except Exception:
            with self.counting:
                self.counts[statement].update(taken)
            raise
        finally:
            self.under_way = 0

    def wait_until_written(self, seconds: float = LAST_SECONDS) -> None:
        """Let the committer write what is left before the process ends, if it can soon."""
        until = time.monotonic() + seconds
        while len(self) and time.monotonic() < until:
            time.sleep(PAUSE / 5)

    def execute(self, connection: Connection, statement: str, rows: list[Any]) -> None:
        """Write rows of one kind in one transaction; where the database refuses one, all but that one."""
        if not rows:
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute(GENTLY + statement, [orjson.dumps(rows).decode()])
        except BROKEN as error:
            if len(rows) == 1:
                self.refused += 1
                log.error("a row was refused: %s", type(error).__name__)
                return
            half = len(rows) // 2
            self.execute(connection, statement, rows[:half])
            self.execute(connection, statement, rows[half:])
