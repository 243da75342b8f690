"""Who is listening in this process, and one look at the database for all of them.

All happens on the event loop, but for the look itself, on a thread of its own. A stream keeps no queue, only what its
page has seen and what is so now: a reader that does not read costs as much as one that does.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

from django.db import connection
from django.utils import timezone

from pipelines.endpoints.metrics.counted import STREAMS
from pipelines.lifecycle.pages import changes
from pipelines.lifecycle.pages.changes import Mark

log = logging.getLogger(__name__)

PER_SHOP, IN_ALL = 16, 1024  # streams of a process
LOOK_EVERY, PAUSE = 2.0, 0.25  # seconds
STALE_AFTER = 30.0  # seconds without a look: pages had better ask by themselves
AT_MOST_EVERY = {"data": 30.0}  # seconds; orders come all the time


class Stream:
    """One page that listens."""

    def __init__(self, domain: str, seen: Mark) -> None:
        self.domain, self.seen = domain, seen
        self.now: Mark | None = None  # nothing before the first look
        self.is_gone = False  # the shop has left
        self.told: dict[str, float] = {}
        self.news = asyncio.Event()
        self.was_looked_at = asyncio.Event()

    def see(self, mark: Mark | None) -> None:
        """Learn how the shop is now."""
        self.now, self.is_gone = mark, mark is None
        self.was_looked_at.set()
        if self.is_gone or self.fresh():
            self.news.set()

    def fresh(self) -> list[str]:
        """Name what changed and may be told now."""
        now = time.monotonic()
        return [
            topic
            for topic in changes.changed(self.seen, self.now or self.seen)
            if now - self.told.get(topic, -now) >= AT_MOST_EVERY.get(topic, 0.0)
        ]

    def take(self) -> list[str]:
        """Return what is to be told, as told."""
        self.news.clear()
        topics, at = self.fresh(), time.monotonic()
        self.told |= dict.fromkeys(topics, at)
        self.seen = {**self.seen, **{topic: (self.now or {}).get(topic, "") for topic in topics}}
        return topics


class Hub:
    """The streams of one process."""

    def __init__(self) -> None:
        self.streams: defaultdict[str, set[Stream]] = defaultdict(set)
        self.count = 0
        self.looked = 0.0
        self.loop: asyncio.AbstractEventLoop | None = None
        self.called = threading.Event()

    def join(self, domain: str, seen: Mark) -> Stream | None:
        """Let a page listen, if there is room."""
        if self.count >= IN_ALL or len(self.streams.get(domain, ())) >= PER_SHOP:
            return None
        self.loop = asyncio.get_running_loop()
        stream = Stream(domain, seen)
        self.streams[domain].add(stream)
        self.count += 1
        STREAMS.inc()
        self.called.set()
        return stream

    def leave(self, stream: Stream) -> None:
        """Forget a page."""
        self.streams[stream.domain].discard(stream)
        self.count -= 1
        STREAMS.dec()
        if not self.streams[stream.domain]:
            del self.streams[stream.domain]

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self.looked > STALE_AFTER

    def look(self) -> None:
        """Ask once how all shops are that somebody looks at."""
        asked = list(self.streams)
        if asked and self.loop:
            found = changes.marks(asked, timezone.now())
            self.loop.call_soon_threadsafe(self.tell, asked, found)

    def tell(self, asked: list[str], found: dict[str, Mark]) -> None:
        """Tell each stream of a shop how it is."""
        self.looked = time.monotonic()
        for domain in asked:
            for stream in self.streams.get(domain, ()):
                stream.see(found.get(domain))

    def look_on(self, until: Callable[[], bool] = lambda: False) -> None:
        """Look again and again while somebody listens; at once where somebody is new."""
        while not until():
            self.called.wait(LOOK_EVERY if self.streams else None)
            self.called.clear()
            time.sleep(PAUSE)  # for others who come
            try:
                self.look()
            except Exception as error:
                log.warning("what changed cannot be read now: %s", type(error).__name__)
                connection.close()


@lru_cache(maxsize=1)
def hub() -> Hub:
    """Return the process's hub, kept from its first stream on."""
    kept = Hub()
    threading.Thread(target=kept.look_on, name="live", daemon=True).start()
    return kept
