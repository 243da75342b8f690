"""Learn a policy from decisions, and let who asks join where the shop's own past says that it pays.

The days are cut twice; what was learned before a cut is valued on the days after it, with and without who asks. It
joins only where the difference is above nothing with its whole range, by SNIPS and by the doubly robust estimate alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from pipelines.stats.inference.off_policy import Valued
from pipelines.usecases.offers.decisions import Decisions
from pipelines.usecases.offers.fitted import Fitted
from pipelines.usecases.offers.learning.context import LEAST_ACCEPTED, context_of
from pipelines.usecases.offers.learning.extras import extras_of
from pipelines.usecases.offers.learning.prior import prior_of
from pipelines.usecases.offers.learning.weighing import Log, Weighed, joined

CUTS = (0.5, 0.75)  # of the decisions


@dataclass(frozen=True)
class Beside:
    """Hold what a policy brings more than another for one decision, by both estimates."""

    snips: Valued
    doubly_robust: Valued

    @classmethod
    def of(cls, ours: Weighed, theirs: Weighed) -> Beside:
        """Compare two policies on the same decisions."""
        return cls(ours.snips.minus(theirs.snips), ours.doubly_robust.minus(theirs.doubly_robust))

    @property
    def is_better(self) -> bool:
        """Tell whether both ranges lie above nothing."""
        ranges = [each.interval() for each in (self.snips, self.doubly_robust)]
        return all(each is not None and each.low > 0 for each in ranges)

    def as_dict(self) -> dict[str, Any]:
        """Give plain values: the doubly robust difference, and the range that holds both ranges."""
        ranges = [each.interval() for each in (self.snips, self.doubly_robust)]
        known = [each for each in ranges if each is not None]
        hull = [min(each.low for each in known), max(each.high for each in known)] if len(known) == 2 else None
        values = {"value": self.doubly_robust.value, "snips": self.snips.value}
        told = {name: value if np.isfinite(value) else None for name, value in values.items()}
        return told | {"range": hull, "ess": round(self.snips.ess, 1)}


def learned(known: Decisions, asof: date, *, seed: int, joins: bool | None = None) -> Fitted:
    """Learn from decisions; whether who asks joins is decided here, unless that is said."""
    plain = plainly(known, asof, seed)
    is_joined = joining(known, asof, seed) is not None if joins is None else joins
    return replace(plain, context=context_of(known, plain.prior)) if is_joined else plain


def plainly(known: Decisions, asof: date, seed: int) -> Fitted:
    """Learn what any offer is like and what each costs beyond its acceptances."""
    shown, accepted = known.tallies(int(known.day.max()) + 1 if len(known) else 0)
    extras = extras_of(known)
    return Fitted(asof, seed, prior_of(shown[shown > 0], accepted[shown > 0]), extras.shared, extras.own)


def joining(known: Decisions, asof: date, seed: int) -> Beside | None:
    """Give what knowing who asks would have brought, where that is surely more; nothing elsewhere."""
    pairs = list(trials(known, asof, seed))
    if not pairs:
        return None
    found = Beside.of(joined([ours for ours, _ in pairs]), joined([theirs for _, theirs in pairs]))
    return found if found.is_better else None


def trials(known: Decisions, asof: date, seed: int) -> Iterator[tuple[Weighed, Weighed]]:
    """Yield how both policies do after each cut, learned before it."""
    if not len(known) or np.nansum(known.accepted) < LEAST_ACCEPTED:
        return
    days = np.quantile(known.day, CUTS).astype(np.int64) + 1
    ends = [*days[1:].tolist(), int(known.day.max()) + 1]
    for cut, end in zip(days.tolist(), ends, strict=True):
        before = known.before(cut)
        plain = plainly(before, asof, seed)
        context = context_of(before, plain.prior)
        log = Log.between(known, plain, cut, end)
        if context is not None and len(log):
            yield log.weigh(log.chances(replace(plain, context=context))), log.weigh(log.chances(plain))
