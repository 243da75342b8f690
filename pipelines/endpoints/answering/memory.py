"""What runs where, and the versions that answer it: kept in memory, and brought up to date off the request's path.

A pointer that moves is followed once its versions are loaded, so a flip is met by nobody; where they cannot be loaded,
it is followed all the same. Two queries a second for all shops, and one file for a version that is new.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import lru_cache
from typing import Any

from django.db import connection
from django.utils import timezone

from pipelines.endpoints import webhooks
from pipelines.endpoints.answering import scorers
from pipelines.endpoints.answering.scorers import Scorer, Unfit
from pipelines.lifecycle.evidence import answers, exposures
from pipelines.lifecycle.evidence.exposures import Pointer
from pipelines.models import Shop
from pipelines.usecases import USE_CASES

log = logging.getLogger(__name__)

LOOK_EVERY, PAUSE = 1.0, 0.25  # seconds
STALE_AFTER = 60.0  # seconds without a look: nobody could take a new version back, so nobody is shown it
MOST_VERSIONS, MOST_BYTES = 512, 64 * 1024 * 1024
AGAIN_AFTER = 30.0  # seconds until a version that could not be read is tried again
BEAT_EVERY = 300.0

Key = tuple[str, str]  # a shop's domain, a use case


class Memory:
    """What one process knows; read by requests, written by its keeper."""

    def __init__(self) -> None:
        self.pointers: dict[Key, Pointer] | None = None  # nothing before the first look
        self.shops: frozenset[str] | None = None  # that have the app
        self.rows: dict[Key, tuple[Any, ...]] = {}  # of which the pointers were made
        self.versions: dict[int, Scorer | Unfit] = {}
        self.wanted: dict[Key, None] = {}
        self.called = threading.Event()
        self.looked = -STALE_AFTER
        self.beaten = time.monotonic()

    # For requests: no statement, no file, no lock

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self.looked > STALE_AFTER

    def scorer(self, key: Key, version: int) -> Scorer | Unfit | None:
        """Return a version that was loaded; one that was not is loaded for the next who asks."""
        found = self.versions.get(version)
        if found is None:
            self.want(key)
        else:
            found.used = time.monotonic()
        return found

    def want(self, key: Key) -> None:
        """Have the versions of a pointer loaded."""
        self.wanted[key] = None
        self.called.set()

    # For the keeper

    def look(self) -> None:
        """Follow the pointers, load what they need where somebody asks, and forget what nobody asked for longest."""
        began, wanted = time.monotonic(), list(self.wanted)
        rows = {(row[0], row[1]): row for row in exposures.rows(shown())}
        known = self.pointers or {}
        moved = {key: exposures.pointer(row) for key, row in rows.items() if self.rows.get(key) != row}
        fresh = {key: moved.get(key) or known[key] for key in rows}
        self.forget_unfit()
        asked = [*wanted, *(key for key in moved if self.is_asked(key))]
        late = {key: fresh[key] for key in asked if key in fresh and self.missing(fresh[key])}
        self.pointers = fresh | {key: known[key] for key in late if key in known}
        self.shops = frozenset(Shop.objects.installed().values_list("domain", flat=True))
        self.looked = began
        for key, pointer in late.items():
            for version in self.missing(pointer):
                self.versions[version] = scorers.load(pointer.use_case, pointer.shop, version)
            self.pointers[key] = pointer
        for key in wanted:
            self.wanted.pop(key, None)
        self.rows = rows
        self.forget_unused()
        if time.monotonic() - self.beaten >= BEAT_EVERY:
            self.beat()

    def is_asked(self, key: Key) -> bool:
        """Tell whether somebody asks where something moved."""
        known = (self.pointers or {}).get(key)
        return known is not None and any(version in self.versions for version in known.versions)

    def missing(self, pointer: Pointer) -> list[int]:
        """List the versions of a pointer that are not loaded."""
        return [version for version in pointer.versions if version not in self.versions]

    def forget_unfit(self) -> None:
        """Have versions that could not be read tried again after a while."""
        before = time.monotonic() - AGAIN_AFTER
        for version, found in list(self.versions.items()):
            if isinstance(found, Unfit) and found.since < before:
                del self.versions[version]

    def forget_unused(self) -> None:
        """Keep so many versions and bytes at most: those that were asked for last."""
        size = 0
        kept = sorted(self.versions, key=lambda version: self.versions[version].used, reverse=True)
        for place, version in enumerate(kept):
            size += self.versions[version].size
            if place >= MOST_VERSIONS or size > MOST_BYTES:
                del self.versions[version]

    def beat(self) -> None:
        """Say of every version that could answer that it could, whether anybody asked or not."""
        self.beaten, at = time.monotonic(), timezone.now()
        for pointer in (self.pointers or {}).values():
            candidate = pointer.candidate if pointer.splits(at) else pointer.mirrored
            for arm, version in ((exposures.STABLE, pointer.active), (exposures.CANARY, candidate)):
                if version is not None and isinstance(self.versions.get(version), Scorer):
                    alive = answers.Said(
                        pointer.shop, pointer.use_case, version, arm, unit="", at=at, outcome=answers.Outcome.ALIVE
                    )
                    webhooks.outbox().appended.add(answers.LOG, alive)

    def keep(self) -> None:
        """Look again and again, for as long as the process lives; at once where a version is wanted."""
        while True:
            try:
                self.look()
            except Exception as error:
                log.warning("what runs cannot be read now: %s", type(error).__name__)
                connection.close()
            self.called.wait(LOOK_EVERY)
            self.called.clear()
            time.sleep(PAUSE)  # for others who want one


def shown() -> list[str]:
    """List the use cases that visitors ask for, or see in a block."""
    return [case.slug for case in USE_CASES.values() if case.is_asked]


@lru_cache(maxsize=1)
def memory() -> Memory:
    """Return the process's memory, kept from its first question on."""
    kept = Memory()
    threading.Thread(target=kept.keep, name="memory", daemon=True).start()
    return kept
