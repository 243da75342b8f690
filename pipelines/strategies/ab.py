"""A/B: a fixed share of shoppers sees the new version until the interval or the planned size decides."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from pipelines.strategies import stages
from pipelines.strategies.contract import Action, Split, Step, Traffic, Verdict

WEIGHT = 50
EFFECT = 0.2  # relative difference in orders that the planned size is made for
TIME_TO_CLOSE = timedelta(days=2)  # the last units order within a day, and their block closes after that


class AB:
    """Alongside, approval, one fixed share of shoppers up to the planned size, all."""

    name = "ab"
    maximum = timedelta(days=28)

    def steps(self, traffic: Traffic, weights: tuple[int, ...] = (), alongside_days: int = 0) -> tuple[Step, ...]:
        """Compare at one share of shoppers, half of them unless the merchant says otherwise."""
        stages.check_weights(weights)
        if len(weights) > 1:
            raise ValueError("An A/B test keeps one share of shoppers from beginning to end.")
        weight = weights[0] if weights else WEIGHT
        reason = self.too_slow(traffic, weight)
        if reason:
            raise ValueError(reason)
        shares = Step(
            str(weight), weight=weight, hours=24 * stages.DAYS_TO_CONVERT, units=planned_size(traffic), compares=True
        )
        return (
            stages.alongside(alongside_days),
            stages.asking("approval", mirrors=True),
            shares,
            stages.EVERYTHING,
        )

    def fits(self, traffic: Traffic) -> str:
        """Take shoppers who can be split, and enough of them to be over in time."""
        return stages.why_not_split(traffic) or self.too_slow(traffic, WEIGHT)

    def too_slow(self, traffic: Traffic, weight: int) -> str:
        """Say how long an A/B test would take where that is longer than it may run."""
        units_a_day, planned = traffic.units_a_day * weight / 100, planned_size(traffic)
        days = (self.maximum - TIME_TO_CLOSE).days
        if units_a_day * days >= planned:
            return ""
        needed = f"about {ceil(planned / units_a_day):,}" if units_a_day > 0 else "too many"
        return f"At {weight} % of shoppers an A/B test would take {needed} days; it may run for {days}."

    def split(self, step: Step) -> Split:
        """Show the new version to the step's share of shoppers."""
        return stages.share(step)

    def decide(self, step: Step, verdict: Verdict) -> Action:
        """Give it to all on good evidence, abort on bad, stay on none."""
        return stages.usual(step, verdict)


def planned_size(traffic: Traffic) -> int:
    """Count the units of the smaller arm that show the effect 4 times in 5 (Lehr 1992).

    >>> planned_size(Traffic("randomised", rate=0.1))
    3600
    """
    if not 0 < traffic.rate < 1:
        return stages.units_for_evidence(traffic)
    return ceil(round(16 * (1 - traffic.rate) / (traffic.rate * EFFECT**2), 6))
