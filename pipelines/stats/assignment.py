"""Which arm one unit falls into (METHODS 4e). Standard library only: the web process asks for every visitor.

A unit's bucket never changes under one seed, so raising the weight only adds units to the canary. The control is
[0.5, 1) at every weight: what lies between sees the stable version and is not analysed.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

BUCKETS = 10_000
CONTROL_FROM = 0.5
CANARY, CONTROL, BETWEEN = "canary", "control", "between"
HELD_OUT = "held_out"

_OFFSET = 0x811C9DC5
_PRIME = 0x01000193
_MASK = 0xFFFFFFFF


def digest(unit_id: str) -> bytes:
    """Give the 16 bytes under which a unit is written down; its id itself is not kept.

    >>> len(digest("a first-party id"))
    16
    """
    return hashlib.sha256(unit_id.encode()).digest()[:16]


def bucket(seed: str, unit: str) -> float:
    """Give a unit's place in [0, 1) under a seed (GrowthBook's hash version 2).

    >>> bucket("seed", "a"), bucket("seed", "b")
    (0.0505, 0.2696)
    """
    return _fnv32a(str(_fnv32a(unit, _seeded(seed)))) % BUCKETS / BUCKETS


def arm(u: float, weight: float) -> str:
    """Name the arm of a bucket while the canary has this share of all units.

    >>> [arm(u, weight=0.05) for u in (0.0, 0.05, 0.4999, 0.5)]
    ['canary', 'between', 'between', 'control']
    """
    check_weight(weight)
    if u < weight:
        return CANARY
    return CONTROL if u >= CONTROL_FROM else BETWEEN


def holds_out(seed: str, unit: str, share: float) -> bool:
    """Tell whether a unit is kept out of everything; asked before any arm, under the hold-out's own seed.

    Whoever is held out of a smaller share is so of a larger one:

    >>> [holds_out("seed", "a", share) for share in (0.05, 0.1, 0.2)]
    [False, True, True]
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a hold-out is a share between 0 and 1, not {share}")
    return bucket(seed, unit) < share


def check_weight(weight: float) -> None:
    """Refuse a share of units that a canary cannot have."""
    if not 0 <= weight <= CONTROL_FROM:  # written so that NaN is refused, too
        raise ValueError(f"a canary takes a share between 0 and {CONTROL_FROM} of all units, not {weight}")


@lru_cache(maxsize=1024)
def _seeded(seed: str) -> int:
    return _fnv32a(seed, _OFFSET)


def _fnv32a(text: str, state: int = _OFFSET) -> int:
    for character in text:
        state = ((state ^ ord(character)) * _PRIME) & _MASK
    return state
