"""Gradient-boosted trees, and the same trees as nested lists that the standard library walks down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipelines.usecases.conversion.learning.columns import Columns, Floats, Rows, amounts, column_of, names

if TYPE_CHECKING:
    from lightgbm import Booster

ROUNDS = 100
MISSING = {"None": 0, "Zero": 1, "NaN": 2}
MOST_NAMES = 50
SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 7,
    "min_data_in_leaf": 40,
    "lambda_l2": 5.0,
    "cat_smooth": 20.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Trees:
    """Hold trees as LightGBM writes them, the columns that they split, and the codes of names."""

    text: str
    features: tuple[str, ...]
    codes: Mapping[str, Mapping[str, int]]

    def logits(self, known: pd.DataFrame) -> Floats:
        """Let LightGBM say the log odds of many moments."""
        values = matrix(known, self.features, self.codes)
        if not len(values):
            return np.empty(0)
        return np.asarray(booster(self.text).predict(values, raw_score=True, num_threads=1), dtype=np.float64)

    def exported(self) -> dict[str, Any]:
        """Give what `scorer` walks down."""
        told = booster(self.text).dump_model()
        trees = [exported(tree["tree_structure"]) for tree in told["tree_info"]]
        codes = {key: dict(by_name) for key, by_name in self.codes.items()}
        return {"features": list(self.features), "codes": codes, "trees": trees}


def grow(rows: Rows, columns: Columns, weight: Floats, *, seed: int) -> Trees:
    """Grow trees from moments of which it is known what came."""
    import lightgbm

    codes = {key: codes_of(rows.known, key) for key in columns.names}
    values = matrix(rows.known, columns.all, codes)
    places = [columns.all.index(key) for key in columns.names]
    binned = {"verbose": -1, "max_bin": SETTINGS["max_bin"]}
    data = lightgbm.Dataset(values, rows.came, weight=weight, categorical_feature=places, params=binned)
    grown = lightgbm.train({**SETTINGS, "seed": seed}, data, ROUNDS)
    return Trees(grown.model_to_string(), columns.all, codes)


def codes_of(known: pd.DataFrame, key: str) -> dict[str, int]:
    """Number the most common names of a column."""
    common, count = np.unique(names(column_of(known, key)).astype(str), return_counts=True)
    order = np.argsort(-count, kind="stable")[:MOST_NAMES]
    return {str(one): place for place, one in enumerate(common[order]) if one}


def matrix(known: pd.DataFrame, features: tuple[str, ...], codes: Mapping[str, Mapping[str, int]]) -> Floats:
    """Give the numbers that are split; names that are not known are missing."""
    columns: list[Floats] = []
    for key in features:
        column = column_of(known, key)
        if key in codes:
            columns.append(np.asarray(pd.Series(names(column), dtype=object).map(codes[key]), dtype=np.float64))
        else:
            columns.append(amounts(column))
    return np.column_stack(columns) if columns else np.empty((len(known), 0))


def exported(node: Mapping[str, Any]) -> Any:
    """Write a node as [feature, threshold or codes, what is missing, missing goes left, left, right], or its leaf."""
    if "leaf_value" in node:
        return node["leaf_value"]
    bound = node["threshold"]
    if node["decision_type"] == "==":
        bound = [int(code) for code in str(bound).split("||")]
    sides = [exported(node[f"{side}_child"]) for side in ("left", "right")]
    return [node["split_feature"], bound, MISSING[node["missing_type"]], int(node["default_left"]), *sides]


@lru_cache(maxsize=4)
def booster(text: str) -> Booster:
    """Read trees."""
    import lightgbm

    return lightgbm.Booster(model_str=text)
