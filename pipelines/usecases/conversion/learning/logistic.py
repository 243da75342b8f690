"""A logistic regression whose weights are drawn towards those of other shops: few rows move them a little.

It weighs the logarithm of amounts on their own scale. A constant column says nothing and keeps the weight it came with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pipelines.stats.logistic import solve
from pipelines.usecases.conversion.learning.columns import Columns, Floats, Rows, amounts, column_of, names

PENALTY = 20.0  # how sure it is that a weight is as elsewhere, on its column's scale
SURE = 0.25  # and that the intercept is, so that it is soon the shop's own
ENOUGH = 30  # rows that tell a column's scale
MOST_NAMES = 50


@dataclass(frozen=True)
class Prior:
    """Hold what is usual elsewhere: the share that orders, and of logarithms of amounts mean, spread and weight."""

    share: float = 0.1
    amounts: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Scale:
    """Say where the logarithms of an amount lie, and how far apart."""

    mean: float
    spread: float


def fit(rows: Rows, columns: Columns, prior: Prior, weight: Floats) -> dict[str, Any]:
    """Find the weights, as `scorer` reads them."""
    scales = {key: scale_of(rows.known, key, prior) for key in columns.amounts}
    parts = [*amount_parts(rows.known, scales), *name_parts(rows.known, (*columns.names, *columns.clocks))]
    design = np.column_stack([np.ones(len(rows)), *(column for *_, column in parts)])
    start = np.zeros(design.shape[1])
    start[0] = np.log(prior.share / (1 - prior.share))
    for place, (kind, key, _) in enumerate(parts, 1):
        if kind == "amounts" and key in prior.amounts:
            start[place] = prior.amounts[key][2] * scales[key].spread
    penalty = np.full(len(start), PENALTY)
    penalty[0] = SURE
    return written(solve(design, rows.came, weight * rows.weight, start, penalty), parts, scales)


def scale_of(known: pd.DataFrame, key: str, prior: Prior) -> Scale:
    """Measure a column's logarithms, or take what is usual where there are too few."""
    logs = np.log1p(amounts(column_of(known, key)))
    logs = logs[np.isfinite(logs)]
    mean, spread, _ = prior.amounts.get(key, (0.0, 1.0, 0.0))
    if len(logs) < ENOUGH:
        return Scale(mean, spread)
    own = float(logs.std())
    return Scale(float(logs.mean()), own if own > 1e-9 else spread)


def amount_parts(known: pd.DataFrame, scales: Mapping[str, Scale]) -> list[tuple[str, str, Floats]]:
    """Give two columns for each amount: how large it is, and whether it is missing."""
    found = []
    for key, scale in scales.items():
        logs = (np.log1p(amounts(column_of(known, key))) - scale.mean) / scale.spread
        is_missing = np.isnan(logs)
        found += [("amounts", key, np.where(is_missing, 0.0, logs)), ("missing", key, is_missing.astype(np.float64))]
    return found


def name_parts(known: pd.DataFrame, keys: tuple[str, ...]) -> list[tuple[str, str, Floats]]:
    """Give a column for each of the most common names."""
    found = []
    for key in keys:
        told = names(column_of(known, key))
        common, count = np.unique(told.astype(str), return_counts=True)
        for one in common[np.argsort(-count, kind="stable")][:MOST_NAMES]:
            found.append((key, str(one), (told == one).astype(np.float64)))
    return found


def written(weights: Floats, parts: list[tuple[str, str, Floats]], scales: Mapping[str, Scale]) -> dict[str, Any]:
    """Write weights by name; those of amounts as of their plain logarithms."""
    head: dict[str, Any] = {"intercept": float(weights[0]), "amounts": {}, "names": {}}
    for (kind, key, _), weight in zip(parts, weights[1:], strict=True):
        if kind == "amounts":
            head["amounts"][key] = {"mean": scales[key].mean, "weight": float(weight) / scales[key].spread}
        elif kind == "missing":
            head["amounts"][key]["missing"] = float(weight)
        else:
            head["names"].setdefault(kind, {})[key] = float(weight)
    return head


def logits(head: Mapping[str, Any], known: pd.DataFrame) -> Floats:
    """Say the log odds of many moments at once."""
    said = np.full(len(known), head["intercept"])
    for key, told in head["amounts"].items():
        logs = np.log1p(amounts(column_of(known, key)))
        said += np.where(np.isnan(logs), told["missing"], told["weight"] * (logs - told["mean"]))
    for key, weights in head["names"].items():
        said += pd.Series(names(column_of(known, key)), dtype=object).map(weights).fillna(0.0).to_numpy(np.float64)
    return said
