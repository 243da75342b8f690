"""What the shop's own past decides: how long evidence counts, and how much each part does, for carts and pages.

The last tenth of the days is the test. A blend joins where it finds surely more than best sellers do: else they are the
main road.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pipelines.usecases.contract import Progress, silent
from pipelines.usecases.recommendations.baskets import Baskets, Floats
from pipelines.usecases.recommendations.learning.blend import BEST_SELLERS, Blend, Parts
from pipelines.usecases.recommendations.learning.split import Questions, carts, cut_of, halves, product_pages, sample
from pipelines.usecases.recommendations.learning.together import Together, learn
from pipelines.usecases.recommendations.ranks import first_places, is_found

HALF_LIVES = (60.0, 180.0, 720.0)
USUAL = {"cart": Blend(0.65, 0.0, 0.15), "page": Blend(0.0, 0.3, 0.15)}  # by which half-lives are compared
TRENDS, PRIORS = (0.0, 0.15, 0.3), (0.3, 1.0, 3.0)
BLENDS = {
    "cart": (
        *(Blend(fit, 0.0, trend) for fit in (0.5, 0.65, 0.8, 1.0) for trend in TRENDS),
        *(Blend(0.0, prior, 0.15) for prior in PRIORS),
    ),
    "page": tuple(Blend(0.0, prior, trend) for prior in (0.0, 0.1, *PRIORS) for trend in TRENDS),
}
MOST_ASKED, LEAST_ASKED = 2_500, 30  # baskets; below the least nothing is told from chance
SURE = 1.64  # standard errors by which a blend must find more than best sellers
PLACES = 10


@dataclass(frozen=True)
class Recipe:
    """Hold what was decided, and which share of lists of the past had a hit: by kind, then by whom."""

    half_life: float = 180.0
    cart: Blend = BEST_SELLERS
    page: Blend = BEST_SELLERS
    asked: int = 0
    past: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def choose(baskets: Baskets, *, seed: int, progress: Progress = silent) -> Recipe:
    """Try half-lives, then blends, on the last tenth of the days, learned from what was before."""
    if not len(baskets):
        return Recipe()
    cut = cut_of(baskets)
    before, after = halves(baskets, cut)
    asked = {"cart": carts(after, seed=seed), "page": product_pages(after, seed=seed)}
    asked = {kind: sample(questions, MOST_ASKED, seed=seed) for kind, questions in asked.items()}
    if len(asked["cart"]) < LEAST_ASKED:
        return Recipe(asked=len(asked["cart"]))
    half_life, together = _half_life(before, cut, asked, progress)
    progress(0.9, "Weighing what is bought together against best sellers")
    chosen, past = {}, {}
    for kind, questions in asked.items():
        chosen[kind], past[kind] = best(Parts.of(together, questions.known), questions, BLENDS[kind])
    return Recipe(half_life, chosen["cart"], chosen["page"], len(asked["cart"]), past)


def _half_life(before: Baskets, cut: int, asked: Mapping[str, Questions], progress: Progress) -> tuple[float, Together]:
    """Choose how long a basket counts by what usual blends find; of equals, the longest."""
    most, chosen = -1.0, (HALF_LIVES[0], learn(before.usual(), today=cut, half_life=HALF_LIVES[0]))
    for done, half_life in enumerate(HALF_LIVES):
        progress(0.9 * done / len(HALF_LIVES), "Learning which products are bought together")
        together = chosen[1] if not done else learn(before.usual(), today=cut, half_life=half_life)
        value = sum(
            float(hits(Parts.of(together, questions.known), questions, USUAL[kind]).mean())
            for kind, questions in asked.items()
        )
        if value >= most:
            most, chosen = value, (half_life, together)
    return chosen


def best(parts: Parts, questions: Questions, blends: tuple[Blend, ...]) -> tuple[Blend, dict[str, float]]:
    """Choose the blend that finds most, if that is surely more than best sellers find; with what both found."""
    rule = hits(parts, questions, BEST_SELLERS)
    values = [hits(parts, questions, blend) for blend in blends]
    at = max(range(len(blends)), key=lambda number: float(values[number].mean()))
    told = {"best_sellers": float(rule.mean()), "together": float(values[at].mean())}
    return (blends[at] if is_more(values[at] - rule) else BEST_SELLERS), told


def is_more(difference: Floats) -> bool:
    """Tell whether paired differences are above zero by more than chance.

    >>> is_more(np.array([1.0] * 20)), is_more(np.array([1.0, -1.0] * 20))
    (True, False)
    """
    error = difference.std(ddof=1) / np.sqrt(len(difference)) if len(difference) > 1 else np.inf
    return bool(difference.mean() > SURE * error)


def hits(parts: Parts, questions: Questions, blend: Blend) -> Floats:
    """Say of each list whether it held anything that was wanted: 1 or 0."""
    return is_found(first_places(parts.blended(blend), questions.known, PLACES), questions.wanted)
