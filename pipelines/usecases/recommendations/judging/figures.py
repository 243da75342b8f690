"""How good lists were (METHODS 4c): at ten and four places, for parts of the baskets, with intervals over baskets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.stats.drift.accuracy import ranking
from pipelines.usecases.recommendations.baskets import Floats, Ints, Mask
from pipelines.usecases.recommendations.learning.split import Questions
from pipelines.usecases.recommendations.ranks import is_wanted

PLACES, FIRST = 10, 4
DRAWS = 1_000
HEAD = 0.2  # of the products, those that sold most


@dataclass(frozen=True)
class Told:
    """Hold the lists that were said for baskets, and which of their places were wanted."""

    lists: Ints
    hit: Floats
    wanted: Ints

    @classmethod
    def of(cls, lists: Ints, questions: Questions) -> Told:
        """Compare lists with what was in the baskets."""
        return cls(lists, is_wanted(lists, questions.wanted), np.diff(questions.wanted.indptr).astype(np.int64))

    @property
    def found(self) -> Floats:
        """Say of each list whether it held anything that was wanted: 1 or 0."""
        return np.asarray(self.hit.any(axis=1), dtype=np.float64)

    def where(self, chosen: Mask) -> Told:
        """Keep the chosen lists."""
        return Told(self.lists[chosen], self.hit[chosen], self.wanted[chosen])


def figures(told: Told, bought: Ints) -> dict[str, Any]:
    """Give every figure of some lists; None where it is not known. `bought` counts past baskets by product."""
    ten, four = (ranking.accuracy(told.hit, told.wanted, k) for k in (PLACES, FIRST))
    shown = np.unique(told.lists[told.lists >= 0])
    values = {
        "hit_rate": ten.hit_rate.value,
        "misses": 1 - ten.hit_rate.value,
        "recall": ten.recall,
        "mrr": ten.mrr,
        "map": ten.map,
        "ndcg": ten.ndcg,
        "hit_rate4": four.hit_rate.value,
        "recall4": four.recall,
        "mrr4": four.mrr,
        "map4": four.map,
        "ndcg4": four.ndcg,
        "coverage": len(shown) / len(bought) if len(bought) else np.nan,
        "popularity": popularity(told.lists, bought),
    }
    plain: dict[str, Any] = {name: known(value) for name, value in values.items()}
    return plain | {"series": float(ten.known)}


def known(value: float | None) -> float | None:
    """Give a number that is one."""
    return round(float(value), 6) if value is not None and np.isfinite(value) else None


def popularity(lists: Ints, bought: Ints) -> float:
    """Give the share of shown places that best-selling products take."""
    shown = lists[lists >= 0]
    return float(is_head(bought)[shown].mean()) if len(shown) else float("nan")


def is_head(bought: Ints) -> Mask:
    """Mark the fifth of the sold products that sold most."""
    sold = bought[bought > 0]
    return bought >= max(float(np.quantile(sold, 1 - HEAD)), 1.0) if len(sold) else np.zeros(len(bought), dtype=bool)


def parts_of(questions: Questions, bought: Ints, first_day: Ints, today: int) -> dict[str, Mask]:
    """Sort baskets by what was wanted of them, and how much was known; a basket may be in several parts."""
    head = is_head(bought)
    new = first_day > today - 28
    small = np.diff(questions.known.indptr) + np.diff(questions.wanted.indptr) <= 3
    return {
        "head": (questions.wanted @ head.astype(np.float32)) > 0,
        "tail": (questions.wanted @ (~head).astype(np.float32)) > 0,
        "new_products": (questions.wanted @ new.astype(np.float32)) > 0,
        "small_carts": small,
    }


def difference(ours: Floats, theirs: Floats, *, seed: int, draws: int = DRAWS) -> dict[str, Any]:
    """Give the mean difference of paired figures, with its 95 % interval by redrawing baskets.

    >>> difference(np.array([1.0, 1.0]), np.array([0.0, 0.0]), seed=0)
    {'value': 1.0, 'low': 1.0, 'high': 1.0, 'n': 2}
    """
    gap = ours - theirs
    if not len(gap):
        return {"value": None, "low": None, "high": None, "n": 0}
    values, times = np.unique(gap, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(gap), times / len(gap), size=draws) @ values / len(gap)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": float(gap.mean()), "low": float(low), "high": float(high), "n": len(gap)}


def by_who(said: Mapping[str, Told], chosen: Mask, bought: Ints) -> dict[str, dict[str, Any]]:
    """Give the figures of everybody for a part of the baskets."""
    return {who: figures(told.where(chosen), bought) for who, told in said.items()}
