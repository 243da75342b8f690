"""How what is bought together becomes one score: chances with best sellers behind them, and what fits all of a cart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.usecases.recommendations.baskets import Floats, Sparse
from pipelines.usecases.recommendations.learning.together import Together, answers_of

TINY = 1e-9


@dataclass(frozen=True)
class Blend:
    """Say how much each part counts: `fit` of 1, what sells anyway beside a chance, and what sells more of late.

    `joins` is false where the shop's own past says that best sellers alone do better.
    """

    fit: float = 0.0
    best_sellers: float = 0.3
    trend: float = 0.0
    joins: bool = True


BEST_SELLERS = Blend(joins=False)


@dataclass(frozen=True)
class Parts:
    """Hold what each part says of each product, a row for each cart or product page."""

    together: Together
    chance: Floats
    drawn: Floats
    fit: Floats

    @classmethod
    def of(cls, together: Together, known: Sparse) -> Parts:
        """Ask every part about the products that are known of each row."""
        sizes = np.diff(known.indptr).astype(np.int64)
        drawn = (known @ together.drawn + (sizes == 0)) / np.maximum(sizes, 1)
        chance, fit = (answers_of(known, matrix, sizes) for matrix in (together.chance, together.fit))
        return cls(together, chance, drawn.astype(np.float32), fit)

    def blended(self, blend: Blend) -> Floats:
        """Score every product for each row; the higher the better, and comparable within a row alone."""
        share = self.together.share
        if not blend.joins:
            return np.broadcast_to(share, self.chance.shape).astype(np.float32)
        trend = self.together.trend**blend.trend
        chance = (self.chance + self.drawn[:, None] * self.together.usual) * trend + blend.best_sellers * share
        if not blend.fit:
            return np.asarray(chance)
        return np.asarray((1 - blend.fit) * to_one(chance) + blend.fit * to_one(self.fit * trend))


def to_one(scores: Floats) -> Floats:
    """Scale each row so that its best product has 1.

    >>> to_one(np.array([[1.0, 4.0]])).tolist()
    [[0.25, 1.0]]
    """
    scaled: Floats = scores / np.maximum(np.abs(scores).max(axis=1, keepdims=True, initial=0), TINY)
    return scaled
