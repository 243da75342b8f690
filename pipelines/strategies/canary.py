"""Canary: a growing share of shoppers sees the new version, each step only on evidence from the one before."""

from __future__ import annotations

from datetime import timedelta

from pipelines.strategies import stages
from pipelines.strategies.contract import Action, Split, Step, Traffic, Verdict

WEIGHTS = (1, 5, 10, 25, 50)  # percent of shoppers


class Canary:
    """Alongside, approval, growing shares of shoppers, all; the shop's traffic says where to begin."""

    name = "canary"
    maximum = timedelta(days=28)

    def steps(self, traffic: Traffic, weights: tuple[int, ...] = (), alongside_days: int = 0) -> tuple[Step, ...]:
        """Begin with the smallest share that can become evidence within a week, or take the merchant's own."""
        stages.check_weights(weights)
        units = stages.units_for_evidence(traffic)
        shares = (
            Step(str(weight), weight=weight, hours=stages.LEAST_HOURS, units=units)
            for weight in weights or usual_weights(traffic)
        )
        before = stages.alongside(alongside_days), stages.asking("approval", mirrors=True)
        return *before, *shares, stages.EVERYTHING

    def fits(self, traffic: Traffic) -> str:
        """Take shoppers who can be split, and enough of them."""
        return stages.why_not_split(traffic)

    def split(self, step: Step) -> Split:
        """Show the new version to the step's share of shoppers."""
        return stages.share(step)

    def decide(self, step: Step, verdict: Verdict) -> Action:
        """Grow on good evidence, abort on bad, stay on none."""
        return stages.usual(step, verdict)


def usual_weights(traffic: Traffic) -> tuple[int, ...]:
    """Leave out the shares that would bring too few orders in a week (METHODS 4e).

    >>> usual_weights(Traffic("randomised", units_a_day=5_000, rate=0.03))
    (5, 10, 25, 50)
    """
    enough = tuple(weight for weight in WEIGHTS if stages.expected_orders(traffic, weight) >= stages.ORDERS)
    return enough or WEIGHTS[-1:]
