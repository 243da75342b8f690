"""What an order keeps: the margin of sales that would be missed without it, step by step (METHODS 4j)."""

from __future__ import annotations

import numpy as np

from pipelines.usecases.demand_forecast.ordering.policies import FloatArray, IntArray, rounded_order, whole

STEPS = 24


def steps_of(order: IntArray, pack_size: IntArray, minimum_order: IntArray) -> IntArray:
    """Cut orders into steps (rows x steps, units so far): first the smallest order, then even parts in whole packs.

    >>> steps_of(np.array([30, 4]), np.array([6, 1]), np.array([10, 0]))[:, [0, 1, 22, 23]]
    array([[12, 18, 30, 30],
           [ 1,  2,  4,  4]])
    """
    first = np.minimum(rounded_order(np.ones(len(order)), pack_size, minimum_order), order)
    packs = (order - first) / pack_size
    parts = np.ceil(np.round(packs[:, None] * np.arange(STEPS) / (STEPS - 1), 9))
    return np.asarray(first[:, None] + parts * pack_size[:, None], dtype=np.int64)


def as_steps(units: IntArray, kept_minor: FloatArray) -> list[list[list[int]]]:
    """Give each row's steps as they are stored, [units so far, what they keep], without those that add nothing.

    >>> as_steps(np.array([[12, 18, 18]]), np.array([[900.4, 1200.0, 1200.0]]))
    [[[12, 900], [18, 1200]]]
    """
    pairs = np.stack([units, whole(kept_minor)], axis=-1)
    is_new = np.diff(units, axis=1, prepend=0) > 0
    return [row[new].tolist() for row, new in zip(pairs, is_new, strict=True)]
