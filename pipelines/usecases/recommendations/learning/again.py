"""What a shopper buys again: how often and how lately, what is bought again at all, and what neighbours buy.

Neighbours, shoppers with the same habits, as in TIFU-KNN (Hu et al., arXiv 2006.00556). How much each counts the shop's
own past says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy import sparse

from pipelines.usecases.recommendations.baskets import NOBODY, Baskets, Floats, Ints, Sparse
from pipelines.usecases.recommendations.learning.split import cut_of, halves
from pipelines.usecases.recommendations.learning.sure import surest
from pipelines.usecases.recommendations.learning.together import recent_share, trend_of
from pipelines.usecases.recommendations.ranks import first_places, is_wanted

HALF_LIVES, SHARES, POWERS = (60.0, 160.0, 720.0), (0.0, 0.2, 0.4), (0.0, 0.5)  # as `Habits` says
FEW = 50.0  # later baskets of its buyers that this waits for
NEIGHBOURS = 200
MOST_SHOPPERS = 20_000  # more are not compared with each other
MOST_ASKED = 2_000
LEAST_SHOPPERS = 50  # who came back in the tested days; below them nothing is told from chance
BLOCK, PLACES = 500, 10
BEHIND = 1e-6  # of best sellers, so that a short list is filled


@dataclass(frozen=True)
class Habits:
    """Say how long a purchase counts, how much neighbours do, and how much that a product is bought again at all.

    Beside them stand what lists of the past found, and what counting alone did.
    """

    half_life: float = 160.0
    neighbours: float = 0.2
    repeats: float = 0.5
    asked: int = 0
    recall: float | None = None
    recall_of_counting: float | None = None


USUAL, COUNTING = Habits(), Habits(np.inf, 0.0, 0.0)
TRIED = [Habits(*each) for each in product(HALF_LIVES, SHARES, POWERS)]


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
    found = recalls(before, following, [*TRIED, USUAL, COUNTING], cut)
    at = surest(found[:-2], found[-2])
    chosen, ours = (USUAL, found[-2]) if at is None else (TRIED[at], found[at])
    return replace(chosen, asked=len(following), recall=float(ours.mean()), recall_of_counting=float(found[-1].mean()))


def next_baskets(before: Baskets, after: Baskets) -> Baskets:
    """Give the first basket afterwards of each shopper who was known before."""
    came_back = after.where(np.isin(after.customer, before.customer))
    order = np.argsort(came_back.day, kind="stable")
    first = np.zeros(len(came_back), dtype=bool)
    first[order[np.unique(came_back.customer[order], return_index=True)[1]]] = True
    return came_back.where(first)


def recalls(before: Baskets, following: Baskets, tried: Sequence[Habits], today: int, places: int = PLACES) -> Floats:
    """Give, for each of some habits, the share of each shopper's next basket that stood on the list."""
    shoppers, order = np.unique(following.customer, return_index=True)
    wanted, found = following.held[order], np.zeros((len(tried), len(shoppers)))
    for half_life in dict.fromkeys(habits.half_life for habits in tried):
        alike = [at for at, habits in enumerate(tried) if habits.half_life == half_life]
        ask_neighbours = any(tried[at].neighbours for at in alike)
        done = 0
        for some, said in asked(before, half_life, today, shoppers, ask_neighbours=ask_neighbours):
            hoped = wanted[done : done + len(some)]
            for at in alike:
                lists = first_places(said.score(tried[at]) + said.behind, None, places)
                found[at, done : done + len(some)] = is_wanted(lists, hoped).sum(axis=1) / np.diff(hoped.indptr)
            done += len(some)
    return found


def ranked(
    baskets: Baskets, habits: Habits, today: int, shoppers: Ints, places: int
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield some shoppers at a time, with the products of their lists and the scores of these."""
    for some, said in asked(baskets, habits.half_life, today, shoppers, ask_neighbours=habits.neighbours > 0):
        scores = said.score(habits)
        lists = first_places(scores + said.behind, None, places)
        yield some, lists, np.take_along_axis(scores, np.maximum(lists, 0), axis=1)


@dataclass(frozen=True)
class Said:
    """Hold what some shoppers and their neighbours bought, what is bought again at all, and what sells anyway."""

    own: Floats
    near: Floats | None
    again: Floats
    behind: Floats

    def score(self, habits: Habits) -> Floats:
        """Score every product for each shopper."""
        said = self.own
        if self.near is not None and habits.neighbours:
            said = (1 - habits.neighbours) * said + habits.neighbours * self.near
        return np.asarray(said * self.again**habits.repeats)


def asked(
    baskets: Baskets, half_life: float, today: int, shoppers: Ints, *, ask_neighbours: bool
) -> Iterator[tuple[Ints, Said]]:
    """Yield some shoppers at a time, with what they and their neighbours bought."""
    everybody = np.union1d(shoppers, baskets.customer[baskets.customer != NOBODY])
    own = profiles(baskets, half_life, today, everybody)
    behind = (BEHIND * baskets.bought() / max(len(baskets), 1)).astype(np.float32)
    lengths = unit_lengths(own)
    again = repeated(baskets, today)
    for low in range(0, len(shoppers), BLOCK):
        some = shoppers[low : low + BLOCK]
        rows = np.searchsorted(everybody, some)
        near = neighbours_of(lengths, own, rows) if ask_neighbours and len(everybody) <= MOST_SHOPPERS else None
        yield some, Said(own[rows].toarray(), near, again, behind)


def repeated(baskets: Baskets, today: int) -> Floats:
    """Give how likely a later basket of a buyer holds each product again, the more if it sells well of late."""
    known = baskets.where(baskets.customer != NOBODY)
    order = np.lexsort((known.day, known.customer))
    customer, held = known.customer[order], known.held[order]
    later = np.searchsorted(customer, customer, side="right") - np.arange(len(known)) - 1
    row, product = held.nonzero()
    _, first = np.unique(customer[row] * len(known.ids) + product, return_index=True)
    asked = np.bincount(product[first], weights=later[row[first]], minlength=len(known.ids))
    times = known.bought() - np.bincount(product[first], minlength=len(known.ids))
    rate = (times + FEW * times.sum() / max(asked.sum(), 1)) / (asked + FEW)
    share, lately = recent_share(baskets, today)
    rate = rate * trend_of(share, baskets.bought() / max(len(baskets), 1), lately)
    return np.asarray(rate / rate.max() if rate.any() else np.ones(len(rate)), dtype=np.float32)


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
