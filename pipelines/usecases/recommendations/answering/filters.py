"""What may be shown where: for sale and published, not the product itself, its twin or its parts, and as the shop says.

Reads   products: unique_id | product_type | published | sellable | twin | components
        pick_rules: rule | unique_id | pick

Rules are `pin` (shown first on a product), `block` (never shown; with a product: not there) and `never_together`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from pipelines.usecases.recommendations.baskets import Floats, Ids, Ints, Mask, Sparse

MOST_OF_A_TYPE = 4  # of a list; more only where nothing else is left
LOOKED_THROUGH = 40  # first places, among which a list finds its variety
UNKNOWN = -1


@dataclass(frozen=True)
class Allowed:
    """Say of products, in one order, which may be shown at all, which never for each other, and which always first."""

    shown: Mask
    apart: Sparse
    pins: Ints  # pairs: for which product, which one
    kind: Ints  # number of the product type; -1 where there is none

    def closed(self, scores: Floats, rows: Ints) -> Floats:
        """Set the scores of what may not be shown to minus infinity; `rows` are the products that lists are for."""
        left = np.where(self.shown[None, :], scores, -np.inf).astype(np.float32)
        left[self.apart[rows].nonzero()] = -np.inf
        return left

    def pinned(self, scores: Floats, rows: Ints) -> Floats:
        """Put what the merchant pinned before everything else, in the order of the rules, where it may be shown."""
        row_of = np.full(self.apart.shape[0], UNKNOWN)
        row_of[rows] = np.arange(len(rows))
        for place, (product, pick) in enumerate(self.pins):
            row = row_of[product]
            if row >= 0 and np.isfinite(scores[row, pick]):
                scores[row, pick] = 1e6 - place
        return scores


def allowed_of(products: pd.DataFrame, rules: pd.DataFrame | None, ids: Ids) -> Allowed:
    """Read catalogue and rules in the order of `ids`; what the catalogue does not know is not shown."""
    index = pd.Index(ids)
    known = products.drop_duplicates("unique_id").set_index("unique_id").reindex(index)
    said = pd.DataFrame(columns=["rule", "unique_id", "pick"]) if rules is None else rules
    shown = _true(known, "published") & _true(known, "sellable")
    everywhere = said[(said["rule"] == "block") & said["unique_id"].isna()]
    shown &= ~index.isin(everywhere["pick"])
    kind, _ = pd.factorize(known.get("product_type", pd.Series(index=index, dtype=object)).replace("", None))
    return Allowed(shown, _apart(known, said, index), _pairs(said[said["rule"] == "pin"], index), kind.astype(np.int64))


def _true(known: pd.DataFrame, column: str) -> Mask:
    return known[column].eq(True).to_numpy(dtype=bool) if column in known else np.ones(len(known), dtype=bool)


def _apart(known: pd.DataFrame, said: pd.DataFrame, index: pd.Index) -> Sparse:
    """Mark who is never shown for whom: oneself, twins, a bundle and its parts, what was blocked or kept apart."""
    never, here = said[said["rule"] == "never_together"], said[(said["rule"] == "block") & said["unique_id"].notna()]
    ways = np.concatenate([_twins(known), _pairs(_parts(known), index), _pairs(never, index)])
    one_way = _pairs(here, index)
    itself = np.repeat(np.arange(len(index))[:, None], 2, axis=1)
    pairs = np.concatenate([itself, ways, ways[:, ::-1], one_way])
    shape = (len(index), len(index))
    return sparse.csr_matrix((np.ones(len(pairs), dtype=np.float32), (pairs[:, 0], pairs[:, 1])), shape=shape)


def _twins(known: pd.DataFrame) -> Ints:
    """Pair products of the same twin, each with the first and with the next ones."""
    if "twin" not in known:
        return np.empty((0, 2), dtype=np.int64)
    places = pd.Series(np.arange(len(known)), index=known.index)
    groups = [found.to_numpy() for _, found in places.groupby(known["twin"].replace("", None)) if len(found) > 1]
    pairs = [(a, b) for group in groups for at, a in enumerate(group) for b in group[at + 1 :]]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _parts(known: pd.DataFrame) -> pd.DataFrame:
    """List bundles with their components."""
    rows: Iterator[tuple[Any, Any]] = (
        (bundle, part)
        for bundle, parts in (known["components"].items() if "components" in known else ())
        if isinstance(parts, list | tuple | np.ndarray)
        for part in parts
    )
    return pd.DataFrame(rows, columns=["unique_id", "pick"])


def _pairs(rules: pd.DataFrame, index: pd.Index) -> Ints:
    """Give products and picks by place, both of them known."""
    found = np.column_stack([index.get_indexer(pd.Index(rules[name])) for name in ("unique_id", "pick")])
    return found[(found >= 0).all(axis=1)].astype(np.int64)


def various(lists: Ints, kind: Ints, places: int, *, first: Mask | None = None, most: int = MOST_OF_A_TYPE) -> Ints:
    """Keep so many places, no more than `most` of them of a type as long as there is anything else; `first` stay first.

    >>> various(np.array([[0, 1, 2, 3]]), np.array([7, 7, 8, 8]), 3, most=1).tolist()
    [[0, 2, 1]]
    """
    of = np.where(lists >= 0, kind[np.maximum(lists, 0)], UNKNOWN)
    same = (of[:, :, None] == of[:, None, :]) & (of[:, :, None] != UNKNOWN)
    earlier = np.tril(np.ones((lists.shape[1],) * 2, dtype=bool), -1)
    late = ((same & earlier).sum(axis=2) >= most) + 2 * (lists < 0)
    late = late if first is None else np.where(first, 0, late)
    order = np.argsort(late, axis=1, kind="stable")[:, :places]
    return np.take_along_axis(lists, order, axis=1)
