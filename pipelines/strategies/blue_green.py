"""Blue-green: the new version is prepared beside the live one, then everything moves at once, and back at once."""

from __future__ import annotations

from datetime import timedelta

from pipelines.strategies.contract import Action, Split, Step, Verdict

PREVIEW = Step("preview", weight=0, asks=True)
EVERYTHING = Step("all", weight=100)


class BlueGreen:
    """Preview, approval, all; the version that ran before stays warm."""

    name = "blue_green"
    maximum = timedelta(days=7)

    def steps(self) -> tuple[Step, ...]:
        """Name the two steps."""
        return PREVIEW, EVERYTHING

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
