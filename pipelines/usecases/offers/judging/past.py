"""The past of a shop, asked again: stretches of days at its end, each judged by what was learned before it.

Who is compared is learned anew before each stretch, the version that runs by its own recipe; the best single offer is
the one that was worth most before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, Floats, decisions_of
from pipelines.usecases.offers.fitted import Fitted
from pipelines.usecases.offers.learning.choices import Choices
from pipelines.usecases.offers.learning.recipe import learned
from pipelines.usecases.offers.learning.weighing import Counted, Log, Weighed, counted_in

ORIGINS = 3
SHORTEST, LONGEST = 2, 28  # days of a stretch
CANDIDATE, CHAMPION, NO_OFFERS, BEST_OFFER = "candidate", "champion", "no_offer", "best_offer"


@dataclass(frozen=True)
class Stretch:
    """Hold some days: who was learned before, decisions, everybody's chances, and what is said of what was shown."""

    cut: int
    candidate: Fitted
    log: Log
    chances: Mapping[str, Floats]
    weighed: Mapping[str, Weighed]
    said: Floats  # the chance of acceptance of what was shown, NaN where nothing was


@dataclass(frozen=True)
class Past:
    """Hold all stretches of a shop."""

    stretches: tuple[Stretch, ...]
    days: int  # of each
    history: int  # days from the first decision on
    counted: Counted

    @property
    def origins(self) -> list[date]:
        """Give the last day that was known before each stretch."""
        return [date.fromisoformat(str(np.datetime64(each.cut - 1, "D"))) for each in self.stretches]

    @property
    def decisions(self) -> int:
        """Count what was judged."""
        return sum(len(each.log) for each in self.stretches)


def past_of(frames: Frames, champion: Fitted | None, seed: int) -> Past:
    """Ask the past once for everybody who judges by it."""
    key = ("past", seed, None if champion is None else champion.context is not None)
    return frames.once(key, lambda: _asked(frames, champion, seed))


def _asked(frames: Frames, champion: Fitted | None, seed: int) -> Past:
    known = decisions_of(frames).decisions
    matured = known.where(np.isfinite(known.earned))
    cuts, days = origins(matured)
    history = int(matured.day.max() - matured.day.min()) + 1 if len(matured) else 0
    stretches = (stretch(known, frames.asof, cut, cut + days, champion, seed) for cut in cuts)
    return Past(tuple(each for each in stretches if len(each.log)), days, history, counted_in(known))


def origins(matured: Decisions) -> tuple[list[int], int]:
    """Cut off three stretches at the end, each a sixth of the days; none where no day lies before them."""
    if not len(matured):
        return [], SHORTEST
    first, after = int(matured.day.min()), int(matured.day.max()) + 1
    days = int(np.clip((after - first) // 6, SHORTEST, LONGEST))
    cuts = [after - days * back for back in range(ORIGINS, 0, -1)]
    return [cut for cut in cuts if cut - first >= SHORTEST], days


def stretch(known: Decisions, asof: date, cut: int, end: int, champion: Fitted | None, seed: int) -> Stretch:
    """Let everybody choose on the days from a cut on, by what was known before it."""
    before = known.before(cut)
    candidate = learned(before, asof, seed=seed)
    log = Log.between(known, candidate, cut, end)
    chances = {
        CANDIDATE: log.chances(candidate),
        NO_OFFERS: log.always(NO_OFFER - 1),
        BEST_OFFER: log.always(best_offer(log)),
    }
    if champion is not None:
        chances[CHAMPION] = log.chances(learned(before, asof, seed=seed, joins=champion.context is not None))
    weighed = {who: log.weigh(each) for who, each in chances.items()}
    said = said_of(log, Choices(candidate, log.known, *log.tallies))
    return Stretch(cut, candidate, log, chances, weighed, said)


def best_offer(log: Log) -> int:
    """Name the offer that is worth most to those who could be shown it, by what was known before."""
    worth = np.where(log.model.open, log.model.worth, 0.0)
    of_each = np.zeros(len(log.known.ids))
    if worth.size and len(of_each):
        np.add.at(of_each, np.maximum(log.known.eligible, 0), worth)
    return int(of_each.argmax()) if len(of_each) and of_each.max() > 0 else NO_OFFER - 1


def said_of(log: Log, choices: Choices) -> Floats:
    """Give how likely the shown offer was to be accepted, by what was learned before."""
    if not choices.likely.shape[1]:
        return np.full(len(log), np.nan)
    return np.where(log.known.offer == NO_OFFER, np.nan, choices.likely[np.arange(len(log)), log.known.place])
