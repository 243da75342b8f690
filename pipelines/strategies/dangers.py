"""The rules that protect the shop: what takes a version away, and what makes us blind, which holds it.

Nothing stands before these: no pause, no freeze, no stale data, no approval.
"""

from __future__ import annotations

from collections.abc import Callable

from pipelines.strategies import health, limits
from pipelines.strategies.claims import (
    figures_of,
    harm_limit,
    is_number,
    is_unbalanced,
    reaches,
    speaks,
)
from pipelines.strategies.contract import Action, Decision, Situation
from pipelines.strategies.reasons import Reason

Rule = Callable[[Situation], Decision | None]
LONGEST_WHY = 160  # letters: the whole sentence is kept with the release, which has room for 200


# What takes the new version away


def unsafe(situation: Situation) -> Decision | None:
    """Never run bytes that are not the ones we checked."""
    if situation.artifact_is_safe:
        return None
    return taken_away(Reason.UNSAFE, "The files of this version are not the ones that were checked.")


def harmful(situation: Situation) -> Decision | None:
    """Act on the e-value of harm, where it may speak."""
    evidence = situation.evidence
    if not (reaches(evidence.harm, harm_limit(situation.steps)) and speaks(evidence)):
        return None
    return taken_away(Reason.HARM, evidence.harm_sentence)


def guardrail_harmed(situation: Situation) -> Decision | None:
    """Act on the e-value of a guardrail; each one gets its part of the error budget."""
    guardrails, limit = situation.evidence.guardrails, limits.HARM_PER_GUARDRAIL * len(situation.evidence.guardrails)
    harmed = sorted(name for name, value in guardrails.items() if reaches(value, limit))
    if not harmed or is_unbalanced(situation.evidence):
        return None
    names = ", ".join(name.replace("_", " ") for name in harmed)
    return taken_away(Reason.GUARDRAIL, f"The new version is worse on what it must not touch: {names}.")


def broken(situation: Situation) -> Decision | None:
    """Act at once on answers that cannot be right."""
    why = health.broken_by(situation.windows)
    return taken_away(Reason.BROKEN, f"The newest answers cannot be right. {why[:LONGEST_WHY]}.") if why else None


def severe(situation: Situation) -> Decision | None:
    """Act on errors far over the objective."""
    if not health.is_severe(situation.windows):
        return None
    return taken_away(Reason.SEVERE, "Errors have been more than five times the limit in three measurements in a row.")


def breached(situation: Situation) -> Decision | None:
    """Act on a breach that lasts."""
    breaches = health.breach_of(situation.windows)
    if not health.is_sustained(situation.windows):
        return None
    return taken_away(Reason.BREACH, f"{breaches} of the last {health.LOOKED_AT} measurements were over a limit.")


def lost(situation: Situation) -> Decision | None:
    """Take away a version that has not been heard of for long; it did no harm, so it may come again."""
    silent = health.silence_of(situation.windows)
    if silent < health.LOST or health.is_down(situation.windows):
        return None
    sentence = f"Nothing has been heard of the new version in {silent} measurements."
    return Decision(Action.ABORT, Reason.LOST, sentence, alert="critical")


def worse(situation: Situation) -> Decision | None:
    """End an A/B test that the version which runs has won; that is no harm, so the other may come again."""
    interval = situation.evidence.interval
    if not situation.at.compares or interval is None or is_unbalanced(situation.evidence) or not interval[1] < 0:
        return None
    return Decision(Action.ABORT, Reason.WORSE, "The test is over: the new version does worse.", alert="warning")


def taken_away(reason: Reason, sentence: str) -> Decision:
    """Take the version away for good."""
    return Decision(Action.ABORT, reason, sentence, quarantines=True, alert="critical")


# What makes us blind


def clock_went_back(situation: Situation) -> Decision | None:
    """Do nothing by a clock that cannot be right."""
    if not situation.clock_went_back:
        return None
    return held(Reason.CLOCK, "The clock of this server went back. Nothing moves until it is right.", "critical")


def down(situation: Situation) -> Decision | None:
    """Hold while we cannot see; not seeing is no proof of harm."""
    if not health.is_down(situation.windows):
        return None
    return held(Reason.DOWN, "We cannot see either version. What runs goes on; nothing new moves.", "critical")


def silenced(situation: Situation) -> Decision | None:
    """Hold while the new version alone is not heard of."""
    silent = health.silence_of(situation.windows)
    if silent < health.SILENT:
        return None
    return held(Reason.SILENT, f"Nothing has been heard of this version in {silent} measurements.")


def unbalanced(situation: Situation) -> Decision | None:
    """Give no verdict either way on units that were not split as planned."""
    if not is_unbalanced(situation.evidence):
        return None
    sentence = "The shoppers were not split as planned, so these figures prove nothing in either direction."
    return held(Reason.RATIO, sentence)


def figures_missing(situation: Situation) -> Decision | None:
    """Hold on figures that are not numbers."""
    if all(is_number(figure) for figure in figures_of(situation.evidence)):
        return None
    return held(Reason.MISSING, "Some figures of the comparison are missing. Missing is never taken for good.")


def held(reason: Reason, sentence: str, alert: str = "warning") -> Decision:
    """Stay, and say what must change first."""
    return Decision(Action.HOLD, reason, sentence, alert=alert)


TAKES_AWAY: tuple[Rule, ...] = (unsafe, harmful, guardrail_harmed, broken, severe, breached, lost, worse)
LIVE_TAKES_AWAY: tuple[Rule, ...] = (unsafe, harmful, guardrail_harmed, broken, severe, breached)
BLIND: tuple[Rule, ...] = (clock_went_back, down, silenced, unbalanced, figures_missing)
