"""What a policy would have brought on decisions that it did not learn from: their outcomes, weighed.

Who was held out is left out, and whoever could not have been shown anything else: no policy chooses for them. What
every version explores is left out, too: it is the same for all, and the price of knowing. An outcome is the profit of
the order after the offer's cost, where that is known of nearly all, else what the accepted offer earned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pipelines.stats.inference import off_policy
from pipelines.stats.inference.off_policy import Valued
from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, Floats, Ints
from pipelines.usecases.offers.fitted import Fitted
from pipelines.usecases.offers.learning.choices import Choices
from pipelines.usecases.offers.learning.extras import capped

NEARLY_ALL = 0.9
Counted = Literal["profit", "earned"]


def counted_in(known: Decisions) -> Counted:
    """Say what outcomes are counted in: profit, where it is known of nearly all whose acceptance is known."""
    matured = np.isfinite(known.earned)
    is_known = np.isfinite(known.profit[matured])
    return "profit" if len(is_known) and is_known.mean() >= NEARLY_ALL else "earned"


def outcomes(known: Decisions, counted: Counted) -> Floats:
    """Give what came of each decision in minor units; NaN where it is not known."""
    return known.earned if counted == "earned" else capped(np.where(np.isfinite(known.earned), known.profit, np.nan))


@dataclass(frozen=True)
class Weighed:
    """Hold what is needed of each decision to value a policy: outcome, weight, and what a model says of it."""

    outcome: Floats
    weight: Floats
    expected: Floats
    predicted: Floats
    visitor: Ints

    @property
    def snips(self) -> Valued:
        """Value the policy by weights alone."""
        return off_policy.snips(self.outcome, self.weight, self.visitor)

    @property
    def doubly_robust(self) -> Valued:
        """Value the policy by a model that the weights correct."""
        return off_policy.doubly_robust(self.outcome, self.weight, self.expected, self.predicted, self.visitor)


def joined(parts: Sequence[Weighed]) -> Weighed:
    """Put what was weighed at several origins one after another."""
    names = ("outcome", "weight", "expected", "predicted", "visitor")
    return Weighed(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class Log:
    """Hold decisions of some days, with tallies and a model from the days before them.

    `base` is what comes of a decision without an offer, by what was known before.
    """

    known: Decisions
    outcome: Floats
    tallies: tuple[Ints, Ints]
    model: Choices
    base: float

    @classmethod
    def between(cls, known: Decisions, fitted: Fitted, cut: int, end: int) -> Log:
        """Take the days from a cut up to an end, and what was known before the cut."""
        counted = counted_in(known)
        outcome, tallies = outcomes(known, counted), known.tallies(cut)
        rows = (known.day >= cut) & (known.day < end) & known.is_drawn & np.isfinite(outcome)
        before = (known.day < cut) & (known.offer == NO_OFFER) & np.isfinite(outcome)
        base = float(outcome[before].mean()) if before.any() else 0.0
        log = known.where(rows)
        model = Choices(fitted if counted == "profit" else replace(fitted, shared=None, extras={}), log, *tallies)
        return cls(log, outcome[rows], tallies, model, base)

    def __len__(self) -> int:
        return len(self.known)

    def chances(self, fitted: Fitted) -> Floats:
        """Give what a version would have chosen with which chances, without what is explored."""
        return Choices(replace(fitted, explore=0.0), self.known, *self.tallies).chances

    def always(self, offer: int) -> Floats:
        """Give the chances of one offer for everybody to whom it was open, and of none for the others."""
        is_open = self.model.open & (self.known.eligible == offer)
        return np.column_stack([is_open, ~is_open.any(axis=1)]).astype(np.float64)

    def weigh(self, chances: Floats) -> Weighed:
        """Weigh the outcomes by what somebody else would have chosen."""
        rows, known = np.arange(len(self)), self.known
        column = np.where(known.offer == NO_OFFER, chances.shape[1] - 1, known.place)
        said = np.column_stack([self.model.worth, np.zeros(len(self))]) + self.base
        expected = (chances * said).sum(axis=1)
        return Weighed(
            self.outcome, chances[rows, column] / known.propensity, expected, said[rows, column], known.visitor
        )
