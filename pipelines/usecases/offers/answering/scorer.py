"""Choose an offer, or none, while a shopper waits, with the exact chance of that choice (standard library only).

An offer's worth is drawn a few hundred times: its chance to be accepted, times what that earns, and what it is known to
cost in orders that would have come anyway. The share of draws in which it is worth most, and more than nothing, is its
chance to be shown (Thompson 1933); a small share is spread evenly over all that is open and over no offer. The draws
are fixed ones, of a few sets that decisions take in turn, so the chance that is told is the chance that was.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from random import Random
from statistics import NormalDist
from typing import Any

DRAWS, SETS = 256, 16
PARTS = 7  # of each draw: three kinds of chance, whether it is accepted, what that brings besides twice, the best one
LEAST_CHANCE = 0.001  # of an order, as a feature
EVERY = 0  # offers alike
NONE: dict[str, Any] = {"offer": 0, "propensity": 1.0, "score": 0.0}
NUMERIC = (int, float)
Draws = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Open:
    """One offer that may be shown: what it earns if it is accepted, and how often it was shown and accepted."""

    id: int
    margin: float
    shown: float
    accepted: float


def score(parameters: Mapping[str, Any], question: Mapping[str, Any]) -> dict[str, Any]:
    """Choose one of the offers that are open, or none, by what is asked and by the decision's number.

    `score` is the chance that what is shown is accepted: 0 where nothing is.

    >>> score({"prior": [1, 9], "explore": 0.1, "seed": 0}, {"decision": "0f", "eligible": []})
    {'offer': 0, 'propensity': 1.0, 'score': 0.0}
    >>> eligible = [{"id": 7, "margin": 500, "shown": 900, "accepted": 90}]
    >>> score({"prior": [1, 9], "explore": 0.1, "seed": 0}, {"decision": "1f", "eligible": eligible})
    {'offer': 7, 'propensity': 0.95, 'score': 0.1}
    """
    eligible, decision = open_offers(question.get("eligible")), number_of(question.get("decision"))
    if not eligible or decision is None:
        return dict(NONE)
    chances = chances_of(parameters, question, eligible, decision % SETS)
    drawn = Random(decision).random()
    for offer, chance in zip(eligible, chances, strict=True):
        drawn -= chance
        if drawn < 0:
            return {"offer": offer.id, "propensity": round(chance, 12), "score": likely(parameters, question, offer)}
    return NONE | {"propensity": round(none_of(parameters, chances), 12)}


def steps(parameters: Mapping[str, Any]) -> int:
    """Say how much is drawn and weighed at most for each offer that may be shown: nothing is known of its draws yet."""
    context = parameters.get("context")
    weights = [len(of["mean"]) + sum(map(len, of["root"])) for of in offers_of(context)] if context else [0]
    return PARTS * DRAWS + max(weights)


def offers_of(context: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List what is known of each offer, and of a new one."""
    return [context["new"], *context["offers"].values()]


def number_of(decision: Any) -> int | None:
    """Read a decision's number, or nothing where it has none."""
    try:
        return int(decision, 16)
    except (TypeError, ValueError):
        return None


def open_offers(told: Any) -> list[Open]:
    """Read the offers that may be shown; what earns nothing, has no number or was told twice is left out."""
    found: dict[int, Open] = {}
    for each in told if isinstance(told, list) else ():
        offer = each.get("id") if isinstance(each, dict) else None
        if not isinstance(offer, int) or isinstance(offer, bool) or offer <= 0 or offer in found:
            continue
        margin, shown = number(each.get("margin", 0)), number(each.get("shown", 0))
        accepted = number(each.get("accepted", 0))
        if margin is None or margin <= 0 or shown is None or accepted is None or not 0 <= accepted <= shown:
            continue
        found[offer] = Open(offer, margin, shown, accepted)
    return [found[offer] for offer in sorted(found)]


def number(value: Any) -> float | None:
    """Read a number; what is none is nothing.

    >>> number(3), number(True), number(float("nan")), number("3")
    (3.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, NUMERIC):
        return None
    return float(value) if abs(value) < 1e15 else None


def chances_of(
    parameters: Mapping[str, Any], question: Mapping[str, Any], eligible: Sequence[Open], turn: int
) -> list[float]:
    """Give each offer's chance to be shown: its share of a set of draws, and its part of what is explored."""
    worth = [draws_of(parameters, question, offer, turn) for offer in eligible]
    won = [0] * len(eligible)
    for each in zip(*worth, strict=True):
        most = max(each)
        if most > 0:
            won[each.index(most)] += 1
    explore = parameters["explore"]
    even = explore / (len(eligible) + 1)
    return [even + (1 - explore) * times / DRAWS for times in won]


def none_of(parameters: Mapping[str, Any], chances: Sequence[float]) -> float:
    """Give the chance of no offer: what is left, and never less than its part of what is explored."""
    explored: float = parameters["explore"] / (len(chances) + 1)
    return max(1.0 - math.fsum(chances), explored)


def draws_of(parameters: Mapping[str, Any], question: Mapping[str, Any], offer: Open, turn: int) -> list[float]:
    """Draw what showing an offer is worth."""
    numerator, _, beyond = fixed_draws(parameters["seed"], offer.id, turn)
    context = parameters.get("context")
    accepted: Sequence[float]
    if context is None:
        accepted = accepted_draws(*posterior(parameters, offer), parameters["seed"], offer.id, turn)
    else:
        mean, spread = odds(context, question, offer.id)
        accepted = [1 / (1 + math.exp(-max(mean + spread * z, -30.0))) for z in numerator]
    shared, extra = parameters.get("shared"), parameters.get("extras", {}).get(str(offer.id))
    worth = [offer.margin * chance for chance in accepted]
    if shared is not None:
        worth = added(worth, shared, fixed_draws(parameters["seed"], EVERY, turn)[2])
    return worth if extra is None else added(worth, extra, beyond)


def added(worth: Sequence[float], more: Sequence[float], draws: Sequence[float]) -> list[float]:
    """Add what is known but for its spread."""
    mean, spread = more
    return [each + mean + spread * z for each, z in zip(worth, draws, strict=True)]


def posterior(parameters: Mapping[str, Any], offer: Open) -> tuple[float, float]:
    """Give the two counts of what is known of an offer: accepted and not, with those of the prior."""
    a, b = parameters["prior"]
    return float(a + offer.accepted), float(b + offer.shown - offer.accepted)


@lru_cache(maxsize=1_024)
def accepted_draws(a: float, b: float, seed: int, offer: int, turn: int) -> Sequence[float]:
    """Draw the chances of an offer, the same for each shopper until its counts are read anew; side by side."""
    first, second, _ = fixed_draws(seed, offer, turn)
    return array("d", beta_draws(a, b, first, second))


def beta_draws(a: float, b: float, first: Sequence[float], second: Sequence[float]) -> list[float]:
    """Draw chances out of two gamma draws each, made of normal ones (Wilson & Hilferty 1931)."""
    (c, s), (d, r) = (cube(each) for each in (a, b))
    return [
        ratio(a * max(c + s * z, 0.0) ** 3, b * max(d + r * y, 0.0) ** 3) for z, y in zip(first, second, strict=True)
    ]


def cube(count: float) -> tuple[float, float]:
    """Give middle and spread of the cube root of a gamma draw."""
    return 1 - 1 / (9 * count), 1 / (3 * math.sqrt(count))


def ratio(part: float, rest: float) -> float:
    """Give a part of the whole."""
    return part / (part + rest) if part > 0 else 0.0


@lru_cache(maxsize=4_096)
def fixed_draws(seed: int, offer: int, turn: int) -> Draws:
    """Give an offer's own draws of a set: normal quantiles, each time in another order and a little apart."""
    rng, levels = Random((seed * 1_000_003 + offer) * SETS + turn), quantiles(turn)
    orders = [[rng.random() for _ in range(DRAWS)] for _ in range(3)]
    first, second, third = (tuple(levels[at] for at in sorted(range(DRAWS), key=keys.__getitem__)) for keys in orders)
    return first, second, third


@lru_cache(maxsize=SETS)
def quantiles(turn: int) -> Sequence[float]:
    """Give the normal quantiles of a set."""
    normal = NormalDist()
    return [normal.inv_cdf((place + (turn + 0.5) / SETS) / DRAWS) for place in range(DRAWS)]


def likely(parameters: Mapping[str, Any], question: Mapping[str, Any], offer: Open) -> float:
    """Give the chance that an offer is accepted."""
    context = parameters.get("context")
    if context is None:
        a, b = posterior(parameters, offer)
        return a / (a + b)
    mean, spread = odds(context, question, offer.id)
    return 1 / (1 + math.exp(-max(mean / math.sqrt(1 + math.pi * spread * spread / 8), -30.0)))


# Who asks


def odds(context: Mapping[str, Any], question: Mapping[str, Any], offer: int) -> tuple[float, float]:
    """Give mean and spread of the log odds that this shopper accepts an offer; a new one is like the others."""
    of = context["offers"].get(str(offer)) or context["new"]
    features = [1.0, *scaled(context["scales"], raw_features(question))]
    mean = math.fsum(weight * value for weight, value in zip(of["mean"], features, strict=True))
    variance = 0.0
    for row in of["root"]:  # a triangle: each row is as long as its place
        part = sum(map(mul, row, features))
        variance += part * part
    return mean, math.sqrt(variance)


def scaled(scales: Sequence[Sequence[float]], raw: Sequence[float | None]) -> list[float]:
    """Measure features from their usual value; what is missing is usual."""
    pairs = zip(raw, scales, strict=True)
    return [0.0 if value is None else (value - usual) / spread for value, (usual, spread) in pairs]


NUMBERS = ("value", "units", "events", "minutes")
FLAGS = ("has_discount", "is_returning")
DEVICES, SOURCES = ("phone", "tablet", "desktop"), ("search", "social", "email", "ads", "direct", "other")
FEATURES = (*NUMBERS, "chance", *FLAGS, *DEVICES[:-1], *SOURCES[:-2], "hour_sin", "hour_cos", "weekend")


def raw_features(question: Mapping[str, Any]) -> list[float | None]:
    """Read what is known of the one who asks, in the order of FEATURES; None is missing."""
    counts = [number(question.get(name)) for name in NUMBERS]
    found: list[float | None] = [None if count is None or count < 0 else math.log1p(count) for count in counts]
    chance = number(question.get("chance"))
    is_chance = chance is not None and 0 <= chance <= 1
    found.append(log_odds(chance) if chance is not None and is_chance else None)
    flags = [question.get(name) for name in FLAGS]
    found += [float(flag) if isinstance(flag, int | float) and flag in (0, 1) else None for flag in flags]
    found += one_of(question.get("device"), DEVICES)[:-1]
    found += one_of(question.get("source"), SOURCES)[:-2]
    hour, weekday = (number(question.get(name)) for name in ("hour", "weekday"))
    turn = None if hour is None else math.tau * hour / 24
    found += [None, None] if turn is None else [math.sin(turn), math.cos(turn)]
    found.append(None if weekday is None else float(weekday >= 5))
    return found


def log_odds(chance: float) -> float:
    """Give the log odds of a chance, those of certainties within bounds.

    >>> log_odds(0.5), round(log_odds(0.0), 1)
    (0.0, -6.9)
    """
    safe = min(max(chance, LEAST_CHANCE), 1 - LEAST_CHANCE)
    return math.log(safe / (1 - safe))


def one_of(told: Any, known: Sequence[str]) -> list[float | None]:
    """Mark which of some kinds was told; one that nobody knows is missing."""
    if told not in known:
        return [None] * len(known)
    return [float(told == each) for each in known]
