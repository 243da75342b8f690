"""Which products each basket held: one sparse matrix of ones, and when and by whom it was bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from pipelines.usecases.contract import Frames

Ids = NDArray[Any]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Floats = NDArray[np.floating[Any]]
Sparse: TypeAlias = Any  # scipy.sparse.csr_matrix, which has no types

LARGEST = 60  # products: a larger basket is a wholesaler's, and says little of what belongs together
NOBODY = -1


@dataclass(frozen=True)
class Baskets:
    """Hold a row of ones for each basket, the number of its day, and the number of its customer (-1: unknown)."""

    ids: Ids
    held: Sparse
    day: Ints
    customer: Ints

    def __len__(self) -> int:
        return int(self.held.shape[0])

    @property
    def sizes(self) -> Ints:
        """Count the products of each basket."""
        return np.asarray(np.diff(self.held.indptr), dtype=np.int64)

    def where(self, chosen: Mask) -> Baskets:
        """Keep the chosen baskets."""
        return Baskets(self.ids, self.held[chosen], self.day[chosen], self.customer[chosen])

    def of(self, products: Mask) -> Baskets:
        """Keep the chosen products, and the baskets that hold any of them."""
        left = Baskets(self.ids[products], self.held[:, products].tocsr(), self.day, self.customer)
        return left.where(left.sizes > 0)

    def usual(self) -> Baskets:
        """Leave baskets out that are too large to say what belongs together."""
        return self.where(self.sizes <= LARGEST)

    def bought(self) -> Ints:
        """Count the baskets that hold each product."""
        return np.bincount(self.held.indices, minlength=len(self.ids)).astype(np.int64)


def baskets_of(frames: Frames) -> Baskets:
    """Read the baskets up to the last complete day; of a product that came twice one is kept."""
    lines = frames["purchases"]
    known = lines[lines["ds"] <= pd.Timestamp(frames.asof)].dropna(subset=["unique_id"])
    ids = pd.Index(frames["products"]["unique_id"]).union(pd.Index(known["unique_id"]).unique()).unique()
    return basket_matrix(known, ids)


def basket_matrix(lines: pd.DataFrame, ids: pd.Index) -> Baskets:
    """Spread lines (basket | ds | unique_id | customer) over a matrix; products that are no column are left out.

    >>> lines = pd.DataFrame({"basket": [7, 7, 8], "unique_id": [2, 1, 2], "ds": pd.to_datetime(["2026-01-01"] * 3)})
    >>> basket_matrix(lines, pd.Index([1, 2])).held.toarray().tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    column = ids.get_indexer(pd.Index(lines["unique_id"]))
    lines, column = lines[column >= 0], column[column >= 0]
    row, names = pd.factorize(lines["basket"], sort=True)
    held = sparse.csr_matrix((np.ones(len(lines), np.float32), (row, column)), shape=(len(names), len(ids)))
    held.data[:] = 1
    day, customer = np.zeros(len(names), np.int64), np.full(len(names), NOBODY, np.int64)
    day[row] = lines["ds"].to_numpy().astype("datetime64[D]").astype(np.int64)
    if "customer" in lines:
        customer[row] = pd.factorize(lines["customer"], sort=True)[0]
    return Baskets(ids.to_numpy(), held, day, customer)
