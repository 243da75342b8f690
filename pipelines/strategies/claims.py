"""What can be said of a situation: the questions that several rules of the policy ask."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan

from pipelines.strategies import limits
from pipelines.strategies.contract import Evidence, Situation, Step

LIVE = "live"
WAITING = "awaiting_approval"
SCHEDULED = "scheduled"
STAGED = "staged"
SHOPPERS, ERRORS = "Shoppers who see the new version", "Beside what runs"
SAYS = {  # of a range: below zero, above zero, not known
    "orders": ("order less", "order more", "whether they order more is not known"),
    "money": ("bring less money", "bring more money", "whether they bring more money is not known"),
    "errors": ("its errors cost more", "its errors cost less", "what its errors cost is not known"),
}
OPEN = (STAGED, "shadow", WAITING, SCHEDULED, "canary")


def is_live(situation: Situation) -> bool:
    """Tell whether everybody sees the version."""
    return situation.phase == LIVE or situation.at.weight == 100


def harm_limit(steps: Iterable[Step]) -> float:
    """Give the e-value at which a release has done harm: together with what else may take it away, one error of .05."""
    return limits.HARM_COMPARED if any(step.compares for step in steps) else limits.HARM


def is_number(figure: float | None) -> bool:
    """Tell whether a figure was measured; an e-value may be endless, never not a number."""
    return figure is not None and not isnan(figure)


def reaches(figure: float | None, limit: float) -> bool:
    """Tell whether an e-value is known and speaks."""
    return figure is not None and figure >= limit


def figures_of(evidence: Evidence) -> list[float | None]:
    """List the figures that must be numbers."""
    optional = (evidence.next_loss, evidence.correlation, *(evidence.interval or ()))
    always = (evidence.ratio, evidence.harm, evidence.harm_at_peak, evidence.non_inferior)
    return [*always, *evidence.guardrails.values(), *(figure for figure in optional if figure is not None)]


def is_unbalanced(evidence: Evidence) -> bool:
    """Tell whether units were split otherwise than planned, or nobody knows how."""
    return evidence.kind == "randomised" and (not is_number(evidence.ratio) or evidence.ratio >= limits.UNBALANCED)


def speaks(evidence: Evidence) -> bool:
    """Tell whether the e-value of harm may act: units split as planned, or weeks enough that hardly depend."""
    if evidence.kind != "paired":
        return not is_unbalanced(evidence)
    return evidence.weeks >= limits.WEEKS and not depends(evidence)


def depends(evidence: Evidence) -> bool:
    """Tell whether weeks are too much alike for the e-value to act, or nobody knows; fewer than twelve cannot tell."""
    measured = evidence.correlation
    if measured is not None and isnan(measured):
        return True
    return evidence.weeks >= limits.WEEKS_TO_CORRELATE and (measured is None or measured > limits.DEPENDENT)


def falls_short(evidence: Evidence) -> bool:
    """Tell whether a range that pages show lies below zero as a whole: nothing of it may be said to go well."""
    return any(high < 0 for _, high in evidence.ranges.values())


def does_better(evidence: Evidence) -> bool:
    """Tell whether a range that pages show lies above zero as a whole, and none below."""
    return any(low > 0 for low, _ in evidence.ranges.values()) and not falls_short(evidence)


def proven(evidence: Evidence) -> str:
    """Say what is known by a whole range, and what then is not."""
    found = {name: (low > 0, low > 0 or high < 0) for name, (low, high) in evidence.ranges.items()}
    told = [SAYS[name][is_more] for name, (is_more, is_known) in found.items() if is_known]
    unknown = [SAYS[name][2] for name, (_, is_known) in found.items() if not is_known]
    whose = ERRORS if evidence.kind == "paired" else SHOPPERS
    return "; ".join((f"{whose} {' and '.join(told)}, over the whole range", *unknown)) + "."


def how_it_went(situation: Situation) -> str:
    """Say how the new version did on its step, as far as the ranges that pages show allow."""
    evidence = situation.evidence
    if falls_short(evidence):
        return proven(evidence)
    if does_better(evidence):
        return f"This step went well. {proven(evidence)}"
    if not situation.at.splits:
        return "It answered beside what runs without an alarm."
    if evidence.ranges:
        return "No alarm on this step. Whether the new version brings more or less is not proven yet."
    return "No alarm on this step. There are too few orders yet to say whether the new version brings more or less."


def is_decided(situation: Situation) -> bool:
    """Tell whether the interval of an A/B test leaves zero out."""
    interval = situation.evidence.interval
    return situation.at.compares and interval is not None and interval[0] > 0


def gives_everything_next(situation: Situation) -> bool:
    """Tell whether everybody would see the new version after this step, which only some see now."""
    return situation.at.splits and situation.steps[situation.step + 1].weight == 100


def is_answered(situation: Situation) -> bool:
    """Tell whether the merchant said yes to the card of this very step; a yes from before does not count again."""
    asked = situation.at.asks or situation.phase in (WAITING, SCHEDULED)
    return situation.is_approved and asked


def after_answer(situation: Situation) -> int:
    """Give the step that a yes leads to: a yes while shoppers see it is a yes to everything."""
    if situation.at.splits:
        return len(situation.steps) - 1
    later = range(situation.step + 1, len(situation.steps))
    return next(place for place in later if not situation.steps[place].asks)
