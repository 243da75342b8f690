"""Choose an offer, or none, while a shopper waits, with the exact chance of that choice (standard library only).

An offer's worth is one of 4,096 values that are equally likely: its chance to be accepted, times what that earns, and
what it is known to cost in orders that would have come anyway. One of each is drawn by the decision's number, and what
is worth most then, and more than nothing, is shown (Thompson 1933); now and then whatever is open, or nothing. Values
come in sets of 32, each spread over all chances, and the chance that is told is that of this choice where the sets are
those that were drawn: it counts every way in which a value of each could have been drawn from them.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import shake_128
from operator import mul
from statistics import NormalDist
from typing import Any, NamedTuple

VALUES, SETS = 32, 128  # values of a set, and sets: so many that what seems hopeless is still tried now and then
PARTS = 5  # of each value: its chance, what that earns, what lies beyond, its place among a rival's, and the product
SHARE_BYTES, PLACE_BYTES = 6, 2  # that say whether something is explored, and what; and that draw from each place
LEAST_CHANCE = 0.001  # of an order, as a feature
NONE: dict[str, Any] = {"offer": 0, "propensity": 1.0, "score": 0.0}
NUMERIC = (int, float)
NOTHING: Sequence[float] = (0.0,) * VALUES
MIXED = tuple((9 * value + 4) % VALUES for value in range(VALUES))  # an order that has nothing to do with the first one


def levels_of(drawn: int) -> Sequence[float]:
    """Give the normal quantiles of a set."""
    normal = NormalDist()
    return tuple(normal.inv_cdf((value + (drawn + 0.5) / SETS) / VALUES) for value in range(VALUES))


LEVELS = tuple(map(levels_of, range(SETS)))


class Drawn(NamedTuple):
    """What a decision's number draws: what is explored, and of no offer and of each a set, and which of its values."""

    share: float  # from 0 to 1
    sets: Sequence[int]
    values: Sequence[int]


class Open(NamedTuple):
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
    drawn = drawn_by(decision, len(eligible) + 1)
    worth = worths(parameters, question, eligible, drawn.sets)
    place = chosen(parameters["explore"], worth, drawn)
    propensity = round(chance_of(parameters["explore"], worth, place), 12)
    if not place:
        return NONE | {"propensity": propensity}
    offer = eligible[place - 1]
    return {"offer": offer.id, "propensity": propensity, "score": likely(parameters, question, offer)}


def steps(parameters: Mapping[str, Any]) -> int:
    """Say how much is weighed at most for each offer that may be shown: nothing is known of its values yet."""
    context = parameters.get("context")
    weights = [len(of["mean"]) + sum(map(len, of["root"])) for of in offers_of(context)] if context else [0]
    return PARTS * VALUES + max(weights)


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


# What is worth most; no offer stands first


def drawn_by(decision: int, count: int) -> Drawn:
    """Draw for so many places, by a decision's number alone."""
    drawn = shake_128(b"%x" % decision).digest(SHARE_BYTES + PLACE_BYTES * count)
    share = int.from_bytes(drawn[:SHARE_BYTES], "big") / 256**SHARE_BYTES
    low, high = drawn[SHARE_BYTES::PLACE_BYTES], drawn[SHARE_BYTES + 1 :: PLACE_BYTES]
    return Drawn(share, [each % SETS for each in low], [each % VALUES for each in high])


def chosen(explore: float, worth: Sequence[Sequence[float]], drawn: Drawn) -> int:
    """Give the place whose drawn value is the highest; as often as is explored, any place."""
    explored = explored_at(explore, drawn.share, len(worth))
    if explored is not None:
        return explored
    values = [each[at] for each, at in zip(worth, drawn.values, strict=True)]
    return values.index(max(values))


def explored_at(explore: float, share: float, count: int) -> int | None:
    """Give the place that is explored, or nothing where what is worth most is shown."""
    return int(share / explore * count) if share < explore else None


def chance_of(explore: float, worth: Sequence[Sequence[float]], place: int) -> float:
    """Give the chance of a place: in how many of all draws it is worth most, and its part of what is explored."""
    return explore / len(worth) + (1 - explore) * wins(worth, place)


def wins(worth: Sequence[Sequence[float]], place: int) -> float:
    """Give the share of all draws, one value of each, in which a place is worth most."""
    own, ways, of = worth[place], [1.0] * VALUES, VALUES
    for at, rival in enumerate(worth):
        below = bisect_left if at < place else bisect_right  # of equals the first one counts as more
        if at == place or below(rival, own[0]) == VALUES:
            continue
        if not below(rival, own[-1]):
            return 0.0
        ways, of = [way * below(rival, value) for way, value in zip(ways, own, strict=True)], of * VALUES
    return sum(ways) / of


def worths(
    parameters: Mapping[str, Any], question: Mapping[str, Any], eligible: Sequence[Open], sets: Sequence[int]
) -> list[Sequence[float]]:
    """Give the values of what no offer and each offer may be worth, of a set each, the least first."""
    offers = zip(eligible, sets[1:], strict=True)
    return [no_offer(parameters.get("shared"), sets[0]), *(worth_of(parameters, question, *each) for each in offers)]


def no_offer(shared: Sequence[float] | None, drawn: int) -> Sequence[float]:
    """Give what no offer may be worth: it spares what all of them cost alike."""
    return NOTHING if shared is None else [-shared[0] + shared[1] * level for level in LEVELS[drawn]]


def worth_of(parameters: Mapping[str, Any], question: Mapping[str, Any], offer: Open, drawn: int) -> Sequence[float]:
    """Give what showing an offer may be worth."""
    context = parameters.get("context")
    accepted: Sequence[float]
    if context is None:
        accepted = accepted_values(*posterior(parameters, offer), drawn)
    else:
        mean, spread = odds(context, question, offer.id)
        accepted = [1 / (1 + math.exp(-max(mean + spread * level, -30.0))) for level in LEVELS[drawn]]
    worth = [offer.margin * chance for chance in accepted]
    extra = parameters.get("extras", {}).get(str(offer.id))
    if extra is None:
        return worth
    mean, spread = extra
    return sorted(each + (mean + spread * LEVELS[drawn][at]) for each, at in zip(worth, MIXED, strict=True))


def posterior(parameters: Mapping[str, Any], offer: Open) -> tuple[float, float]:
    """Give the two counts of what is known of an offer: accepted and not, with those of the prior."""
    a, b = parameters["prior"]
    return float(a + offer.accepted), float(b + offer.shown - offer.accepted)


@lru_cache(maxsize=4_096)
def accepted_values(a: float, b: float, drawn: int) -> Sequence[float]:
    """Give the chances that an offer may have, of a set, kept until its counts are read anew; side by side."""
    return array("d", [beta_value(a, b, level) for level in LEVELS[drawn]])


def beta_value(a: float, b: float, level: float) -> float:
    """Give a beta law's value at a normal level: its odds are the cube of a ratio of normals (Paulson 1942).

    >>> [round(beta_value(10.0, 90.0, level), 3) for level in (-1.96, 0.0, 1.96)]
    [0.049, 0.097, 0.166]
    """
    (c, s), (d, r) = cube(a), cube(b)
    if d <= abs(level) * r:
        return float(level > 0)
    reach = level * math.sqrt((d * s) ** 2 + (c * r) ** 2 - (level * s * r) ** 2)
    root = max(c * d + reach, 0.0) / (d * d - (level * r) ** 2)
    return ratio(a * root * root * root, b)


@lru_cache(maxsize=1_024)
def cube(count: float) -> tuple[float, float]:
    """Give middle and spread of the cube root of a gamma draw, as a part of its mean (Wilson & Hilferty 1931)."""
    return 1 - 1 / (9 * count), 1 / (3 * math.sqrt(count))


def ratio(part: float, rest: float) -> float:
    """Give a part of the whole."""
    return part / (part + rest) if part > 0 else 0.0


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
