"""Lists out of scores, and which of their places were wanted."""

from __future__ import annotations

import numpy as np

from pipelines.usecases.recommendations.baskets import Floats, Ints, Sparse

BLOCK = 500


def first_places(scores: Floats, left_out: Sparse | None, places: int) -> Ints:
    """Give the products of the first places of each row, the best first; what is left out of a row never has one.

    Ties go to the product that comes first. Where a row runs out of products, -1 stands.

    >>> first_places(np.array([[0.1, 0.9, 0.5]]), None, 2).tolist()
    [[1, 2]]
    """
    rows = [
        _first(scores[low : low + BLOCK], None if left_out is None else left_out[low : low + BLOCK], places)
        for low in range(0, len(scores), BLOCK)
    ]
    return np.concatenate(rows) if rows else np.empty((0, places), np.int64)


def _first(scores: Floats, left_out: Sparse | None, places: int) -> Ints:
    open_to = np.array(scores, dtype=np.float32)
    if left_out is not None:
        open_to[left_out.nonzero()] = -np.inf
    count = min(places, open_to.shape[1])
    top = np.argpartition(-open_to, count - 1, axis=1)[:, :count] if count else np.empty((len(open_to), 0), np.int64)
    top.sort(axis=1)
    order = np.argsort(-np.take_along_axis(open_to, top, axis=1), axis=1, kind="stable")
    top = np.take_along_axis(top, order, axis=1)
    top = np.where(np.isfinite(np.take_along_axis(open_to, top, axis=1)), top, -1)
    return np.pad(top, ((0, 0), (0, places - count)), constant_values=-1).astype(np.int64)


def is_wanted(lists: Ints, wanted: Sparse) -> Floats:
    """Say of each place whether its product was wanted: 1 or 0."""
    hit = np.zeros(lists.shape)
    for low in range(0, len(lists), BLOCK):
        some = lists[low : low + BLOCK]
        hit[low : low + BLOCK] = np.take_along_axis(wanted[low : low + BLOCK].toarray(), np.maximum(some, 0), axis=1)
    return np.asarray(np.where(lists >= 0, hit, 0.0))


def is_found(lists: Ints, wanted: Sparse) -> Floats:
    """Say of each list whether anything on it was wanted: 1 or 0."""
    return np.asarray(is_wanted(lists, wanted).any(axis=1), dtype=np.float64)
