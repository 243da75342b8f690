"""Answer a question from exported parameters, by the standard library alone: how likely an order comes within a day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

SESSION, CHECKOUT = "session", "checkout"
NOWHERE = math.nan
TINY = 1e-35  # what LightGBM takes for zero
LEAST = 1e-6  # nothing is ever certain


def score(parameters: Mapping[str, Any], question: Mapping[str, Any]) -> dict[str, Any]:
    """Say how likely an order is; what is missing or unknown is taken for neither good nor bad.

    >>> score({"heads": {"session": {"intercept": 0.0, "amounts": {}, "names": {}}}}, {"anything": 1})
    {'score': 0.5, 'of': 'session'}
    """
    of = CHECKOUT if question.get("of") == CHECKOUT else SESSION
    return {"score": chance(parameters["heads"][of], question), "of": of}


def steps(parameters: Mapping[str, Any]) -> int:
    """Say how many weights and splits an answer is made of at most.

    >>> steps({"heads": {"session": {"intercept": 0.0, "amounts": {"value": {}}, "names": {}}}})
    1
    """
    return max(map(steps_of, parameters["heads"].values()))


def steps_of(head: Mapping[str, Any]) -> int:
    """Count what one of the two models takes of each column, and the longest way down each tree."""
    grown = head.get("grown") or {"features": (), "trees": ()}
    columns = len(head["amounts"]) + len(head["names"]) + len(grown["features"])
    return columns + sum(map(depth, grown["trees"]))


def depth(tree: Any) -> int:
    """Count what is compared on the longest way down a tree: one bound at a split, or each of its codes.

    >>> depth([0, 2.5, 2, 0, -1.0, [1, [3, 4, 7], 2, 0, -1.0, 1.0]])
    4
    """
    if not isinstance(tree, list):
        return 0
    bound = tree[1]
    return (len(bound) if isinstance(bound, list) else 1) + max(map(depth, tree[-2:]))


def corrected(parameters: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Move what is said to where what came since the training puts it.

    >>> corrected({"heads": {"session": {"intercept": 0.0}}}, {"session": {"centre": 0.0, "shift": 1.0, "slope": 1.0}})
    {'heads': {'session': {'intercept': 0.0, 'moved': {'centre': 0.0, 'shift': 1.0, 'slope': 1.0}}}}
    """
    moved = {of: {name: told[name] for name in ("centre", "shift", "slope")} for of, told in state.items()}
    heads = {of: head | ({"moved": moved[of]} if of in moved else {}) for of, head in parameters["heads"].items()}
    return {**parameters, "heads": heads}


def chance(head: Mapping[str, Any], question: Mapping[str, Any]) -> float:
    """Give the chance that one of the two models says."""
    said = linear(head, question)
    if grown := head.get("grown"):
        said += grown["share"] * (trees(grown, question) - said)
    moved = head.get("moved")
    if moved:
        said = moved["centre"] + moved["shift"] + moved["slope"] * (said - moved["centre"])
    return min(max(sigmoid(said), LEAST), 1 - LEAST)


def sigmoid(value: float) -> float:
    """Turn log odds into a chance.

    >>> sigmoid(0.0), sigmoid(-1000.0), sigmoid(1000.0)
    (0.5, 0.0, 1.0)
    """
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    small = math.exp(value) if value > -700 else 0.0
    return small / (1 + small)


def amount(value: Any) -> float:
    """Read a number that is not below zero; what is none is missing.

    >>> amount(3), amount(True), amount(-2.0), amount("3"), amount(None), amount(float("inf"))
    (3.0, 1.0, 0.0, nan, nan, nan)
    """
    if not isinstance(value, int | float):
        return NOWHERE
    try:
        number = float(value)
    except OverflowError:
        return NOWHERE
    return max(number, 0.0) if math.isfinite(number) else NOWHERE


def name(value: Any) -> str:
    """Read a name, or a number that stands for one (an hour).

    >>> name("phone"), name(7.0), name(None), name(float("nan"))
    ('phone', '7', '', '')
    """
    if isinstance(value, str):
        return value
    number = amount(value)
    return "" if math.isnan(number) else f"{number:g}"


def linear(head: Mapping[str, Any], question: Mapping[str, Any]) -> float:
    """Add up weights: of the logarithm of each amount, of what is missing, and of each name."""
    said = float(head["intercept"])
    for key, told in head["amounts"].items():
        value = question.get(key)
        if value is None or math.isnan(number := amount(value)):
            said += told["missing"]
        else:
            said += told["weight"] * (math.log1p(number) - told["mean"])
    for key, weights in head["names"].items():
        said += weights.get(name(question.get(key)), 0.0)
    return said


def trees(grown: Mapping[str, Any], question: Mapping[str, Any]) -> float:
    """Add up the leaves in which a question ends."""
    values = [coded(question.get(key), grown["codes"].get(key)) for key in grown["features"]]
    return math.fsum(leaf(tree, values) for tree in grown["trees"])


def coded(value: Any, codes: Mapping[str, int] | None) -> float:
    """Give the number that trees split: an amount, or the code of a name (missing where it is not known)."""
    return amount(value) if codes is None else codes.get(name(value), NOWHERE)


def leaf(tree: Any, values: Sequence[float]) -> float:
    """Walk down a tree, left where a value is small or among the codes, as LightGBM does.

    A split is [feature, threshold or codes, what is missing (0 none, 1 zero, 2 NaN), missing goes left, left, right].

    >>> leaf([0, 2.5, 2, 0, -1.0, 1.0], [2.0]), leaf([0, 2.5, 2, 0, -1.0, 1.0], [math.nan])
    (-1.0, 1.0)
    """
    while isinstance(tree, list):
        feature, bound, missing, is_left, left, right = tree
        tree = left if goes_left(values[feature], bound, missing, is_left) else right
    return float(tree)


def goes_left(value: float, bound: Any, missing: int, is_left: int) -> bool:
    """Tell on which side of a split a value lies."""
    is_nan = math.isnan(value)
    if isinstance(bound, list):
        return not is_nan and value in bound
    if is_nan and missing != 2:
        value, is_nan = 0.0, False
    if is_nan or (missing == 1 and abs(value) <= TINY):
        return bool(is_left)
    return bool(value <= bound)
