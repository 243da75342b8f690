"""What a replay found: each policy's money, and the difference with its range."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from pipelines import words
from pipelines.stats.splits import THIN_DAYS, is_thin
from pipelines.usecases.demand_forecast.ordering.policies import FloatArray

THIN_VARIANTS = 100  # ranges of fewer hold the truth too rarely


@dataclass(frozen=True)
class PolicyCost:
    """What one policy would have earned over the counted weeks; money in minor units."""

    weekly_profit: FloatArray
    units_sold: float
    units_lost: float
    too_little: float
    holding: float
    markdown: float
    overstock_value: float

    @property
    def too_much(self) -> float:
        """Give what stock that was not needed cost."""
        return self.holding + self.markdown

    @property
    def profit(self) -> float:
        """Give the profit of all counted weeks."""
        return float(self.weekly_profit.sum())

    def as_dict(self) -> dict[str, Any]:
        """Give whole minor units; the cost of errors is the sum of its two parts."""
        too_little, too_much = round(self.too_little), round(self.too_much)
        return {
            "weekly_profit": [round(week) for week in self.weekly_profit.tolist()],
            "units_sold": round(self.units_sold, 1),
            "units_lost": round(self.units_lost, 1),
            "too_little": too_little,
            "too_much": too_much,
            "cost_of_errors": too_little + too_much,
            "overstock_value": round(self.overstock_value),
        }


@dataclass(frozen=True)
class Difference:
    """How much more the candidate earned than another policy, for one group of variants or days."""

    group: str
    variants: int
    profit: float
    interval: tuple[float, float] | None

    @property
    def verdict(self) -> str:
        """Name the evidence by where the interval lies."""
        if self.interval is None:
            return "not_measured"
        low, high = self.interval
        return "better" if low > 0 else "worse" if high < 0 else "not_proven"

    def as_dict(self) -> dict[str, Any]:
        """Give whole minor units."""
        return {
            "group": self.group,
            "variants": self.variants,
            "profit": round(self.profit),
            "interval": None if self.interval is None else [round(bound) for bound in self.interval],
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Week:
    """What one week saved, and all weeks up to it with their range once eight are known; whole minor units."""

    saved: int
    running: int
    interval: tuple[int, int] | None

    def as_dict(self) -> dict[str, Any]:
        """Give plain JSON."""
        return {"saved": self.saved, "running": self.running, "interval": self.interval and list(self.interval)}


@dataclass(frozen=True)
class Replay:
    """Candidate, simple rule and champion over the same weeks of the store's past."""

    first_day: date
    weeks: int
    history_days: int
    outcomes: Mapping[str, PolicyCost]
    versus: Mapping[str, tuple[Difference, ...]]
    variants: int
    left_out: int
    imputed_share: float
    reason: str | None = None
    running: Mapping[str, tuple[tuple[float, float] | None, ...]] = field(default_factory=dict)

    def against(self, policy: str) -> Difference | None:
        """Give the difference over all variants, if both were replayed."""
        return self.versus[policy][0] if policy in self.versus else None

    def worst_group(self, policy: str) -> Difference | None:
        """Give the group that gains least, or loses most."""
        return min(self.versus.get(policy, ())[1:], key=lambda group: group.profit, default=None)

    def weekly(self, policy: str) -> list[Week]:
        """Follow the difference week by week; rounded so that weeks add up to what is running."""
        saved = self.outcomes["candidate"].weekly_profit - self.outcomes[policy].weekly_profit
        ranges = self.running.get(policy) or [None] * len(saved)
        running = np.rint(saved.cumsum()).astype(int).tolist()
        return [
            Week(now - before, now, None if bounds is None else (round(bounds[0]), round(bounds[1])))
            for (before, now), bounds in zip(pairwise([0, *running]), ranges, strict=True)
        ]

    @property
    def thin_because(self) -> str:
        """Say why there is too little for a proof, if there is (METHODS 4h, 4i)."""
        if is_thin(self.history_days):
            return thin("day", self.history_days, " of sales", THIN_DAYS)
        if self.variants < THIN_VARIANTS:
            return thin("variant", self.variants, "", THIN_VARIANTS)
        return ""

    @property
    def is_thin(self) -> bool:
        """Tell whether history or variants are too few for a proof."""
        return bool(self.thin_because)

    @property
    def verdict(self) -> str:
        """Name the evidence against the simple rule: better, worse, not_proven or not_measured."""
        difference = self.against("naive")
        if difference is None:
            return "not_measured"
        return "not_proven" if difference.interval and self.is_thin else difference.verdict

    def as_dict(self) -> dict[str, Any]:
        """Give what is stored with a version: plain JSON, money in whole minor units."""
        return {
            "first_day": self.first_day.isoformat(),
            "weeks": self.weeks,
            "history_days": self.history_days,
            "thin": self.is_thin,
            "thin_because": self.thin_because,
            "verdict": self.verdict,
            "reason": self.reason,
            "variants": self.variants,
            "left_out": self.left_out,
            "imputed_share": round(self.imputed_share, 4),
            "policies": {name: outcome.as_dict() for name, outcome in self.outcomes.items()},
            "versus": {name: [group.as_dict() for group in groups] for name, groups in self.versus.items()},
            "weekly": {name: [week.as_dict() for week in self.weekly(name)] for name in self.versus},
        }


def thin(what: str, count: int, of: str, needed: int) -> str:
    """Say that so many of something prove nothing.

    >>> thin("variant", 1, "", 100), thin("day", 30, " of sales", 140)
    ('1 variant is thin evidence, a proof needs 100', '30 days of sales are thin evidence, a proof needs 140')
    """
    return f"{words.counted(count, what)}{of} {'is' if count == 1 else 'are'} thin evidence, a proof needs {needed}"
