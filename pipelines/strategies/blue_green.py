"""Blue-green: the new version is prepared beside the live one, then everything moves at once, and back at once."""

from __future__ import annotations

from datetime import timedelta

from pipelines.strategies import stages
from pipelines.strategies.contract import Action, Split, Step, Traffic, Verdict


class BlueGreen:
    """Alongside what runs, preview, approval, all; the version that ran before stays warm."""

    name = "blue_green"
    maximum = timedelta(days=7)

    def steps(self, traffic: Traffic, weights: tuple[int, ...] = (), alongside_days: int = 0) -> tuple[Step, ...]:
        """Name the steps; with nothing to run alongside, the merchant is asked at once."""
        if weights:
            raise ValueError("Blue-green moves everything at once: it takes no shares of shoppers.")
        preview = stages.asking("preview", mirrors=traffic.has_champion)
        if not traffic.has_champion:
            return preview, stages.EVERYTHING
        return stages.alongside(alongside_days), preview, stages.EVERYTHING

    def fits(self, traffic: Traffic) -> str:
        """Suit every shop."""
        return ""

    def split(self, step: Step) -> Split:
        """Give everything to the new version, or nothing."""
        return stages.share(step)

    def decide(self, step: Step, verdict: Verdict) -> Action:
        """Ask the merchant when the evidence is good, abort when it is bad, else stay."""
        return stages.usual(step, verdict)
