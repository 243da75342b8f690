"""The past in money: what a version would have earned on the decisions that were taken, beside no offer and what runs.

No outcome is made up: past decisions were drawn by known chances, and are weighed. A difference counts as better or
worse only where SNIPS and the doubly robust estimate both say so; the range that is told holds both ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers.fitted import Fitted
from pipelines.usecases.offers.judging.evaluation import THIN_BECAUSE, THIN_DAYS, beside
from pipelines.usecases.offers.judging.past import BEST_OFFER, CANDIDATE, CHAMPION, NO_OFFERS, Past, Stretch, past_of

TOO_LITTLE = "too few decisions with a known chance and outcome lie in the past to weigh them"
NOT_KNOWN = "what the orders of shoppers without an offer earn is not known yet"
NAMES = {NO_OFFERS: "naive", BEST_OFFER: "best_offer", CHAMPION: "champion"}


@dataclass(frozen=True)
class Replay:
    """Money of the judged decisions in minor units, as it is stored."""

    told: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return dict(self.told)


def replay(frames: Frames, fitted: Fitted, *, champion: Fitted | None = None) -> Replay:
    """Weigh past decisions by what a version that was learned before them would have chosen."""
    past = past_of(frames, champion, fitted.seed)
    rivals = [NO_OFFERS, BEST_OFFER] + ([] if champion is None else [CHAMPION])
    versus = {NAMES[who]: [difference(past, who)] for who in rivals}
    is_thin = past.history < THIN_DAYS
    found = versus["naive"][0]["verdict"]
    days = len(past.stretches) * past.days
    return Replay(
        {
            "verdict": "not_proven" if is_thin and found in ("better", "worse") else found,
            "reason": reason(past) if found == "not_measured" else None,
            "thin": is_thin,
            "thin_because": THIN_BECAUSE if is_thin else "",
            "weeks": max(round(days / 7), 1),
            "first_day": min(past.origins).isoformat() if past.stretches else None,
            "history_days": past.history,
            "decisions": past.decisions,
            "counted": past.counted,
            "versus": versus,
            "policies": {CHAMPION: {"cost_of_errors": accepted_money(past, CHAMPION)}} if champion else {},
        }
    )


def reason(past: Past) -> str:
    """Say why nothing is measured."""
    return NOT_KNOWN if past.stretches and past.counted == "earned" else TOO_LITTLE


def difference(past: Past, who: str) -> dict[str, Any]:
    """Give what a version would have earned more than somebody on all judged decisions, with its range."""
    if past.stretches and all(chooses_alike(each, who) for each in past.stretches):
        return {"group": "all", "profit": 0, "interval": [0, 0], "verdict": "not_proven"}
    found = beside(past, who)
    value, bounds = found.get("value"), found.get("range")
    if value is None or bounds is None:
        return {"group": "all", "profit": None, "interval": None, "verdict": "not_measured"}
    low, high = bounds
    verdict = "better" if low > 0 else "worse" if high < 0 else "not_proven"
    times = past.decisions
    interval = [round(low * times), round(high * times)]
    return {"group": "all", "profit": round(value * times), "interval": interval, "verdict": verdict}


def chooses_alike(stretch: Stretch, who: str) -> bool:
    """Tell whether a version chose as somebody else at every decision: then nothing is left to chance."""
    ours, theirs = stretch.weighed[CANDIDATE], stretch.weighed[who]
    return bool(np.array_equal(ours.weight, theirs.weight) and np.array_equal(ours.expected, theirs.expected))


def accepted_money(past: Past, who: str) -> int:
    """Add up what the accepted offers of a policy would have earned: what its errors are measured by."""
    worth = 0.0
    for each in past.stretches:
        gross = each.log.model.likely * np.nan_to_num(each.log.known.margins)
        worth += float((each.chances[who][:, :-1] * np.where(each.log.model.open, gross, 0.0)).sum())
    return round(worth)
