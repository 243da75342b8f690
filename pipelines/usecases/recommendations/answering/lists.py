"""Lists for products, a block of them at a time: filters, pins, variety, new products, and a reason for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.usecases.recommendations.answering.filters import LOOKED_THROUGH, Allowed, various
from pipelines.usecases.recommendations.baskets import Floats, Ints, Mask, Sparse
from pipelines.usecases.recommendations.learning.similar import Catalogue
from pipelines.usecases.recommendations.ranks import first_places
from pipelines.usecases.recommendations.wording import REASONS

EXPLORED = 0.1  # of the first four places, given to new products
NEW_PLACE = 3  # the fourth, in the lists that have one: 4 x EXPLORED of all
LEAST_PAIRS = 2  # baskets with both: once may be chance
ALIKE = 0.3
PIN = 1e5  # scores above it were pinned


@dataclass(frozen=True)
class Known:
    """Hold what lists are made with: what may be shown, pairs of baskets, likeness, and who is new."""

    allowed: Allowed
    pairs: Sparse
    catalogue: Catalogue
    bought: Ints
    is_new: Mask


@dataclass(frozen=True)
class Lists:
    """Hold products by row and place (-1: no more), with score, number of the reason, and its figure."""

    picks: Ints
    score: Floats
    reason: Ints
    detail: Ints


def lists_of(known: Known, scores: Floats, rows: Ints, places: int, *, seed: int, explore: bool) -> Lists:
    """Fill the places of each row's list with variety; asked to `explore`, some fourth places go to new ones."""
    left = known.allowed.pinned(known.allowed.closed(scores, rows), rows)
    first = first_places(left, None, max(places, min(LOOKED_THROUGH, left.shape[1])))
    pinned = np.take_along_axis(left, np.maximum(first, 0), axis=1) >= PIN
    picks = various(first, known.allowed.kind, places, first=pinned)
    is_new = np.zeros(picks.shape, dtype=bool)
    alike = known.catalogue.alike(rows)
    if explore and places > NEW_PLACE:
        is_new = with_new(known, picks, alike, left, rows, seed)
    at = np.maximum(picks, 0)
    score = np.take_along_axis(np.where(np.isfinite(left), left, 0), at, axis=1)
    reason, detail = reasons(known, picks, rows, alike, is_new | (score >= PIN) * 2)
    return Lists(picks, score, reason, detail)


def alikes_of(known: Known, rows: Ints, places: int) -> Lists:
    """Fill the places of each row's list with what is alike, of one type or not."""
    alike = known.catalogue.alike(rows)
    left = known.allowed.closed(np.where(alike > 0, alike, -np.inf), rows)
    picks = first_places(left, None, places)
    score = np.take_along_axis(alike, np.maximum(picks, 0), axis=1)
    return Lists(picks, score, np.ones(picks.shape, np.int64), np.zeros(picks.shape, np.int64))


def with_new(known: Known, picks: Ints, alike: Floats, left: Floats, rows: Ints, seed: int) -> Mask:
    """Give the fourth place of some lists to the new product that is most alike; pins keep their places."""
    placed = np.zeros(picks.shape, dtype=bool)
    new = np.flatnonzero(known.is_new)
    if not len(new):
        return placed
    luck = np.random.default_rng([seed, int(rows[0])])
    chosen = np.flatnonzero(luck.random(len(rows)) < EXPLORED * (NEW_PLACE + 1))
    fits = alike[np.ix_(chosen, new)] + 0.01 * luck.random((len(chosen), len(new)))
    fits[~np.isfinite(left[np.ix_(chosen, new)])] = -np.inf
    best = fits.argmax(axis=1)
    for row, at, fit in zip(chosen, new[best], fits[np.arange(len(chosen)), best], strict=True):
        pinned = picks[row, NEW_PLACE] >= 0 and left[row, picks[row, NEW_PLACE]] >= PIN
        if np.isfinite(fit) and at not in picks[row] and not pinned:
            picks[row, NEW_PLACE], placed[row, NEW_PLACE] = at, True
    return placed


def reasons(known: Known, picks: Ints, rows: Ints, alike: Floats, special: Ints) -> tuple[Ints, Ints]:
    """Say why each pick is there: the strongest thing that is true of it; `special` is 1 for new, 2 for pinned."""
    at = np.maximum(picks, 0)
    both = np.take_along_axis(known.pairs[rows].toarray(), at, axis=1).astype(np.int64)
    likeness = np.take_along_axis(alike, at, axis=1)
    kind = known.allowed.kind
    same = (kind[at] == kind[rows][:, None]) & (kind[at] >= 0)
    reason = np.select(
        [special >= 2, special == 1, both >= LEAST_PAIRS, likeness >= ALIKE, same],
        [5, 4, 0, 1, 2],
        default=3,
    )
    detail = np.where(reason == 0, both, np.where(reason == 3, known.bought[at], 0))
    return reason, detail


def as_table(lists: Lists, names: Ints, owners: Ints, kind: str) -> pd.DataFrame:
    """Turn lists into rows: unique_id | kind | rank | pick | score | reason | detail."""
    row, place = np.nonzero(lists.picks >= 0)
    before = np.cumsum(lists.picks >= 0, axis=1)[row, place]
    return pd.DataFrame(
        {
            "unique_id": owners[row],
            "kind": kind,
            "rank": before.astype(np.int16),
            "pick": names[lists.picks[row, place]],
            "score": lists.score[row, place].astype(np.float32),
            "reason": np.array(REASONS)[lists.reason[row, place]],
            "detail": lists.detail[row, place].astype(np.int32),
        }
    )
