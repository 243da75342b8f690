"""What is shown where nothing is known of what is bought together: the best of the same type, what is alike, the best.

Which of them comes first is decided on the shop's own past.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from pipelines.usecases.recommendations.baskets import Floats, Ints
from pipelines.usecases.recommendations.learning.similar import Catalogue
from pipelines.usecases.recommendations.learning.split import Questions
from pipelines.usecases.recommendations.ranks import first_places, is_found

Road = Literal["best_sellers", "same_type", "similar"]
ROADS: tuple[Road, ...] = ("best_sellers", "same_type", "similar")
BEHIND = 0.1  # of best sellers, where likeness is the same
PLACES = 10


def scores(road: Road, rows: Ints, share: Floats, kind: Ints, catalogue: Catalogue) -> Floats:
    """Score every product for each row: by what sells of late, before it those of the same type or those alike."""
    sells = (share / max(float(share.max(initial=0)), 1e-12)).astype(np.float32)
    if road == "similar":
        return catalogue.alike(rows) + BEHIND * sells
    same = (kind[rows][:, None] == kind[None, :]) & (kind[rows] >= 0)[:, None]
    first = same * (share > 0)[None, :] if road == "same_type" else np.zeros((len(rows), 1), dtype=np.float32)
    return np.asarray(first + sells[None, :], dtype=np.float32)


def choose(questions: Questions, share: Floats, kind: Ints, catalogue: Catalogue) -> Road:
    """Choose the road that finds most on past product pages; best sellers unless another one is better."""
    rows = questions.known.indices.astype(np.int64)
    if not len(rows):
        return "same_type" if (kind >= 0).any() else "best_sellers"
    found = {road: hits(road, rows, questions, share, kind, catalogue).mean() for road in ROADS}
    return max(ROADS, key=lambda road: float(found[road]))


def hits(road: Road, rows: Ints, questions: Questions, share: Floats, kind: Ints, catalogue: Catalogue) -> Floats:
    """Say of each list of a road whether it held anything that was wanted."""
    said = scores(road, rows, share, kind, catalogue)
    return is_found(first_places(said, questions.known, PLACES), questions.wanted)
