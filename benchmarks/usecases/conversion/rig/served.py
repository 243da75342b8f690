"""The chance of an order, asked by a checkout, of a version that learned from made sessions."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from benchmarks.rig.serving.served import Served
from benchmarks.rig.serving.shops import checkouts, runs
from benchmarks.usecases.conversion.rig import made
from pipelines.usecases.contract import PARAMETERS, Frames
from pipelines.usecases.conversion import USE_CASE


def learn(shop: Any) -> None:
    """Let a version run that learned from two months of made sessions."""
    frames = Frames({"moments": made.moments()}, asof=made.LAST_DAY, country="GB")
    written = USE_CASE.resolve("dump")(USE_CASE.resolve("fit")(frames))
    runs(shop, USE_CASE.slug, json.loads(written[PARAMETERS]))


SERVED = Served("chances", 0.3, learn, partial(checkouts, "score"))
