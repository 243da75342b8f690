"""The library that others use: implicit's ALS and item-item models, asked the same questions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipelines.usecases.recommendations.baskets import Ints, Sparse
from pipelines.usecases.recommendations.learning.split import Questions

PLACES = 10
FACTORS, ITERATIONS = 64, 15
CONFIDENCE = (1.0, 10.0)  # of a purchase: the better one is compared with
NEIGHBOURS = (20, 200)


def als(seed: int, confidence: float = 1.0) -> Any:
    """Give an ALS of the protocol's size, on one thread."""
    from implicit.als import AlternatingLeastSquares

    return AlternatingLeastSquares(
        factors=FACTORS, iterations=ITERATIONS, alpha=confidence, num_threads=1, random_state=seed
    )


def factorisations(seed: int) -> Iterator[tuple[str, Any]]:
    """Yield ALS by name."""
    for confidence in CONFIDENCE:
        yield f"als_{confidence:g}", als(seed, confidence)


def neighbourhoods() -> Iterator[tuple[str, Any]]:
    """Yield the item-item models by name."""
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender

    for k in NEIGHBOURS:
        for model in (CosineRecommender, TFIDFRecommender, BM25Recommender):
            yield f"{model.__name__.removesuffix('Recommender').lower()}_{k}", model(K=k, num_threads=1)


def fit(model: Any, held: Sparse) -> Any:
    """Train a model on baskets, as if each were a user."""
    model.fit(held.astype(np.float64), show_progress=False)
    return model


def lists(model: Any, questions: Questions) -> Ints:
    """Give its first places for what is known of each basket."""
    extra = {"recalculate_user": True} if hasattr(model, "user_factors") else {}
    rows = np.arange(len(questions))
    picks, _ = model.recommend(
        rows, questions.known.astype(np.float64), N=PLACES, filter_already_liked_items=True, **extra
    )
    return np.asarray(picks, dtype=np.int64)
