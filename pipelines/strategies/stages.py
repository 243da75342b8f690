"""What strategies share: the steps that stand in every plan, how units are split, and what usually follows."""

from __future__ import annotations

from itertools import pairwise
from math import ceil

from pipelines.strategies.contract import Action, Split, Step, Traffic, Verdict

EVERYTHING = Step("all", weight=100)
LARGEST_WEIGHT = 50  # control is always the upper half of the buckets (METHODS 4e)
ORDERS = 30  # expected of the new version within a week: fewer cannot become evidence
DAYS_TO_CONVERT = 7
LEAST_HOURS = 24  # every hour of the day is seen on every step that splits
LONGEST_ALONGSIDE = 56  # days

NOTHING_TO_COMPARE = "Nothing runs yet that the new version could be compared with."
TOO_SMALL = (
    "Even shown to half of the shoppers, the new version would get fewer than 30 orders in a week. "
    "That is too few to learn from."
)


def alongside(days: int) -> Step:
    """Let the new version answer beside the live one, unseen, until it has answered at least once."""
    if not 0 <= days <= LONGEST_ALONGSIDE:
        raise ValueError(f"Running alongside takes 0 to {LONGEST_ALONGSIDE} days.")
    return Step("alongside", mirrors=True, units=1, hours=24 * days)


def asking(name: str, *, mirrors: bool) -> Step:
    """Wait for the merchant's answer; the new version goes on answering unseen."""
    return Step(name, asks=True, mirrors=mirrors)


def expected_orders(traffic: Traffic, weight: int) -> float:
    """Count the orders that a share of the shoppers brings in a week."""
    return traffic.units_a_day * traffic.rate * DAYS_TO_CONVERT * weight / 100


def units_for_evidence(traffic: Traffic) -> int:
    """Count the units that bring the least number of orders."""
    return ceil(ORDERS / traffic.rate) if traffic.rate > 0 else ORDERS


def why_not_split(traffic: Traffic) -> str:
    """Say why shoppers cannot be split between two versions, or nothing when they can."""
    if traffic.evidence != "randomised":
        return traffic.not_split or NOTHING_TO_COMPARE
    if not traffic.has_champion:
        return NOTHING_TO_COMPARE
    # Not "fewer than": an unknown (NaN) traffic is too little, too.
    return "" if expected_orders(traffic, LARGEST_WEIGHT) >= ORDERS else TOO_SMALL


def share(step: Step) -> Split:
    """Split units as the step says."""
    return Split(stable=100 - step.weight, canary=step.weight, mirror=step.mirrors)


def usual(step: Step, verdict: Verdict) -> Action:
    """Go on when the evidence is good, ask where the step asks, abort when it is bad, else stay."""
    if verdict is Verdict.FAILED:
        return Action.ABORT
    if verdict is Verdict.SUCCESSFUL:
        return Action.ASK if step.asks else Action.ADVANCE
    return Action.ASK if step.asks and verdict is Verdict.INCONCLUSIVE else Action.PAUSE


def check_weights(weights: tuple[int, ...]) -> None:
    """Refuse weights that shoppers cannot be split by, each with its sentence."""
    if any(not isinstance(weight, int) or not 1 <= weight <= LARGEST_WEIGHT for weight in weights):
        raise ValueError(f"Each share of shoppers must be a whole number from 1 to {LARGEST_WEIGHT} %.")
    if any(later <= earlier for earlier, later in pairwise(weights)):
        raise ValueError("Each share of shoppers must be larger than the one before.")


def check_steps(steps: tuple[Step, ...]) -> None:
    """Refuse steps by which no version may be released."""
    if not steps or steps[-1].weight != 100:
        raise ValueError("The steps do not reach 100 %: the last one must give the new version everything.")
    check_weights(tuple(step.weight for step in steps if step.weight and step is not steps[-1]))
    seen = next(place for place, step in enumerate(steps) if step.weight)
    if any(step.weight == 0 for step in steps[seen:]):
        raise ValueError("Each share of shoppers must be larger than the one before.")
    if not any(step.asks for step in steps[:seen]):
        raise ValueError("The steps must ask you before the first shopper sees the new version.")
