"""Blue-green: the new version is prepared beside the live one, then everything moves at once, and back at once."""

from __future__ import annotations

from datetime import timedelta

from pipelines.strategies.contract import Action, Split, Step, Traffic, Verdict

EVERYTHING = Step("all", weight=100)


class BlueGreen:
    """Alongside what runs, preview, approval, all; the version that ran before stays warm."""

    name = "blue_green"
    maximum = timedelta(days=7)

    def steps(self, traffic: Traffic, weights: tuple[int, ...] = (), alongside_days: int = 0) -> tuple[Step, ...]:
        """Name the steps; with nothing to run alongside, the merchant is asked at once."""
        if weights:
            raise ValueError("Blue-green moves everything at once: it takes no weights.")
        preview = Step("preview", asks=True, mirrors=traffic.has_champion)
        if not traffic.has_champion:
            return preview, EVERYTHING
        return Step("alongside", mirrors=True, units=1, hours=24 * alongside_days), preview, EVERYTHING

    def fits(self, traffic: Traffic) -> str:
        """Suit every shop."""
        return ""

    def split(self, step: Step) -> Split:
        """Give everything to the new version, or nothing."""
        return Split(stable=100 - step.weight, canary=step.weight, mirror=step.mirrors)

    def decide(self, step: Step, verdict: Verdict) -> Action:
        """Ask the merchant when the evidence is good, abort when it is bad, else stay."""
        if verdict is Verdict.FAILED:
            return Action.ABORT
        if verdict is Verdict.SUCCESSFUL:
            return Action.ASK if step.asks else Action.ADVANCE
        return Action.ASK if step.asks and verdict is Verdict.INCONCLUSIVE else Action.PAUSE
