"""Learn what a shop's own past decides, and answer with it from the freshest orders.

What is learned is a recipe of a few numbers; pairs of products are counted anew each night, so a version never
speaks from old orders.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np

from pipelines.usecases.contract import PARAMETERS, Frames, NotEnoughHistory, Progress, silent
from pipelines.usecases.recommendations.answering.filters import allowed_of
from pipelines.usecases.recommendations.baskets import Baskets, baskets_of
from pipelines.usecases.recommendations.learning import again, backoff, recipe
from pipelines.usecases.recommendations.learning.again import Habits
from pipelines.usecases.recommendations.learning.backoff import Road
from pipelines.usecases.recommendations.learning.blend import Blend
from pipelines.usecases.recommendations.learning.recipe import Recipe
from pipelines.usecases.recommendations.learning.similar import catalogue_of
from pipelines.usecases.recommendations.learning.split import cut_of, halves, product_pages, sample
from pipelines.usecases.recommendations.learning.together import recent_share

LEAST_DAYS = 14
MOST_PRODUCTS = 20_000  # that are ever recommended: those that sold most
MOST_ASKED = 500  # product pages by which the road without evidence is chosen
FORMAT = 1


@dataclass(frozen=True)
class Fitted:
    """Hold what was learned: how scores are blended, what comes again, and what stands in where nothing is known."""

    asof: date
    seed: int
    recipe: Recipe
    habits: Habits
    road: Road


def fit(frames: Frames, *, seed: int = 0, progress: Progress | None = None) -> Fitted:
    """Learn on the shop's own time split which methods find what was bought, and how long orders count."""
    report = progress or silent
    baskets = baskets_of(frames)
    days = int(frames_day(frames) - baskets.day.min()) + 1 if len(baskets) else 0
    if days < LEAST_DAYS:
        raise NotEnoughHistory(f"Orders of {days} of the {LEAST_DAYS} days that are needed are known.")
    return learned(frames, candidates(baskets), seed=seed, progress=report)


def learned(frames: Frames, baskets: Baskets, *, seed: int, progress: Progress = silent) -> Fitted:
    """Decide all that the past decides, from these baskets."""
    decided = recipe.choose(baskets, seed=seed, progress=lambda share, words: progress(0.8 * share, words))
    progress(0.8, "Learning what shoppers buy again")
    habits = again.choose(baskets)
    progress(0.9, "Comparing similar products with best sellers")
    return Fitted(frames.asof, seed, decided, habits, road_of(frames, baskets, seed=seed))


def road_of(frames: Frames, baskets: Baskets, *, seed: int) -> Road:
    """Decide which road is taken where nothing is known of what is bought together."""
    if not len(baskets):
        return "same_type"
    cut = cut_of(baskets)
    before, after = halves(baskets, cut, least=1)
    questions = sample(product_pages(after, seed=seed), MOST_ASKED, seed=seed)
    allowed = allowed_of(frames["products"], None, before.ids)
    share = recent_share(before, cut)[0]
    return backoff.choose(questions, share, allowed.kind, catalogue_of(frames["products"], before.ids))


def candidates(baskets: Baskets) -> Baskets:
    """Keep the products that sold most, where there are too many to compare each with each."""
    if len(baskets.ids) <= MOST_PRODUCTS:
        return baskets
    most = np.argsort(-baskets.bought(), kind="stable")[:MOST_PRODUCTS]
    chosen = np.zeros(len(baskets.ids), dtype=bool)
    chosen[most] = True
    return baskets.of(chosen)


def frames_day(frames: Frames) -> int:
    """Give the number of the last complete day."""
    return int(np.datetime64(frames.asof, "D").astype(np.int64))


def dump(fitted: Fitted) -> dict[str, bytes]:
    """Write what was learned as JSON."""
    plain = asdict(fitted) | {"format": FORMAT, "asof": fitted.asof.isoformat()}
    return {PARAMETERS: json.dumps(plain, indent=1, sort_keys=True).encode()}


def load(files: Mapping[str, bytes]) -> Fitted:
    """Read what was learned."""
    plain = json.loads(files[PARAMETERS])
    if plain.pop("format") != FORMAT:
        raise ValueError(f"{PARAMETERS} was written in a format that this release does not read")
    mixed = plain["recipe"]
    blends = {kind: Blend(**mixed[kind]) for kind in ("cart", "page")}
    return Fitted(
        asof=date.fromisoformat(plain["asof"]),
        seed=plain["seed"],
        recipe=Recipe(**mixed | blends),
        habits=Habits(**plain["habits"]),
        road=plain["road"],
    )
