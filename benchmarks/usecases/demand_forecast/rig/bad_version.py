"""A version that says too much: what runs now, with trees that answer one number, signed and judged like any other.

Only the demo may make one, and a production image has no `benchmarks/`. Its evaluation is that of an honest fit, as
where something breaks between the test and the shelf: so no gate can see it, and it must be caught by what it says.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pipelines.models import ModelVersion
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


def make(times: float) -> ModelVersion:
    """Train a version, swap its files for spoilt ones before they are signed, and propose it."""
    from django.utils import timezone

    from pipelines.jobs import releases
    from pipelines.lifecycle import due
    from pipelines.lifecycle.data import dataset
    from pipelines.lifecycle.versions import runs, train, validate
    from pipelines.models import Shop
    from pipelines.usecases import USE_CASES

    case, shop = USE_CASES[SLUG], Shop.objects.installed().order_by("pk")[0]
    run = runs.claim(shop.pk, SLUG, due.BY_MERCHANT)
    with runs.tracked(run) as tracker:
        with tracker.step("Reading your orders", 0, 10):
            data = dataset.build(shop, SLUG, now=timezone.now())
            tracker.write(dataset=data.snapshot)
        learned = train.learn(case, data, tracker)
        fitted = spoilt(case.resolve("load")(learned.files), times)
        with tracker.step("Writing the version down", 95, 100):
            files = case.resolve("dump")(fitted)
            version = train.write_down(run, tracker, data, replace(learned, files=files))
    version = validate.validate_version(version)
    if version.may_be_released:
        releases.propose_release.enqueue(version.pk)
    return version


def main() -> int:
    """Make one, in the demo that the environment names."""
    import django

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=float, default=3.0)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopmlops.settings")
    django.setup()
    from django.conf import settings

    if not settings.DEMO:
        print("Only the demo may make a bad version (SHOPMLOPS_DEMO=1).", file=sys.stderr)
        return 1
    print(make(asked.times))
    return 0


if __name__ == "__main__":
    sys.exit(main())
