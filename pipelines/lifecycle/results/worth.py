"""Is further investment justified? One sentence that follows from marks and money, and from nothing else.

It speaks of the month that was, and promises nothing. Standard library only: pages ask, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.stats.inference import marks

Told = Mapping[str, Any]


def proven(claims: Iterable[Told]) -> dict[str, float] | None:
    """Add up the money that is proven, gains and losses; ranges are added end to end, never too narrow."""
    sure = [each for each in claims if each["is_counted"] and each["mark"] == marks.PROVEN]
    if not sure:
        return None
    return {name: sum(each[name] for each in sure) for name in ("value", "low", "high")}


def verdict(claims: Iterable[Told], cost_minor: int | None) -> str:
    """Name the answer: yes, no, not yet, not measured; `cheaper` where proven money does not reach the cost."""
    counted = [each for each in claims if each["is_counted"]]
    if not any(each["mark"] != marks.NOT_MEASURED for each in counted):
        return "not_measured"
    brought = proven(counted)
    if brought is None:
        return "not_yet"
    if brought["high"] < 0:
        return "no"
    if brought["low"] <= 0:
        return "not_yet"
    return "costs_more" if cost_minor is not None and brought["low"] <= cost_minor else "yes"


SENTENCES = {
    "yes": "On what is proven, yes: over its whole range it brought more than it cost to compute.",
    "costs_more": "Not on this month alone: over its range, what is proven does not reach what it cost to compute.",
    "no": "Not as it runs now: what is proven is a loss. Look at the claims below before you pay for more.",
    "not_yet": "Not proven yet: what was measured this month includes zero. More days narrow the range.",
    "not_measured": "Nobody can say yet: nothing this month could be measured in money.",
}
