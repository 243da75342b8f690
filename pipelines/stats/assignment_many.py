"""The arms of many units at once: the numpy twin of `assignment`, equal to it unit by unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.stats import assignment

Floats = NDArray[np.float64]
Hashes = NDArray[np.uint32]

CHUNK = 16_384  # rows whose state stays in the processor's cache
_PRIME = np.uint32(0x01000193)
_NAMES = np.array([assignment.BETWEEN, assignment.CANARY, assignment.CONTROL])
_POWERS = [10**place for place in range(9, -1, -1)]  # a 32-bit number has at most ten digits


def buckets(seed: str, units: Sequence[str] | Sequence[bytes] | NDArray[Any]) -> Floats:
    """Give every unit's place in [0, 1); units are text, or bytes of plain ASCII such as 32 hex characters.

    >>> buckets("seed", ["a", "b"]), buckets("seed", [b"a", b"b"])
    (array([0.0505, 0.2696]), array([0.0505, 0.2696]))
    """
    codes, lengths = _characters(units)
    start = np.uint32(assignment._seeded(seed))
    found = np.empty(len(codes), dtype=np.float64)
    for first in range(0, len(codes), CHUNK):
        rows = slice(first, first + CHUNK)
        inner = _hash(codes[rows], lengths[rows], start)
        found[rows] = _hash_decimal(inner) % np.uint32(assignment.BUCKETS)
    return found / assignment.BUCKETS


def arms(u: Floats, weight: float) -> NDArray[np.str_]:
    """Name the arm of every bucket.

    >>> arms(np.array([0.0, 0.3, 0.7]), weight=0.1).tolist()
    ['canary', 'between', 'control']
    """
    assignment.check_weight(weight)
    return _NAMES[(u < weight) + 2 * (u >= assignment.CONTROL_FROM)]


def held_out(seed: str, units: Sequence[str] | Sequence[bytes] | NDArray[Any], share: float) -> NDArray[np.bool_]:
    """Tell for every unit whether it is kept out of everything, under the hold-out's own seed."""
    if not 0 <= share <= 1:
        raise ValueError(f"a hold-out is a share between 0 and 1, not {share}")
    return buckets(seed, units) < share


def _characters(units: Sequence[str] | Sequence[bytes] | NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Lay the characters out as one row of code points per unit, with the number of characters."""
    texts = np.ascontiguousarray(units if len(units) else np.empty(0, dtype="S1"))
    if texts.dtype.kind == "O":
        texts = texts.astype(str)
    if texts.dtype.kind not in "SU" or texts.ndim != 1:
        raise ValueError("units are a list of text or bytes")
    size = 1 if texts.dtype.kind == "S" else 4
    codes = texts.view(np.uint8 if size == 1 else np.uint32).reshape(len(texts), texts.dtype.itemsize // size)
    return codes, np.asarray(np.strings.str_len(texts), dtype=np.int64)


def _hash(codes: NDArray[Any], lengths: NDArray[np.int64], start: np.uint32) -> Hashes:
    state = np.full(len(codes), start, dtype=np.uint32)
    shortest = int(lengths.min())
    for place, column in enumerate(np.ascontiguousarray(codes.T)):
        mixed = (state ^ column) * _PRIME
        state = mixed if place < shortest else np.where(place < lengths, mixed, state)
    return state


def _hash_decimal(numbers: Hashes) -> Hashes:
    """Hash every number as it is written in decimal digits, without writing it."""
    state = np.full(len(numbers), np.uint32(0x811C9DC5), dtype=np.uint32)
    for power in _POWERS:
        leading = numbers // np.uint32(power)
        mixed = (state ^ (leading % np.uint32(10) + np.uint32(48))) * _PRIME
        state = mixed if power == 1 else np.where(leading > 0, mixed, state)
    return state
