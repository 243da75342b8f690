"""What merchants let a checkout be shown, in memory: read again each minute where somebody asks, or when used up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.lifecycle.evidence.exposures import Pointer
from pipelines.lifecycle.storefront import closed
from pipelines.models import own

Key = tuple[str, str]  # a shop's domain, a use case
EVERY = 60.0  # seconds
FORGOTTEN_AFTER = 900.0  # without a question


@dataclass(frozen=True, slots=True)
class Shelved:
    """What is held of one shop, nothing where it has nothing to show; and what of it cannot be bought now."""

    held: Any
    closed: frozenset[int]
    read: float


class Shelves:
    """Read by requests, written by the keeper of the memory."""

    def __init__(self) -> None:
        self.known: dict[Key, Shelved] = {}
        self.asked: dict[Key, float] = {}
        self.used_up: dict[Key, None] = {}

    def of(self, key: Key) -> Shelved | None:
        """Return what is held, or nothing before it was read: then it is read for the next who asks."""
        self.asked[key] = time.monotonic()
        return self.known.get(key)

    def look(self, pointers: Mapping[Key, Pointer]) -> None:
        """Read what is asked for and old, and forget what nobody asks for."""
        now = time.monotonic()
        for key, at in list(self.asked.items()):
            if key not in pointers or now - at > FORGOTTEN_AFTER:
                self.asked.pop(key, None)
                self.known.pop(key, None)
            elif self.is_old(key, now):
                self.used_up.pop(key, None)
                self.known[key] = read(key, pointers[key].shop, self.known.get(key))

    def is_old(self, key: Key, now: float) -> bool:
        found = self.known.get(key)
        return found is None or key in self.used_up or now - found.read > EVERY


def read(key: Key, shop: int, before: Shelved | None) -> Shelved:
    """Read what one shop has to show."""
    now, till = time.monotonic(), own.till(key[1])
    held = till.held(shop, before.held if before else None)
    adds = till.products(held) if held is not None else frozenset()
    return Shelved(held, closed.products(shop, adds) if adds else frozenset(), now)
