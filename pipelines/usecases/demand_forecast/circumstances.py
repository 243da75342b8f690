"""What a version is learned for: how long deliveries take, and what is for sale. Small notes, kept with the version.

Lead times count by variant, not by what each sells: else a season that shifts sales would look like another supplier.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.ordering.stock_inputs import variants_with_terms

Note = dict[str, Any]


def lead_times(frames: Frames) -> Note:
    """Note which share of the variants takes how many days to come."""
    days = variants_with_terms(frames)["lead_time_days"].astype("int64")
    return {str(length): float(share) for length, share in days.value_counts(normalize=True).sort_index().items()}


def lead_times_changed(noted: Note, frames: Frames) -> float:
    """Give the share of variants that other lead times hold for than those that were noted, at the least."""
    now = lead_times(frames)
    if not noted or not now:
        return 0.0
    lengths = noted.keys() | now.keys()
    return sum(abs(float(noted.get(length, 0)) - float(now.get(length, 0))) for length in lengths) / 2


def catalogue(frames: Frames) -> Note:
    """Note how many variants are for sale, and on which day that was."""
    return {"units": len(frames["series"]), "last_day": frames.asof.isoformat()}


def catalogue_changed(noted: Note, frames: Frames) -> float:
    """Give how many variants came and went since, as a share of those there were."""
    units = int(noted.get("units") or 0)
    if not units:
        return 0.0
    came = int((frames["series"]["first_day"] > pd.Timestamp(noted["last_day"])).sum())
    went = max(0, units - (len(frames["series"]) - came))
    return min(1.0, (came + went) / units)
