"""What the shop's own past decides: how long evidence counts, and how much each part does, for carts and pages.

The last tenth of the days is the test; with few orders each tenth of them is, learned from the others. A blend joins
where it finds surely more than best sellers do: else they are the main road.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipelines.usecases.contract import Progress, silent
from pipelines.usecases.recommendations.baskets import Baskets, Floats
from pipelines.usecases.recommendations.learning.blend import BEST_SELLERS, Blend, Parts
from pipelines.usecases.recommendations.learning.split import Questions, Trial, carts, product_pages, sample, trials
from pipelines.usecases.recommendations.learning.sure import surely, surest
from pipelines.usecases.recommendations.learning.together import Together, learn
from pipelines.usecases.recommendations.ranks import BLOCK, first_places, is_found

HALF_LIVES, HELD_OUT = (60.0, 180.0, 720.0), 180.0  # days; the latter where tenths are held out
USUAL = {"cart": Blend(0.5, 0.0, 0.15), "page": Blend(0.0, 0.3, 0.15)}  # and by which half-lives are compared
TREND = 0.15  # the only one where tenths are held out: what sold of late tells nothing new there
TRENDS, PRIORS = (0.0, TREND, 0.3), (0.3, 1.0, 3.0)
BLENDS = {
    "cart": (
        *(Blend(fit, 0.0, trend) for fit in (0.1, 0.35, 0.5, 0.65, 0.8) for trend in TRENDS),
        *(Blend(0.0, prior, TREND) for prior in PRIORS),
    ),
    "page": tuple(Blend(0.0, prior, trend) for prior in (0.0, 0.1, *PRIORS) for trend in TRENDS),
}
WITHOUT_TRENDS = {kind: tuple(each for each in some if each.trend == TREND) for kind, some in BLENDS.items()}
MOST_ASKED, LEAST_ASKED = 2_500, 30  # baskets; below the least nothing is told from chance
BETTER = 1.0  # standard errors by which another blend must find more than the usual one
ASK = (("cart", carts), ("page", product_pages))
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
    """Try half-lives, then blends, on what the shop's own past asks."""
    if not len(baskets):
        return Recipe()
    tried = trials(baskets, seed=seed)
    asked = {kind: [sample(ask(each.after, seed=seed), MOST_ASKED, seed=seed) for each in tried] for kind, ask in ASK}
    many = sum(len(questions) for questions in asked["cart"])
    if many < LEAST_ASKED:
        return Recipe(asked=many)
    if len(tried) == 1:
        blends, (half_life, learned) = BLENDS, _half_life(tried[0], asked, progress)
    else:
        blends, half_life = WITHOUT_TRENDS, HELD_OUT
        learned = [learn(each.before.usual(), today=each.today, half_life=HELD_OUT) for each in tried]
    progress(0.9, "Weighing what is bought together against best sellers")
    chosen: dict[str, Blend] = {}
    past: dict[str, dict[str, float]] = {}
    for kind, questions in asked.items():
        chosen[kind], past[kind] = best(learned, questions, blends[kind], USUAL[kind])
    return Recipe(half_life, chosen["cart"], chosen["page"], many, past)


def _half_life(trial: Trial, asked: Mapping[str, list[Questions]], progress: Progress) -> tuple[float, list[Together]]:
    """Choose how long a basket counts by what usual blends find; of equals, the longest."""
    most, chosen = -1.0, (HELD_OUT, list[Together]())
    for done, half_life in enumerate(HALF_LIVES):
        progress(0.9 * done / len(HALF_LIVES), "Learning which products are bought together")
        together = learn(trial.before.usual(), today=trial.today, half_life=half_life)
        value = sum(float(hits(together, asked[kind][0], (USUAL[kind],)).mean()) for kind in asked)
        if value >= most:
            most, chosen = value, (half_life, [together])
    return chosen


def best(
    learned: list[Together], asked: list[Questions], blends: tuple[Blend, ...], usual: Blend
) -> tuple[Blend, dict[str, float]]:
    """Choose a blend for what each trial has learned and asks; with what it and best sellers found."""
    values = [hits(*each, (*blends, BEST_SELLERS)) for each in zip(learned, asked, strict=True)]
    together = np.concatenate(values, axis=1)
    found, by_rule = together[:-1], together[-1]
    at = decided(found, by_rule, blends.index(usual))
    told = {"best_sellers": float(by_rule.mean()), "together": float(found.mean(axis=1).max())}
    return (BEST_SELLERS if at is None else blends[at]), told


def decided(found: Floats, rule: Floats, usual: int) -> int | None:
    """Take what is usual if it surely finds more than the rule, unless another one does better; else the surest."""
    if surely(found[usual] - rule) <= 0:
        return surest(found, rule)
    better = surest(found, found[usual], by=BETTER)
    return usual if better is None else better


def hits(together: Together, questions: Questions, blends: Sequence[Blend]) -> Floats:
    """Say for each blend and basket whether the list held anything that was wanted: 1 or 0; some baskets at a time."""
    found = np.zeros((len(blends), len(questions)))
    for low in range(0, len(questions), BLOCK):
        known, wanted = questions.known[low : low + BLOCK], questions.wanted[low : low + BLOCK]
        parts = Parts(together, known)
        for at, blend in enumerate(blends):
            found[at, low : low + BLOCK] = is_found(first_places(parts.blended(blend), known, PLACES), wanted)
    return found
