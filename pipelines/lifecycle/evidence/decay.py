"""Watch whether a version grows worse: its days beside the simple rule, against what its backtest says is usual.

An alarm is no proof of harm. It holds what moves, puts the way back one click away and asks for a training; going live
begins anew (METHODS 4b).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from pipelines import words
from pipelines.models import Measurement, ModelVersion, Release
from pipelines.stats import clock
from pipelines.stats.inference import decay as ranks

DAILY = "loss_against_simple_rule"
MATURES_AFTER = 7  # days after its end
OR_A_SEASON = "or a season that your past does not show"


def days_of(version: ModelVersion) -> Any:
    """Give a version's days beside the simple rule."""
    mine = Measurement.objects.for_shop(version.shop_id).filter(version=version, metric=DAILY, release=None)
    return mine.order_by("starts_at")


@dataclass(frozen=True)
class Watched:
    """How a version does beside the simple rule since it went live, against what its backtest says is usual."""

    days: int
    known: int  # days that say what is usual, at the newest block
    sum: float
    limit: float
    alarm_at: datetime | None  # when the days that raised the alarm had matured

    @property
    def is_learning(self) -> bool:
        """Tell whether too little is known to judge by."""
        return self.known < ranks.LEAST_BLOCKS * ranks.BLOCK

    def as_dict(self) -> dict[str, Any]:
        """Give what the pages show, and what asks for a training."""
        alarm = {"alarm": self.alarm_at is not None, "since": self.alarm_at.isoformat() if self.alarm_at else None}
        told = {"days": self.days, "sum": self.sum, "limit": self.limit, "learning": self.is_learning}
        return told | alarm | {"sentence": self.sentence}

    @property
    def sentence(self) -> str:
        """Say in a sentence how it does."""
        if self.is_learning:
            return f"Still learning what is usual here: {self.known} of {ranks.LEAST_DAYS} days are known."
        if self.alarm_at:
            return f"Worse beside the simple rule than your past explains: decay, {OR_A_SEASON}."
        return f"Over {words.counted(self.days, 'day')} it does not grow worse beside the simple rule."


def of(release: Release, now: datetime) -> Watched | None:
    """Follow a version's daily difference from the simple rule; nothing where its backtest says not what is usual.

    A version that is live is judged by its days since then: going live begins anew.
    """
    past = release.version.metrics.get("decay") or {}
    usual = past.get("usual")
    since = release.entered_at if release.phase == Release.Phase.LIVE else None
    first_day, days = by_calendar(release.version, since, now)
    if not usual or first_day is None:
        return None
    live = ranks.block_means(days)
    sums = ranks.cusum(ranks.scores(usual, live))
    block = ranks.alarm_block(sums, past["limit"])
    known = ranks.BLOCK * (len(usual) + ranks.old_blocks(max(0, len(live) - 1)))
    raised = None if block is None else first_day + timedelta(days=ranks.BLOCK * (block + 1) + MATURES_AFTER)
    alarm_at = None if raised is None else clock.midnight(raised, release.shop.zone)
    return Watched(len(days), known, float(sums[-1]) if len(sums) else 0.0, past["limit"], alarm_at)


def by_calendar(version: ModelVersion, since: datetime | None, now: datetime) -> tuple[date | None, np.ndarray]:
    """Give the first matured day and a value for each day from there; days that could not be judged are NaN."""
    mature = days_of(version).filter(ends_at__lte=now - timedelta(days=MATURES_AFTER))
    rows = mature if since is None else mature.filter(starts_at__gte=since)
    zone = version.shop.zone
    known = {at.astimezone(zone).date(): value for at, value in rows.values_list("starts_at", "value")}
    if not known:
        return None, np.zeros(0)
    first = min(known)
    length = (max(known) - first).days + 1
    days = [known.get(first + timedelta(days=number)) for number in range(length)]
    return first, np.array([np.nan if value is None else value for value in days])
