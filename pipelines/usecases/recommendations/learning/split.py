"""Where the shop's own past is cut, and what is asked of it: half of a cart, or one product of it, for the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipelines.usecases.recommendations.baskets import Baskets, Ints, Mask, Sparse

TESTED = 0.1  # of the days, the last ones
LEAST_BASKETS = 3  # with a product, before anything is said about it


@dataclass(frozen=True)
class Questions:
    """Hold baskets of two products and more, what is known of each, and what else was in it."""

    known: Sparse
    wanted: Sparse
    day: Ints

    def __len__(self) -> int:
        return int(self.known.shape[0])

    def where(self, chosen: Mask) -> Questions:
        """Keep the chosen baskets."""
        return Questions(self.known[chosen], self.wanted[chosen], self.day[chosen])


def cut_of(baskets: Baskets, tested: float = TESTED) -> int:
    """Give the first day that is tested, so that the last share of all days is."""
    first, last = int(baskets.day.min()), int(baskets.day.max()) + 1
    return last - max(round((last - first) * tested), 1)


def halves(baskets: Baskets, cut: int, least: int = LEAST_BASKETS) -> tuple[Baskets, Baskets]:
    """Give what was known before a day, and what was bought from it on, of the products known well enough by then."""
    before, after = baskets.where(baskets.day < cut), baskets.where(baskets.day >= cut)
    often = before.bought() >= least
    return before.of(often), after.of(often)


def carts(baskets: Baskets, *, seed: int) -> Questions:
    """Know a random half of each basket."""
    return _asked(baskets, seed, lambda sizes: sizes // 2)


def product_pages(baskets: Baskets, *, seed: int) -> Questions:
    """Know one product of each basket."""
    return _asked(baskets, seed, np.ones_like)


def sample(questions: Questions, most: int, *, seed: int) -> Questions:
    """Keep so many questions, drawn at random."""
    chosen = np.zeros(len(questions), dtype=bool)
    chosen[np.random.default_rng(seed).permutation(len(questions))[:most]] = True
    return questions.where(chosen)


def _asked(baskets: Baskets, seed: int, known_of: Callable[[Ints], Ints]) -> Questions:
    usual = baskets.usual()
    asked = usual.where(usual.sizes >= 2)
    sizes, rows = asked.sizes, np.repeat(np.arange(len(asked)), asked.sizes)
    order = np.lexsort((np.random.default_rng(seed).random(len(rows)), rows))
    place = np.arange(len(rows)) - np.repeat(asked.held.indptr[:-1], sizes)
    is_known = np.zeros(len(rows), dtype=bool)
    is_known[order] = place < np.repeat(known_of(sizes), sizes)
    return Questions(_kept(asked.held, is_known), _kept(asked.held, ~is_known), asked.day)


def _kept(held: Sparse, chosen: Mask) -> Sparse:
    left = held.copy()
    left.data = chosen.astype(np.float32)
    left.eliminate_zeros()
    return left
