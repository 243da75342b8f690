"""Take what picks may cost before they are shown: a block of it at once, which is handed out from memory.

Who asks waits for the database only where the block is used up, together with all who ask for the same meanwhile: the
next block is as large as is asked for, as far as the budget lets it. Before a large block is used up the next one is
taken, and nobody waits. What is handed out is appended, and what is left after a second given back. Each thread has a
connection of its own, beside Django's. A database that is away is asked again after a moment; until then nobody waits
for it, and nothing that costs is shown.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any
from weakref import WeakValueDictionary

import psycopg2

from pipelines.endpoints import webhooks
from pipelines.endpoints.outbox import IN_USE
from pipelines.models import own
from pipelines.records import record

log = logging.getLogger(__name__)

THREADS = 4
THREADS_BY_SHOP = 2  # whose row many want keeps no thread from the others
LARGEST = 64  # times of a block
AHEAD_FROM = 8  # times of a block, in whose second half the next one is taken
HANDED_OUT_FOR = 1.0  # seconds, after which others may have what is left, and a stop by the merchant is followed
MOST_KNOWN = 20_000  # decisions whose page may be drawn again
RETRY = 1.0  # seconds after which a database that was away is asked again
LATE, AWAY, BUSY, USED_UP = "too late", "database away", "too much at once", "used up"


@record(frozen=True, slots=True)
class Drawer:
    """Out of which budget something is shown."""

    use_case: str
    shop: int
    picked: int
    week: date
    has_checkout: bool


@record(frozen=True, slots=True)
class Wish:
    """What a decision may cost."""

    decision: str
    version: int | None
    checkout: int | None
    cost: int
    at: datetime


@dataclass
class Lane:
    """A drawer of one process: the block that is handed out, the next one, and who waits for it."""

    drawer: Drawer
    block: Any = None
    ends: float = 0.0  # when the block is handed out no more
    spare: Any = None  # taken ahead
    spare_ends: float = 0.0
    last: Any = None  # that was taken
    low: int = 0  # so many times left of the last one, the next is taken ahead
    size: int = 1  # of the next block: twice the last, where that was taken within a second
    waiting: deque[tuple[Wish, asyncio.Future[str]]] = field(default_factory=deque)  # the answer: why not
    is_asking: bool = False

    def serve(self) -> bool:
        """Hand out to those who wait, in turn; tell whether somebody waits for another block."""
        while self.waiting:
            wish, answer = self.waiting[0]
            if not answer.done():
                if not self.has(wish.cost):
                    return True
                answer.set_result(self.hand_out(wish))
            self.waiting.popleft()
        return False

    def has(self, cost: int) -> bool:
        """Tell whether the block is still handed out and has enough for one more."""
        return self.block is not None and self.block.has(cost) and time.monotonic() < self.ends

    def hand_out(self, wish: Wish) -> str:
        """Draw one from the block and have it written down; return why not."""
        till = own.till(self.drawer.use_case)
        row = {"decision": wish.decision, "version": wish.version, "checkout": wish.checkout, "cost": wish.cost}
        if not self.append(row | {"at": wish.at, "until": wish.at + till.HELD_FOR}):
            return BUSY
        self.block.draw(wish.cost)
        if not self.block.times:
            self.end()
        return ""

    def take(self, block: Any) -> None:
        """Hand out from a block for a while, once the one before it is used up."""
        ends = time.monotonic() + HANDED_OUT_FOR
        if self.block is None:
            self.block, self.ends = block, ends
        else:
            self.spare, self.spare_ends = block, ends
        self.last, self.low = block, block.times // 2 if block.times >= AHEAD_FROM else 0
        self.size = min(LARGEST, 2 * block.times)

    def is_low(self) -> bool:
        """Tell whether the next block had better be taken ahead."""
        return self.block is self.last and self.block is not None and self.block.times <= self.low

    def end(self) -> None:
        """Hand the block out no more, and give back what is left of it; the one that was taken ahead is next."""
        if self.block is not None:
            self.append({"decision": None})
        self.block, self.ends, self.spare = self.spare, self.spare_ends, None

    def leave(self, block: Any) -> None:
        """Give back what is left of a block, and of one that was taken before it, if it is still there."""
        while block is self.block or block is self.spare:
            self.end()

    def append(self, about: dict[str, Any]) -> bool:
        """Have something of the block written down."""
        whose: dict[str, Any] = {"shop": self.drawer.shop, "picked": self.drawer.picked}
        whose |= {"block": self.block.id, "week": self.block.week}
        return webhooks.outbox().appended.add(own.till(self.drawer.use_case).HAND_OUT, whose | about)

    def answer(self, why_not: str, least: int = 0) -> None:
        """Show nothing to those who wait for something that costs so much, or more."""
        for wish, answer in self.waiting:
            if wish.cost >= least and not answer.done():
                answer.set_result(why_not)


@dataclass
class Cashier:
    """The blocks, threads and connections of one process."""

    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "reserving"))
    mine: threading.local = field(default_factory=threading.local)
    lanes: dict[Drawer, Lane] = field(default_factory=dict)
    shown: OrderedDict[str, int] = field(default_factory=OrderedDict)  # decision -> what is shown of it
    turns: WeakValueDictionary[int, asyncio.Semaphore] = field(default_factory=WeakValueDictionary)
    asking: set[asyncio.Task[None]] = field(default_factory=set)
    not_before: float = 0.0

    async def reserve(self, drawer: Drawer, wish: Wish, seconds: float) -> tuple[int, str]:
        """Return the id of what is shown, and why nothing is; a decision is shown the same again."""
        known = self.shown.get(wish.decision)
        if known is not None:
            return known, ""
        if seconds <= 0:
            return 0, LATE
        if time.monotonic() < self.not_before:
            return 0, AWAY
        lane = self.lanes.setdefault(drawer, Lane(drawer))
        if not lane.waiting and lane.has(wish.cost):
            why_not = lane.hand_out(wish)
            if lane.is_low() and not lane.is_asking:
                self.ask_ahead(lane, wish)
        else:
            why_not = await self.wait_for(lane, wish, seconds)
        if why_not:
            return 0, why_not
        self.shown[wish.decision] = drawer.picked
        if len(self.shown) > MOST_KNOWN:
            self.shown.popitem(last=False)
        return drawer.picked, ""

    async def wait_for(self, lane: Lane, wish: Wish, seconds: float) -> str:
        """Wait for the next block so long at most; return why nothing is shown."""
        try:
            async with asyncio.timeout(seconds):
                return await self.ask_for(lane, wish)
        except TimeoutError:
            return LATE

    def ask_for(self, lane: Lane, wish: Wish) -> asyncio.Future[str]:
        """Hand out from the block, or have the next one taken."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        lane.waiting.append((wish, answer))
        if not lane.is_asking and lane.serve():
            self.begin(lane, self.refill(lane))
        return answer

    def ask_ahead(self, lane: Lane, wish: Wish) -> None:
        """Have the next block taken before anybody waits for it, large enough for one more of these."""
        lane.low = 0  # once
        self.begin(lane, self.refill(lane, wish))

    def begin(self, lane: Lane, taking: Coroutine[Any, Any, None]) -> None:
        """Take blocks while others are served."""
        lane.is_asking = True
        task = asyncio.create_task(taking)
        self.asking.add(task)
        task.add_done_callback(self.asking.discard)

    async def refill(self, lane: Lane, ahead: Wish | None = None) -> None:
        """Take blocks until nobody waits for one; one ahead, where that is wished."""
        try:
            if ahead:
                await self.take(lane, ahead)
            while lane.serve():
                lane.end()
                if lane.block is None:
                    await self.take(lane, lane.waiting[0][0])
        except psycopg2.Error as error:
            log.warning("nothing can be reserved now: %s", type(error).__name__)
            lane.answer(LATE if isinstance(error, IN_USE) else AWAY)
        finally:
            lane.is_asking = False

    async def take(self, lane: Lane, wish: Wish) -> None:
        """Take the next block, for a wish; who wants as much, or more, gets nothing where none is left."""
        most = min(LARGEST, max(lane.size, len(lane.waiting)))
        block = await self.in_turn(lane.drawer.shop, partial(self.ask, lane.drawer, wish, most))
        if block is None:
            lane.answer(USED_UP, wish.cost)
            return
        lane.take(block)
        asyncio.get_running_loop().call_later(HANDED_OUT_FOR, self.leave, lane, block)

    def leave(self, lane: Lane, block: Any) -> None:
        """Give back what is left of a block in time, and forget who asks no more."""
        lane.leave(block)
        if lane.last is block and not lane.is_asking:
            self.lanes.pop(lane.drawer, None)

    def close(self) -> None:
        """Give back what is left of all blocks."""
        for lane in self.lanes.values():
            lane.end()
            lane.end()

    async def in_turn(self, shop: int, ask: Callable[[], Any]) -> Any:
        """Ask on a thread as soon as the shop has one; it has it until the database answered, whoever still waits."""
        turn = self.turns.setdefault(shop, asyncio.Semaphore(THREADS_BY_SHOP))
        await turn.acquire()
        asked, loop = self.threads.submit(ask), asyncio.get_running_loop()

        def give_back(_: object) -> None:
            with suppress(RuntimeError):  # the process ends
                loop.call_soon_threadsafe(turn.release)

        asked.add_done_callback(give_back)
        return await asyncio.wrap_future(asked)

    def ask(self, drawer: Drawer, wish: Wish, most: int) -> Any:
        """Ask the database for a block, on this thread's connection."""
        try:
            with self.connection().cursor() as cursor:
                whose = (drawer.shop, drawer.picked, drawer.week, wish.cost, wish.at)
                take = own.till(drawer.use_case).take
                return take(cursor, *whose, most=most, has_checkout=drawer.has_checkout)
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
    """Return the process's cashier, whose blocks come back when it ends."""
    webhooks.outbox()  # first: what is given back at the end is still written then
    kept = Cashier()
    atexit.register(kept.close)
    return kept
