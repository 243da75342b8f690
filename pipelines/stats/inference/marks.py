"""How sure a claim is, from its range alone: the four words in which results are told (METHODS 4g)."""

from __future__ import annotations

PROVEN, SUGGESTIVE = "proven", "suggestive"
NOT_PROVEN, NOT_MEASURED = "not_proven", "not_measured"
MARKS = (PROVEN, SUGGESTIVE, NOT_PROVEN, NOT_MEASURED)


def mark(low: float | None, high: float | None, *, is_fair: bool = True) -> str:
    """Name how sure a difference is: its range lies on one side, and nothing but what is compared differed.

    What points one way but may have other causes (a before and after) is suggestive at most. Without a range nothing
    was measured, whatever the figure.

    >>> mark(1.0, 3.0), mark(1.0, 3.0, is_fair=False), mark(-1.0, 3.0), mark(None, None)
    ('proven', 'suggestive', 'not_proven', 'not_measured')
    """
    if low is None or high is None:
        return NOT_MEASURED
    if low <= 0 <= high:
        return NOT_PROVEN
    return PROVEN if is_fair else SUGGESTIVE


def is_loss(mark: str, high: float | None) -> bool:
    """Tell whether what is proven, or points one way, is a loss: pages say that, never how sure they are of it.

    >>> is_loss(PROVEN, -1.0), is_loss(PROVEN, 3.0), is_loss(NOT_PROVEN, 1.0)
    (True, False, False)
    """
    return mark in (PROVEN, SUGGESTIVE) and high is not None and high < 0
