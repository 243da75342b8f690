"""Which list is a visitor's: the same bucket as the block's script works out, by the digest of the visitor's id."""

import hashlib
from functools import lru_cache

BUCKETS = 10_000
_OFFSET, _PRIME, _MASK = 0x811C9DC5, 0x01000193, 0xFFFFFFFF


def digest(visitor: str) -> str:
    """Give the unit of a visitor, as the cart carries it."""
    return hashlib.sha256(visitor.encode()).hexdigest()[:32]


def bucket(seed: str, unit: str) -> float:
    """Give a unit's place in [0, 1) under a seed.

    >>> bucket("seed", "a"), bucket("seed", "b")
    (0.0505, 0.2696)
    """
    return _fnv(str(_fnv(unit, _seeded(seed)))) % BUCKETS / BUCKETS


def is_new(seed: str, unit: str, weight: float) -> bool:
    """Tell whether a unit sees the list that is not live, while this share in percent does."""
    return 0 < weight < 100 and bucket(seed, unit) < weight / 100


@lru_cache(maxsize=64)
def _seeded(seed: str) -> int:
    return _fnv(seed, _OFFSET)


def _fnv(text: str, state: int = _OFFSET) -> int:
    for sign in text:
        state = ((state ^ ord(sign)) * _PRIME) & _MASK
    return state
