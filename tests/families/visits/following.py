"""The same family where what is said follows what came: by the share that ordered of the moments since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from pipelines.usecases.contract import PARAMETERS, Frames
from tests.families.visits import moments


def load(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Read the parameters alone."""
    return dict(json.loads(files[PARAMETERS]))


def corrects(fitted: Any, frames: Frames, state: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Count moments and orders up to the day before the last, on from what was counted."""
    before = state or {"moments": 0, "orders": 0, "last": 0.0}
    rows = frames["moments"]
    at = rows["at"].astype("int64") / 1e9 if len(rows) else rows["moment"]
    new = rows[(rows["ds"] < pd.Timestamp(frames.asof)) & (at > before["last"])]
    orders = int((new["waited"] < 24).sum())
    last = float(at[new.index].max()) if len(new) else before["last"]
    return {"moments": before["moments"] + len(new), "orders": before["orders"] + orders, "last": last}


def corrected(parameters: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Say a little more for each order."""
    return {**parameters, "intercept": parameters["intercept"] + state["orders"]}


USE_CASE = replace(
    moments.USE_CASE, load="following:load", corrects="following:corrects", corrected="following:corrected"
)
