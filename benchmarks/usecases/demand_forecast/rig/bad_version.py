"""A version that says too much: what runs now, with trees that answer one number, signed and judged like any other."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rig import spoiling

if TYPE_CHECKING:
    from pipelines.usecases.demand_forecast.learning.trees import Trees
    from pipelines.usecases.demand_forecast.model import Fitted

SLUG = "demand_forecast"


def spoilt(fitted: Fitted, times: float) -> Fitted:
    """Let a fitted model say so many times as much: half of it is the cheap forecast, half are trees that say more."""
    recipe = replace(fitted.recipe, uses_trees=True, uses_total=False)
    return replace(fitted, recipe=recipe, trees=constant_trees(2 * times - 1, fitted))


def constant_trees(factor: float, fitted: Fitted) -> Trees:
    """Give trees that take the cheap forecast, in its season, times a number."""
    import lightgbm

    from pipelines.usecases.demand_forecast.learning.trees import Trees

    settings = {"objective": "regression", "boost_from_average": False, "verbose": -1, "num_threads": 1}
    data = lightgbm.Dataset(np.arange(64.0).reshape(-1, 1), np.zeros(64), params={"verbose": -1})
    text = lightgbm.train(settings, data, 1).model_to_string()
    return Trees(text, factor, fitted.horizon, fitted.recipe.season_power)


if __name__ == "__main__":
    sys.exit(spoiling.main(SLUG, spoilt, __doc__))
