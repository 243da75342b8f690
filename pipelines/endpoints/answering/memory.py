"""What runs where, and the versions that answer it: kept in memory, and brought up to date off the request's path.

A pointer that moves is followed once its versions are loaded, so a flip is met by nobody; where they cannot be loaded,
it is followed all the same. Four queries a second for all shops, and one file, or its lists, for a new version.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from pipelines.endpoints import webhooks
from pipelines.endpoints.answering import held, scorers
from pipelines.endpoints.answering.scorers import Scorer, Unfit
from pipelines.endpoints.answering.shelves import Shelves
from pipelines.lifecycle.evidence import answers, exposures
from pipelines.lifecycle.evidence.exposures import Pointer
from pipelines.lifecycle.operating.switches import family
from pipelines.lifecycle.storefront import closed, opt_outs
from pipelines.lifecycle.versions import corrections
from pipelines.models import Shop
from pipelines.usecases import USE_CASES

log = logging.getLogger(__name__)

LOOK_EVERY, PAUSE = 1.0, 0.25  # seconds
STALE_AFTER = 60.0  # seconds without a look: nobody could take a new version back, so nobody is shown it
MOST_VERSIONS, MOST_BYTES = 512, 64 * 1024 * 1024
AGAIN_AFTER = 30.0  # seconds until a version that could not be read is tried again
BEAT_EVERY = 300.0
FIRST_SECONDS = 3.0  # that a process waits for its first look before it takes visitors
ASKED_LATELY = timedelta(hours=1)
CLOSED_EVERY = 30.0  # seconds, after which it is read again what cannot be bought
CORRECTED_EVERY = 60.0  # seconds, after which it is read again what moves versions
OVERLAP = 30.0  # seconds: of opt-outs written at once the later may be seen first, and writing ends sooner than that
UNDER_WAY = 20_000  # rows, more than are being written when a process first looks

Key = tuple[str, str]  # a shop's domain, a use case


class Place(NamedTuple):
    """Where a shop is, and what it counts in."""

    timezone: str
    currency: str
    off: frozenset[str] = frozenset()  # switches

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


Name = int | Key  # a version's id; the simple rule goes by the shop and use case that it answers for


class Memory:
    """What one process knows; read by requests, written by its keeper."""

    def __init__(self) -> None:
        self.pointers: dict[Key, Pointer] | None = None  # nothing before the first look
        self.shops: dict[str, Place] | None = None  # that have the app
        self.rows: dict[Key, tuple[Any, ...]] = {}  # of which the pointers were made
        self.versions: dict[Name, Scorer | Unfit] = {}
        self.marks: held.Marks = {}  # when lists were last written
        self.closed_read: dict[int, float] = {}  # by shop
        self.customer_keys: dict[str, bytes] = {}  # sealed; of the shops whose lists are asked
        self.shelves = Shelves()
        self.opted_out: set[opt_outs.Who] = set()
        self.newest_opt_outs: deque[tuple[float, int]] = deque()  # by look, of the last half a minute
        self.wanted: dict[Key, None] = {}
        self.unanswered: dict[Key, None] = {}  # that were asked while no version ran
        self.called = threading.Event()
        self.has_begun = threading.Event()
        self.looked = self.corrected = -STALE_AFTER
        self.beaten = time.monotonic()

    # For requests: no statement, no file, no lock

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self.looked > STALE_AFTER

    def is_off(self, domain: str, switch: str) -> bool:
        """Tell whether who runs the app has switched something off in a shop."""
        place = (self.shops or {}).get(domain)
        return place is not None and switch in place.off

    def scorer(self, key: Key, version: int | None) -> Scorer | Unfit | None:
        """Return a version, or the simple rule, that was loaded; one that was not is loaded for the next who asks."""
        found = self.versions.get(key if version is None else version)
        if found is None:
            self.want(key)
        else:
            found.used = time.monotonic()
        return found

    def want(self, key: Key) -> None:
        """Have the versions of a pointer loaded."""
        self.wanted[key] = None
        self.called.set()

    def note_unanswered(self, key: Key) -> None:
        """Remember who is asked though no version runs: the first one is loaded before it answers."""
        self.unanswered[key] = None

    def wait_until_begun(self, seconds: float = FIRST_SECONDS) -> None:
        """Let what visitors asked for lately be loaded before the first one comes; no longer than so many seconds."""
        self.has_begun.wait(seconds)

    # For the keeper

    def look(self) -> None:
        """Follow the pointers, load what they need where somebody asks, and forget what nobody asked for longest."""
        began, wanted = time.monotonic(), list(self.wanted)
        self.look_at_opt_outs()
        rows = {(row[0], row[1]): row for row in exposures.rows(shown()) if not self.is_off(row[0], family(row[1]))}
        known = self.pointers or {}
        moved = {key: exposures.pointer(row) for key, row in rows.items() if self.rows.get(key) != row}
        fresh = {key: moved.get(key) or known[key] for key in rows}
        self.forget_unfit()
        self.marks = held.marks()
        asked = [*wanted, *(key for key in fresh if (key in moved or key[1] in self.doors) and self.is_asked(key))]
        late = {key: fresh[key] for key in asked if key in fresh and self.missing(key, fresh[key])}
        self.pointers = fresh | {key: known[key] for key in late if key in known}
        self.looked = began
        for key, pointer in late.items():
            for name in self.missing(key, pointer):
                self.versions[name] = self.load(pointer, name)
            self.pointers[key] = pointer
            self.unanswered.pop(key, None)
        self.look_at_shelves()
        self.look_at_corrections()
        self.shelves.look(self.pointers)
        for key in wanted:
            self.wanted.pop(key, None)
        self.rows = rows
        self.forget_unused()
        if time.monotonic() - self.beaten >= BEAT_EVERY:
            self.beat()

    def look_at_opt_outs(self) -> None:
        """Learn which shops are there and who opted out in them, before anything that decides; forget other shops'."""
        shops, now = places(), time.monotonic()
        while len(self.newest_opt_outs) > 1 and self.newest_opt_outs[1][0] <= now - OVERLAP:
            self.newest_opt_outs.popleft()
        newest, fresh = opt_outs.since(self.newest_opt_outs[0][1] if self.newest_opt_outs else 0)
        if self.shops is not None and (come := shops.keys() - self.shops.keys()):
            fresh |= opt_outs.of(come)
        self.opted_out |= {who for who in fresh if who[0] in shops}
        if self.shops is None or self.shops.keys() - shops.keys():
            self.opted_out -= {who for who in list(self.opted_out) if who[0] not in shops}
        self.newest_opt_outs.append((now, newest - UNDER_WAY if self.shops is None else newest))
        self.shops = shops

    @property
    def doors(self) -> list[str]:
        return held.with_doors()

    def is_asked(self, key: Key) -> bool:
        """Tell whether somebody asks where something moved."""
        known = (self.pointers or {}).get(key)
        if known is None:
            return False
        return key in self.unanswered or any(name in self.versions for name in self.names(key, known))

    def names(self, key: Key, pointer: Pointer) -> list[Name]:
        """List who may be asked: the versions of a pointer, and the simple rule where it has lists, too."""
        return [*pointer.versions, *([key] if USE_CASES[pointer.use_case].door else [])]

    def missing(self, key: Key, pointer: Pointer) -> list[Name]:
        """List those of a pointer that are not loaded, or whose lists were written anew since."""
        mark = self.marks.get((pointer.shop, pointer.use_case))
        known = {name: self.versions.get(name) for name in self.names(key, pointer)}
        return [name for name, found in known.items() if found is None or found.mark != mark]

    def load(self, pointer: Pointer, name: Name) -> Scorer | Unfit:
        """Read a version, or what it wrote."""
        case, version = USE_CASES[pointer.use_case], name if isinstance(name, int) else None
        if case.door is None:
            assert version is not None
            return scorers.load(pointer.use_case, pointer.shop, version)
        found = held.load(case, pointer.shop, version)
        found.mark = self.marks.get((pointer.shop, pointer.use_case))
        self.closed_read.pop(pointer.shop, None)
        return found

    def look_at_shelves(self) -> None:
        """Read again what cannot be bought now, of the shops whose lists are asked."""
        before = time.monotonic() - CLOSED_EVERY
        for key, pointer in (self.pointers or {}).items():
            lists = [self.versions.get(name) for name in self.names(key, pointer)] if key[1] in self.doors else []
            asked = [each for each in lists if isinstance(each, Scorer)]
            if asked and self.closed_read.get(pointer.shop, -1.0) <= max(before, 0.0):
                self.closed_read[pointer.shop] = time.monotonic()
                keys = Shop.objects.filter(pk=pointer.shop).values_list("domain", "customer_key")
                self.customer_keys |= {domain: bytes(sealed) for domain, sealed in keys}
                gone = closed.products(pointer.shop)
                for each in asked:
                    each.closed = gone

    def look_at_corrections(self) -> None:
        """Let versions say what their newest corrections make of them; they move once a day."""
        if time.monotonic() - self.corrected < CORRECTED_EVERY:
            return
        self.corrected = time.monotonic()
        cases = {version: key[1] for key, each in (self.pointers or {}).items() for version in each.versions}
        moving = {name: found for name, found in self.versions.items() if isinstance(found, Scorer) and found.signed}
        newest = corrections.newest_of(name for name in moving if isinstance(name, int)) if moving else {}
        for name, found in moving.items():
            row = newest.get(name) if isinstance(name, int) else None
            if name in cases and found.correction != (row.pk if row else None):
                scorers.move(found, cases[name], row)

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
                if not self.has_begun.is_set():
                    self.begin()
            except Exception as error:
                log.warning("what runs cannot be read now: %s", type(error).__name__)
                connection.close()
            self.called.wait(LOOK_EVERY)
            self.called.clear()
            time.sleep(PAUSE)  # for others who want one

    def begin(self) -> None:
        """Load what visitors asked for lately of whichever process was there before."""
        for key in answers.asked_since(timezone.now() - ASKED_LATELY, shown()):
            self.want(key)
        self.look()
        self.has_begun.set()


def places() -> dict[str, Place]:
    """Read which shops have the app."""
    rows = Shop.objects.installed().values_list("domain", "timezone", "currency", "switched_off")
    return {domain: Place(zone, currency, frozenset(off)) for domain, zone, currency, off in rows}


def shown() -> list[str]:
    """List the use cases that visitors ask for, or see in a block."""
    return [case.slug for case in USE_CASES.values() if case.is_asked]


@lru_cache(maxsize=1)
def memory() -> Memory:
    """Return the process's memory, kept from when it is first asked for."""
    kept = Memory()
    threading.Thread(target=kept.keep, name="memory", daemon=True).start()
    return kept
