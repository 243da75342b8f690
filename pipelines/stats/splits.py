"""Where a history is cut to test a prediction on what came next."""

from __future__ import annotations

from dataclasses import dataclass

MIN_DAYS = 28
THIN_DAYS = 140


@dataclass(frozen=True)
class Splits:
    """Hold the scored horizon and the cuts (days known at each origin), the latest first."""

    horizon: int
    cuts: tuple[int, ...]


def rolling_origins(n_days: int) -> Splits:
    """Choose horizon and origins by how much history there is (METHODS 4i).

    >>> rolling_origins(400)
    Splits(horizon=28, cuts=(372, 344, 316))
    >>> rolling_origins(30)
    Splits(horizon=7, cuts=(16,))
    """
    if n_days < 84:
        return Splits(7, tuple(n_days - back for back in (14, 21, 28) if n_days - back >= 14))
    if n_days < THIN_DAYS:
        return Splits(14, (n_days - 14, n_days - 28))
    return Splits(28, (n_days - 28, n_days - 56, n_days - 84))


def is_thin(n_days: int) -> bool:
    """Say whether evidence from so little history can never count as proven."""
    return n_days < THIN_DAYS
