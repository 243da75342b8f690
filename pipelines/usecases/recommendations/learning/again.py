"""What a shopper buys again: how often and how lately, and a little of what shoppers with the same habits buy.

Neighbours as in TIFU-KNN (Hu et al., arXiv 2006.00556). They take part where the shop's own past says that they help.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipelines.usecases.recommendations.baskets import NOBODY, Baskets, Floats, Ints, Sparse
from pipelines.usecases.recommendations.learning.split import cut_of, halves
from pipelines.usecases.recommendations.ranks import first_places, is_wanted

HALF_LIVES = (40.0, 80.0, 160.0)
SHARES = (0.0, 0.2, 0.4)  # of what neighbours say
NEIGHBOURS = 200
MOST_SHOPPERS = 20_000  # more are not compared with each other
MOST_ASKED = 2_000
LEAST_SHOPPERS = 50  # who came back in the tested days; below them nothing is told from chance
BLOCK, PLACES = 500, 10
BEHIND = 1e-6  # of best sellers, so that a short list is filled


@dataclass(frozen=True)
class Habits:
    """Say how long a purchase counts, and how much neighbours do; with what lists of the past found beside counting."""

    half_life: float = 80.0
    neighbours: float = 0.0
    asked: int = 0
    recall: float | None = None
    recall_of_counting: float | None = None


COUNTING = Habits(half_life=np.inf)


def choose(baskets: Baskets) -> Habits:
    """Try half-lives and neighbours on who came back in the last tenth of the days."""
    known = baskets.where(baskets.customer != NOBODY)
    if not len(known):
        return Habits()
    cut = cut_of(known)
    before, after = halves(known, cut)
    following = next_baskets(before, after)
    if len(following) < LEAST_SHOPPERS:
        return Habits(asked=len(following))
    following = following.where(np.arange(len(following)) % -(-len(following) // MOST_ASKED) == 0)
    tried = [Habits(half_life, share) for half_life in HALF_LIVES for share in SHARES]
    found = [recall(before, following, habits, cut) for habits in tried]
    most = max(range(len(tried)), key=found.__getitem__)
    counted = recall(before, following, COUNTING, cut)
    return Habits(tried[most].half_life, tried[most].neighbours, len(following), found[most], counted)


def next_baskets(before: Baskets, after: Baskets) -> Baskets:
    """Give the first basket afterwards of each shopper who was known before."""
    came_back = after.where(np.isin(after.customer, before.customer))
    order = np.argsort(came_back.day, kind="stable")
    first = np.zeros(len(came_back), dtype=bool)
    first[order[np.unique(came_back.customer[order], return_index=True)[1]]] = True
    return came_back.where(first)


def recall(before: Baskets, following: Baskets, habits: Habits, today: int, places: int = PLACES) -> float:
    """Give the mean share of a shopper's next basket that stood on the list."""
    shoppers, order = np.unique(following.customer, return_index=True)
    wanted = following.held[order]
    lists = np.concatenate([some for _, some, _ in ranked(before, habits, today, shoppers, places)])
    return float((is_wanted(lists, wanted).sum(axis=1) / np.diff(wanted.indptr)).mean())


def ranked(
    baskets: Baskets, habits: Habits, today: int, shoppers: Ints, places: int
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield some shoppers at a time, with the products of their lists and the scores of these."""
    everybody = np.union1d(shoppers, baskets.customer[baskets.customer != NOBODY])
    own = profiles(baskets, habits.half_life, today, everybody)
    alike = own if habits.neighbours and len(everybody) <= MOST_SHOPPERS else None
    behind = (BEHIND * baskets.bought() / max(len(baskets), 1)).astype(np.float32)
    lengths = unit_lengths(own)
    for low in range(0, len(shoppers), BLOCK):
        some = shoppers[low : low + BLOCK]
        rows = np.searchsorted(everybody, some)
        said = own[rows].toarray()
        if alike is not None:
            said = (1 - habits.neighbours) * said + habits.neighbours * neighbours_of(lengths, alike, rows)
        lists = first_places(said + behind, None, places)
        yield some, lists, np.take_along_axis(said, np.maximum(lists, 0), axis=1)


def profiles(baskets: Baskets, half_life: float, today: int, shoppers: Ints) -> Sparse:
    """Add up each shopper's purchases, the older the less; the largest of each is 1."""
    known = baskets.where(baskets.customer != NOBODY)
    weight = 0.5 ** (np.maximum(today - known.day, 0) / half_life)
    row = np.searchsorted(shoppers, known.customer)
    shape = (len(shoppers), len(known))
    by_shopper = sparse.csr_matrix((weight.astype(np.float32), (row, np.arange(len(known)))), shape=shape)
    summed = sparse.csr_matrix(by_shopper @ known.held)
    return row_scaled(summed, summed.max(axis=1).toarray().ravel())


def counts(baskets: Baskets, shoppers: Ints) -> Sparse:
    """Count the baskets of each shopper that hold each product."""
    chosen = baskets.where(np.isin(baskets.customer, shoppers))
    row = np.searchsorted(shoppers, chosen.customer)
    by_shopper = sparse.csr_matrix(
        (np.ones(len(chosen), np.float32), (row, np.arange(len(chosen)))), (len(shoppers), len(chosen))
    )
    return sparse.csr_matrix(by_shopper @ chosen.held)


def unit_lengths(own: Sparse) -> Sparse:
    """Give every shopper's purchases the length 1."""
    return row_scaled(own, np.sqrt(np.asarray(own.multiply(own).sum(axis=1)).ravel()))


def row_scaled(rows: Sparse, sizes: Floats) -> Sparse:
    """Divide each row by its size."""
    return sparse.csr_matrix(sparse.diags_array((1 / np.maximum(sizes, 1e-12)).astype(np.float32)) @ rows)


def neighbours_of(lengths: Sparse, own: Sparse, rows: Ints) -> Floats:
    """Average what the most alike shoppers buy, the more alike the more."""
    alike = (lengths[rows] @ lengths.T).toarray()
    alike[np.arange(len(rows)), rows] = 0
    if alike.shape[1] > NEIGHBOURS:
        least = np.partition(alike, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS, None]
        alike = np.where(alike >= least, alike, 0)
    weights = row_scaled(sparse.csr_matrix(alike), alike.sum(axis=1))
    return np.asarray((weights @ own).toarray())
