"""Shadow: the new version proves itself beside the live one for a least time, then the merchant is asked."""

from __future__ import annotations

from datetime import timedelta

from pipelines.strategies import stages
from pipelines.strategies.contract import Action, Split, Step, Traffic, Verdict

DAYS = 14  # two of each weekday


class Shadow:
    """Alongside for a least time, approval, all: for a merchant who wants proof before any shopper sees it."""

    name = "shadow"
    maximum = timedelta(days=28)

    def steps(self, traffic: Traffic, weights: tuple[int, ...] = (), alongside_days: int = 0) -> tuple[Step, ...]:
        """Name the steps; two weeks alongside unless the merchant says otherwise."""
        if weights:
            raise ValueError("Shadow shows nothing to shoppers before the end: it takes no shares of shoppers.")
        return stages.alongside(alongside_days or DAYS), stages.asking("approval", mirrors=True), stages.EVERYTHING

    def fits(self, traffic: Traffic) -> str:
        """Take something to run alongside."""
        return "" if traffic.has_champion else stages.NOTHING_TO_COMPARE

    def split(self, step: Step) -> Split:
        """Give everything to the new version, or nothing."""
        return stages.share(step)

    def decide(self, step: Step, verdict: Verdict) -> Action:
        """Ask the merchant when the evidence is good, abort when it is bad, else stay."""
        return stages.usual(step, verdict)
