"""What a version's lists would have found in past orders, beside best sellers and the version that runs.

Three stretches of days at the end of the history are asked about, each learned from the days before it. Nothing of them
decides anything: how parts are blended is chosen before the first of them begins. What was in stock then is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from pipelines.usecases.contract import Frames, Progress, silent
from pipelines.usecases.recommendations.baskets import Baskets, Floats, Ints, baskets_of
from pipelines.usecases.recommendations.judging.figures import PLACES, Told, by_who, difference, parts_of
from pipelines.usecases.recommendations.learning import recipe as recipes
from pipelines.usecases.recommendations.learning.blend import Blend, Parts
from pipelines.usecases.recommendations.learning.recipe import Recipe
from pipelines.usecases.recommendations.learning.split import Questions, carts, halves, product_pages
from pipelines.usecases.recommendations.learning.together import Together, learn
from pipelines.usecases.recommendations.model import Fitted, candidates
from pipelines.usecases.recommendations.ranks import BLOCK, first_places
from pipelines.usecases.stored import Stored

ORIGINS = 3
SHORTEST, LONGEST = 7, 28  # days of a stretch
CANDIDATE, CHAMPION, BASELINE = "candidate", "champion", "baseline"
ASKED: dict[str, Callable[..., Questions]] = {"cart": carts, "page": product_pages}


@dataclass(frozen=True)
class Scored:
    """Hold what everybody said at one origin, by kind, and what is needed to judge it."""

    said: Mapping[str, Mapping[str, Told]]
    parts: Mapping[str, Mapping[str, Any]]
    bought: Ints


def evaluate(
    frames: Frames, *, champion: Fitted | None = None, seed: int = 0, progress: Progress | None = None
) -> Stored:
    """Ask about the last stretches of days what was known before each of them."""
    report = progress or silent
    baskets = candidates(baskets_of(frames))
    cuts, days = origins(baskets)
    report(0.0, "Deciding on what was before")
    chosen = recipes.choose(baskets.where(baskets.day < cuts[0]), seed=seed) if cuts else Recipe()
    scored = []
    for done, cut in enumerate(cuts):
        report((done + 1) / (ORIGINS + 1), "Comparing lists with past orders")
        scored.append(at_origin(baskets, cut, cut + days, chosen, champion.recipe if champion else None, seed))
    return Stored(told(scored, cuts, days, seed))


def origins(baskets: Baskets) -> tuple[list[int], int]:
    """Cut off three stretches, each a thirtieth of the days; none where there are too few days before them."""
    if not len(baskets):
        return [], SHORTEST
    first, after = int(baskets.day.min()), int(baskets.day.max()) + 1
    days = int(np.clip((after - first) // 30, SHORTEST, LONGEST))
    cuts = [after - days * back for back in range(ORIGINS, 0, -1)]
    return [cut for cut in cuts if cut - first >= SHORTEST], days


def at_origin(baskets: Baskets, cut: int, end: int, ours: Recipe, live: Recipe | None, seed: int) -> Scored:
    """Let everybody answer for the baskets of the days from a cut on."""
    before, after = halves(baskets.where(baskets.day < end), cut, least=0)
    rules = {CANDIDATE: ours, BASELINE: Recipe(half_life=ours.half_life)} | ({} if live is None else {CHAMPION: live})
    learned: dict[float, Together] = {}
    said: dict[str, dict[str, Told]] = {}
    parts: dict[str, dict[str, Any]] = {}
    first_day = first_days(before)
    for kind, ask in ASKED.items():
        questions = ask(after, seed=seed)
        said[kind] = {}
        for who, rule in rules.items():
            if rule.half_life not in learned:
                learned[rule.half_life] = learn(before.usual(), today=cut, half_life=rule.half_life)
            blend = rule.cart if kind == "cart" else rule.page
            said[kind][who] = Told.of(lists(learned[rule.half_life], questions, blend), questions)
        parts[kind] = parts_of(questions, before.bought(), first_day, cut)
    return Scored(said, parts, before.bought())


def lists(together: Together, questions: Questions, blend: Blend, places: int = PLACES) -> Ints:
    """Give the first places for each basket, some at a time."""
    found = [np.empty((0, places), dtype=np.int64)]
    for low in range(0, len(questions), BLOCK):
        known = questions.known[low : low + BLOCK]
        found.append(first_places(Parts(together, known).blended(blend), known, places))
    return np.concatenate(found)


def first_days(baskets: Baskets) -> Ints:
    """Give the first day on which each product sold."""
    held = baskets.held.tocoo()
    first = np.full(len(baskets.ids), np.iinfo(np.int64).max)
    np.minimum.at(first, held.col, baskets.day[held.row])
    return np.where(first == np.iinfo(np.int64).max, 0, first)


def told(scored: list[Scored], cuts: list[int], days: int, seed: int) -> dict[str, Any]:
    """Put the figures of all origins together; carts lead, product pages stand beside them."""
    who = list(scored[0].said["cart"]) if scored else [CANDIDATE, BASELINE]
    bought = scored[-1].bought if scored else np.zeros(0, dtype=np.int64)
    kinds = {kind: {name: joined([each.said[kind][name] for each in scored]) for name in who} for kind in ASKED}
    everything = np.ones(len(kinds["cart"][CANDIDATE].wanted), dtype=bool)
    names = scored[0].parts["cart"] if scored else {}
    masks = {name: np.concatenate([each.parts["cart"][name] for each in scored]) for name in names}
    pages = np.ones(len(kinds["page"][CANDIDATE].wanted), dtype=bool)
    by_origin = {name: [mean(1 - each.said["cart"][name].found) for each in scored] for name in who}
    return {
        **by_who(kinds["cart"], everything, bought),
        "page": by_who(kinds["page"], pages, bought),
        "slices": {name: by_who(kinds["cart"], mask, bought) for name, mask in masks.items()},
        "against": {
            kind: {
                name: difference(by[CANDIDATE].found, by[name].found, seed=seed) for name in who if name != CANDIDATE
            }
            for kind, by in kinds.items()
        },
        "by_origin": {"all": by_origin},
        "origins": [date.fromisoformat(str(np.datetime64(cut - 1, "D"))).isoformat() for cut in cuts],
        "horizon": days,
        "simple_rule": BASELINE,
        "simple_rule_words": "best sellers",
    }


def joined(parts: list[Told]) -> Told:
    """Put the lists of several origins one after another; products have the same places in all."""
    if not parts:
        return Told(np.empty((0, PLACES), np.int64), np.empty((0, PLACES)), np.empty(0, np.int64))
    return Told(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("lists", "hit", "wanted")))


def mean(values: Floats) -> float | None:
    """Average, if there is anything."""
    return float(values.mean()) if len(values) else None
