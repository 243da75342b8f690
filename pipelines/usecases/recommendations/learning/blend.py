"""How what is bought together becomes one score: chances with best sellers behind them, and what fits all of a cart.

A cart adds up what each of its products says, so that it can be added up from the stored lists of its products. There a
chance is squared first: of many products that say a little, and one that is sure, the sure one is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.usecases.recommendations.baskets import Floats, Ints, Sparse
from pipelines.usecases.recommendations.learning.together import Together, answers_of

TINY = 1e-6


@dataclass(frozen=True)
class Blend:
    """Say how much each part counts: `fit` of 1, what sells anyway beside a chance, and what sells more of late.

    A `fit` of nothing is a chance as it is, with best sellers beside it; else both are added up. `joins` is false where
    the shop's own past says that best sellers alone do better.
    """

    fit: float = 0.0
    best_sellers: float = 0.3
    trend: float = 0.0
    joins: bool = True


BEST_SELLERS = Blend(joins=False)


@dataclass(frozen=True)
class Parts:
    """Hold what is known of each cart or product page, and what each part says of every product, when it is asked."""

    together: Together
    known: Sparse

    def blended(self, blend: Blend) -> Floats:
        """Score every product for each row; the higher the better, and comparable within a row alone."""
        share = self.together.share
        if not blend.joins:
            return np.broadcast_to(share, self.known.shape).astype(np.float32)
        trend = self.together.trend**blend.trend
        if not blend.fit:
            return np.asarray(self.chance * trend + blend.best_sellers * share)
        behind = max(blend.best_sellers, TINY) * share
        return np.asarray(((1 - blend.fit) * self.strong + blend.fit * self.fit) * trend + behind)

    @cached_property
    def chance(self) -> Floats:
        """Average the chances of each product, drawn towards what sells anyway."""
        drawn = (self.known @ self.together.drawn + (self.sizes == 0)) / np.maximum(self.sizes, 1)
        chance = answers_of(self.known, self.together.chance, self.sizes)
        return np.asarray(chance + drawn.astype(np.float32)[:, None] * self.together.usual)

    @cached_property
    def strong(self) -> Floats:
        """Average the squares of the chances."""
        return answers_of(self.known, self.together.strong, self.sizes)

    @cached_property
    def fit(self) -> Floats:
        """Average how well each product goes with what is known."""
        return answers_of(self.known, self.together.fit, self.sizes)

    @property
    def sizes(self) -> Ints:
        """Count what is known of each row."""
        return np.asarray(np.diff(self.known.indptr), dtype=np.int64)
