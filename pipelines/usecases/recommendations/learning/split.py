"""Where the shop's own past is cut, and what is asked of it: half of a cart, or one product of it, for the rest.

The last tenth of the days is the test. Where that asks too little, each tenth of the latest baskets is held out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipelines.usecases.recommendations.baskets import Baskets, Ints, Mask, Sparse

TESTED = 0.1  # of the days, the last ones
LEAST_BASKETS = 3  # with a product, before anything is said about it
ENOUGH_ASKED = 100  # baskets of two products and more in the last tenth of the days
MOST_HELD_OUT = 3_000  # baskets, the latest ones, where tenths of them are held out


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


@dataclass(frozen=True)
class Trial:
    """Hold what is learned from, what is asked about, and the day on which it is asked."""

    before: Baskets
    after: Baskets
    today: int


def trials(baskets: Baskets, *, seed: int, least: int = LEAST_BASKETS) -> list[Trial]:
    """Give the shop's own time split; of a shop with few orders, ten in which a tenth of them is held out."""
    cut = cut_of(baskets)
    by_time = Trial(*halves(baskets, cut, least), cut)
    if len(asked_of(by_time.after)) >= ENOUGH_ASKED:
        return [by_time]
    tenth = np.full(len(baskets), -1)
    latest = np.argsort(baskets.day, kind="stable")[-MOST_HELD_OUT:]
    tenth[latest] = np.random.default_rng(seed).permutation(len(latest)) % round(1 / TESTED)
    few, today = baskets.where(tenth >= 0), int(baskets.day.max()) + 1
    return [Trial(*parted(few, tenth[tenth >= 0] != each, least), today) for each in np.unique(tenth[latest])]


def cut_of(baskets: Baskets, tested: float = TESTED) -> int:
    """Give the first day that is tested, so that the last share of all days is."""
    first, last = int(baskets.day.min()), int(baskets.day.max()) + 1
    return last - max(round((last - first) * tested), 1)


def halves(baskets: Baskets, cut: int, least: int = LEAST_BASKETS) -> tuple[Baskets, Baskets]:
    """Give what was known before a day, and what was bought from it on, of the products known well enough by then."""
    return parted(baskets, baskets.day < cut, least)


def parted(baskets: Baskets, is_before: Mask, least: int) -> tuple[Baskets, Baskets]:
    """Learn from some baskets and ask about the others, of the products that are in so many of the first."""
    before, after = baskets.where(is_before), baskets.where(~is_before)
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


def asked_of(baskets: Baskets) -> Baskets:
    """Keep the baskets that can be asked about: two products and more, and no wholesaler's."""
    usual = baskets.usual()
    return usual.where(usual.sizes >= 2)


def _asked(baskets: Baskets, seed: int, known_of: Callable[[Ints], Ints]) -> Questions:
    asked = asked_of(baskets)
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
