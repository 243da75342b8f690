"""What the things that a model is told do to its release (METHODS 4a): drift by itself does nothing.

What breaks (missing, unknown, all one) is a guardrail: a live version goes back, an open release stays where it is. A
drift takes a live version back only from the size on that the merchant chose. Both act only while they last: in three
of the last five windows that could be judged, in the newest one too, and on fresh data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan

from pipelines.strategies import limits
from pipelines.strategies.contract import Action, Decision, Situation, Told
from pipelines.strategies.reasons import Reason

LOOKED_AT, LASTS = 5, 3  # windows


def lasts(windows: Sequence[Told], is_so: Callable[[Told], bool]) -> bool:
    """Tell whether something is so in the newest window and in three of the last five that could be judged."""
    known = [window for window in windows if window.is_known][-LOOKED_AT:]
    newest = windows[-1:]
    return all(map(is_so, newest)) and sum(map(is_so, known)) >= LASTS


def is_fresh(situation: Situation) -> bool:
    """Tell whether what the windows were made of was read lately."""
    return situation.data_age is not None and situation.data_age <= limits.FRESH


def broken(situation: Situation) -> list[str]:
    """Name what is broken for good."""
    if not is_fresh(situation):
        return []
    return sorted(name for name, windows in situation.inputs.items() if lasts(windows, lambda told: told.is_broken))


def far_away(situation: Situation) -> list[str]:
    """Name what has moved at least as far as the merchant lets it; nothing where nobody chose that."""
    limit = situation.drift_limit
    if limit is None or isnan(limit) or not is_fresh(situation):
        return []

    def is_far(told: Told) -> bool:
        return told.index is not None and told.index >= limit  # what is not a number is not

    return sorted(name for name, windows in situation.inputs.items() if lasts(windows, is_far))


def told_broken(situation: Situation) -> Decision | None:
    """Take away what is live and is told nothing it can use; it did no harm itself, so it may come again."""
    names = broken(situation)
    if not names:
        return None
    sentence = f"Broken data in {LASTS} of {LOOKED_AT} windows: {', '.join(names)}. It went back to be safe."
    return Decision(Action.ABORT, Reason.INPUTS, sentence[:200], alert="critical")


def drifted(situation: Situation) -> Decision | None:
    """Take away what is live where the merchant chose so for a drift of this size."""
    names = far_away(situation)
    if not names:
        return None
    sentence = f"You chose to go back on a drift of {situation.drift_limit:g} and more that lasts: {', '.join(names)}."
    return Decision(Action.ABORT, Reason.DRIFT, sentence[:200], alert="critical")


def waits_for_inputs(situation: Situation) -> Decision | None:
    """Hold what is on its way while what it is told is broken: nothing can be said of it."""
    names = broken(situation)
    if not names:
        return None
    sentence = f"What models are told is broken: {', '.join(names)}. Nothing new moves until it is whole again."
    return Decision(Action.HOLD, Reason.INPUTS, sentence[:200], alert="warning")
