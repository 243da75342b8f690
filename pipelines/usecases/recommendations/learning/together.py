"""What is bought together: one matrix of pairs, read as chances, as likeness, and by all products at once (EASE).

EASE is Steck's closed form (arXiv 1905.03375), with the ridge of its successor that must do without some of a basket
(Steck, NeurIPS 2020). What is true of few baskets is drawn towards what is true of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import linalg, sparse

from pipelines.usecases.recommendations.baskets import Baskets, Floats, Ints, Sparse

RIDGE, DRAWN = 50.0, 10.0  # baskets that EASE, and a chance, wait for
MISSING = 0.4  # of a basket, which EASE must do without: as of a cart that is not full yet
ALIKE = 20.0  # and likeness
LATELY = 60  # days in which a trend is seen …
TREND_HALF_LIFE = 30.0  # … the nearer the more
FEW = 2.0  # baskets that a trend waits for
ENOUGH_BASKETS, MOST_PRODUCTS = 3_000, 5_000  # EASE needs that many, and inverts no more than those
BLOCK = 500
Matrix: TypeAlias = Any  # dense, or sparse where there are many products


@dataclass(frozen=True)
class Together:
    """Hold what was read off baskets, each in the order of their products.

    `share` of recent baskets with a product, `trend` against the usual share, `chance[a, b]` of b where a is, `drawn`
    is how much of a chance is the usual share instead, `strong[a, b]` the chance squared, and `fit[a, b]` how well b
    goes with a among all the others. Of the latter two the best of a product is 1 on the average.
    """

    share: Floats
    usual: Floats
    trend: Floats
    chance: Matrix
    drawn: Floats
    strong: Matrix
    fit: Matrix


def learn(baskets: Baskets, *, today: int, half_life: float, orders: int | None = None) -> Together:
    """Read off pairs what belongs together; a basket counts less the older and the fuller it is.

    `orders` of the shop decide whether EASE is worth it (as many as there are baskets, unless said).
    """
    age = np.maximum(today - baskets.day, 0)
    weight = 0.5 ** (age / half_life) / np.sqrt(np.maximum(baskets.sizes, 2))
    weight = weight / max(float(weight.mean()) if len(weight) else 0.0, 1e-12)
    pairs = pairs_of(baskets.held, weight)
    count = pairs.diagonal().astype(np.float64)
    total = max(float(weight.sum()), 1.0)
    share, lately = recent_share(baskets, today)
    usual = count / total
    small = len(baskets.ids) <= MOST_PRODUCTS
    chance = without_self(scaled(pairs, 1 / (count + DRAWN)))
    is_ease = small and (orders or len(baskets)) >= ENOUGH_BASKETS
    fit, strong = evened(ease(pairs) if is_ease else cosine(pairs, count)), evened(chance.power(2))
    return Together(
        share=share.astype(np.float32),
        usual=usual.astype(np.float32),
        trend=trend_of(share, usual, lately).astype(np.float32),
        chance=chance.toarray() if small else chance,
        drawn=(DRAWN / (count + DRAWN)).astype(np.float32),
        strong=strong.toarray() if small else strong,
        fit=fit.toarray() if small and sparse.issparse(fit) else fit,
    )


def pairs_of(held: Sparse, weight: Floats | None = None) -> Sparse:
    """Add up the weights of the baskets that hold both of two products (of one product: on the diagonal)."""
    weighed = held if weight is None else sparse.diags_array(weight.astype(np.float32)) @ held
    return sparse.csr_matrix(held.T @ weighed)


def recent_share(baskets: Baskets, today: int) -> tuple[Floats, float]:
    """Give the share of recent baskets that hold each product, and their number; of all where few are recent."""
    age = today - baskets.day
    weight = np.where(age < LATELY, 0.5 ** (np.maximum(age, 0) / TREND_HALF_LIFE), 0.0)
    if not weight.sum() > FEW:
        weight = np.ones(len(baskets))
    total = max(float(weight.sum()), 1.0)
    return np.asarray(baskets.held.T @ weight) / total, total


def trend_of(share: Floats, usual: Floats, lately: float) -> Floats:
    """Give how much more of each product is sold of late than usually, drawn towards one by so few recent baskets."""
    return np.asarray((share + FEW / lately) / (usual + FEW / lately))


def scaled(pairs: Sparse, by_row: Floats) -> Sparse:
    """Multiply each row by a number of its own."""
    return sparse.csr_matrix(sparse.diags_array(by_row.astype(np.float32)) @ pairs)


def without_self(pairs: Sparse) -> Sparse:
    """Let no product go with itself."""
    left = pairs - sparse.diags_array(pairs.diagonal())
    return sparse.csr_matrix(left)


def evened(matrix: Matrix) -> Matrix:
    """Scale a matrix so that the best of a row is 1 on the average.

    >>> evened(np.array([[1.0, 0.5], [3.0, 0.0]])).tolist()
    [[0.5, 0.25], [1.5, 0.0]]
    """
    if not matrix.shape[0]:
        return matrix
    best = matrix.max(axis=1)
    matrix *= 1 / max(float((best.toarray() if sparse.issparse(best) else best).mean()), 1e-12)
    return matrix


def cosine(pairs: Sparse, count: Floats) -> Sparse:
    """Give how alike the baskets of two products are, drawn towards not at all where they are few."""
    found = sparse.coo_matrix(without_self(pairs))
    alike = found.data / (np.sqrt(count[found.row] * count[found.col]) + ALIKE)
    return sparse.csr_matrix((alike.astype(np.float32), (found.row, found.col)), shape=pairs.shape)


def ease(pairs: Sparse) -> Floats:
    """Give the weights that tell each product best from all the others, some of which are missing; with a ridge.

    >>> ease(sparse.csr_matrix(np.eye(2))).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    gram = pairs.toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] *= 1 + MISSING / (1 - MISSING)
    gram[np.diag_indices_from(gram)] += RIDGE
    inverse = inverse_of(gram)
    inverse /= -inverse.diagonal().copy()
    inverse += 0.0  # no minus zero
    np.fill_diagonal(inverse, 0)
    return inverse


def inverse_of(gram: Floats) -> Floats:
    """Invert a symmetric, positive definite matrix in place (Cholesky)."""
    factor, failed = linalg.lapack.spotrf(gram.T, lower=1, overwrite_a=1, clean=0)
    inverse, wrong = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or wrong:
        raise ValueError("pairs of baskets are not positive definite")
    for low in range(0, len(inverse), BLOCK):  # mirrored block by block: a copy is as large as all pairs
        high = low + BLOCK
        corner = np.tril(inverse[low:high, low:high])
        inverse[low:high, low:high] = corner + np.tril(corner, -1).T
        inverse[low:high, high:] = inverse[high:, low:high].T
    return np.asarray(inverse)


def answers_of(known: Sparse, matrix: Matrix, sizes: Ints) -> Floats:
    """Average the rows of a matrix over the products that are known of each basket."""
    said = known @ matrix
    dense = said.toarray() if sparse.issparse(said) else np.asarray(said)
    return (dense / np.maximum(sizes, 1)[:, None]).astype(np.float32)
