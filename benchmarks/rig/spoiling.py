"""A version that is judged honestly and says something else: its files are swapped before they are signed.

Only the demo may make one, and a production image has no `benchmarks/`. Its evaluation is that of an honest fit, as
where something breaks between the test and the shelf: so no gate can see it, and it must be caught by what it does.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.models import ModelVersion

Spoil = Callable[[Any, float], Any]  # what was learned, and how badly


def make(slug: str, spoil: Spoil, times: float) -> ModelVersion:
    """Train a version, swap its files for spoilt ones before they are signed, and propose it."""
    from django.utils import timezone

    from pipelines.jobs import releases
    from pipelines.lifecycle import due
    from pipelines.lifecycle.data import dataset
    from pipelines.lifecycle.versions import runs, train, validate
    from pipelines.models import Shop
    from pipelines.usecases import USE_CASES

    case, shop = USE_CASES[slug], Shop.objects.installed().order_by("pk")[0]
    run = runs.claim(shop.pk, slug, due.BY_MERCHANT)
    with runs.tracked(run) as tracker:
        with tracker.step("Reading your orders", 0, 10):
            data = dataset.build(shop, slug, now=timezone.now())
            tracker.write(dataset=data.snapshot)
        learned = train.learn(case, data, tracker)
        fitted = spoil(case.resolve("load")(learned.files), times)
        with tracker.step("Writing the version down", 95, 100):
            files = case.resolve("dump")(fitted)
            version = train.write_down(run, tracker, data, replace(learned, files=files))
    version = validate.validate_version(version)
    if version.may_be_released:
        releases.propose_release.enqueue(version.shop_id, version.pk)
    return version


def main(slug: str, spoil: Spoil, words: str | None) -> int:
    """Make one, in the demo that the environment names."""
    import django

    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--times", type=float, default=3.0)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopmlops.settings")
    django.setup()
    from django.conf import settings

    if not settings.DEMO:
        print("Only the demo may make a bad version (SHOPMLOPS_DEMO=1).", file=sys.stderr)
        return 1
    print(make(slug, spoil, asked.times))
    return 0
