"""Which products are alike by what is written of them: type, vendor, tags, title and price (nothing of sales)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from pipelines.usecases.recommendations.baskets import Floats, Ids, Ints, Sparse

WEIGHTS = {"product_type": 1.0, "vendor": 0.5, "tags": 0.6, "title": 0.8}
COMMON = 2_000  # products that share a word: more say little, and cost much
WORD = re.compile(r"[^\W\d_]{3,}")  # words of three letters and more: no sizes, no numbers
FAR = np.log(3.0)  # three times the price is another kind of thing


@dataclass(frozen=True)
class Catalogue:
    """Hold what is written of products as weighed words of length 1, and the logarithm of their prices (NaN: none)."""

    words: Sparse
    price: Floats

    def alike(self, rows: Ints) -> Floats:
        """Give how alike each of some products is to all: 0 (nothing in common) to 1; none to itself."""
        found = (self.words[rows] @ self.words.T).toarray()
        gap = np.abs(self.price[rows][:, None] - self.price[None, :])
        found *= np.where(np.isfinite(gap), 0.5 + 0.5 * np.exp(-gap / FAR), 0.75)
        found[np.arange(len(rows)), rows] = 0
        return np.asarray(found, dtype=np.float32)


def catalogue_of(products: pd.DataFrame, ids: Ids) -> Catalogue:
    """Read the catalogue in the order of `ids`; what it lacks is like nothing."""
    known = products.drop_duplicates("unique_id").set_index("unique_id").reindex(ids)
    parts = [part for name, weight in WEIGHTS.items() if name in known for part in [weighed(known[name], weight)]]
    words = sparse.csr_matrix(sparse.hstack(parts)) if parts else sparse.csr_matrix((len(ids), 1))
    size = np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel())
    words = sparse.csr_matrix(sparse.diags_array(1 / np.maximum(size, 1e-12)) @ words)
    price = pd.to_numeric(known["price"], errors="coerce") if "price" in known else pd.Series(np.nan, index=known.index)
    price = price.where((price > 0) & np.isfinite(price))
    return Catalogue(words.astype(np.float32), np.log(price.to_numpy(dtype=np.float64)))


def weighed(column: pd.Series, weight: float) -> Sparse:
    """Give a column of words: rarer ones weigh more, those of one product or of very many nothing."""
    rows, words = zip(*told(column), strict=True) if any(True for _ in told(column)) else ((), ())
    code, names = pd.factorize(np.array(words, dtype=object))
    found = sparse.csr_matrix(
        (np.ones(len(rows)), (np.array(rows, dtype=np.int64), code)), shape=(len(column), max(len(names), 1))
    )
    found.data[:] = 1
    count = np.bincount(found.indices, minlength=found.shape[1])
    says = np.where((count > 1) & (count <= COMMON), np.log(1 + len(column) / np.maximum(count, 1)), 0)
    length = np.sqrt(np.asarray(found.multiply(found) @ says**2).ravel())
    return sparse.csr_matrix(sparse.diags_array(weight / np.maximum(length, 1e-12)) @ found @ sparse.diags_array(says))


def told(column: pd.Series) -> Iterator[tuple[int, str]]:
    """Yield the words of each row of a column."""
    for row, value in enumerate(column):
        for word in set(words_of(value, is_title=column.name == "title")):
            yield row, word


def words_of(value: Any, *, is_title: bool) -> Iterable[str]:
    """Split a title into words; a type, a vendor or a tag stays whole.

    >>> sorted(words_of("Blue Lamp, 40 cm", is_title=True)), list(words_of("Table lamps", is_title=False))
    (['blue', 'lamp'], ['table lamps'])
    """
    if isinstance(value, str):
        return WORD.findall(value.lower()) if is_title else [value.strip().lower()] if value.strip() else []
    if isinstance(value, Sequence | np.ndarray):
        return [str(each).strip().lower() for each in value if str(each).strip()]
    return []
