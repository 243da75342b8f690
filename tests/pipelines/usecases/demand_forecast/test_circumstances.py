"""What a forecast is learned for: lead times and a catalogue; how much of either has changed since."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import circumstances

LEARNED = date(2026, 10, 1)


def frames(*first_days: str, lead: int = 14, vendors: dict[str, int] | None = None, asof: date = LEARNED) -> Frames:
    """Return a shop of variants that can sell since these days; the first vendor's come first."""
    count = len(first_days)
    series = pd.DataFrame({"unique_id": range(count), "first_day": pd.to_datetime(list(first_days))})
    series = series.assign(vendor=["slow" if number < count / 2 else "quick" for number in range(count)])
    series = series.assign(price=1000.0, unit_cost=500.0, continues=0)
    names = ["review_days", "service_level", "cover_days", "pack_size", "minimum_order", "unit_cost_minor"]
    names += ["order_days"]
    rules = pd.DataFrame(
        [{"variant_id": np.nan, "vendor": vendor, "lead_time_days": days} for vendor, days in (vendors or {}).items()],
        columns=["variant_id", "vendor", "lead_time_days", *names],
    )
    terms = {"lead_time_days": lead, "review_days": 7, "service_level": 0.95, "weighs_costs": False}
    terms |= {"cost_share": 0.5, "holding_rate": 0.25}
    return Frames({"series": series, "rules": rules, "terms": pd.DataFrame([terms])}, asof)


OLD = ("2026-01-01",) * 10


@pytest.mark.parametrize(
    ("now", "share"),
    [
        ({}, 0.0),
        ({"lead": 30}, 1.0),
        ({"vendors": {"slow": 30}}, 0.5),
        ({"vendors": {"nobody": 30}}, 0.0),
    ],
)
def test_lead_times_changed_for_the_variants_that_wait_longer_or_shorter_now(now, share) -> None:
    noted = circumstances.lead_times(frames(*OLD))
    assert circumstances.lead_times_changed(noted, frames(*OLD, **now)) == pytest.approx(share)


def test_a_larger_catalogue_with_the_same_lead_times_is_no_change_of_them() -> None:
    noted = circumstances.lead_times(frames(*OLD, vendors={"slow": 30}))
    assert circumstances.lead_times_changed(noted, frames(*OLD, *OLD, vendors={"slow": 30})) == pytest.approx(0)


@pytest.mark.parametrize(
    ("now", "share"),
    [
        (OLD, 0.0),
        ((*OLD, "2026-10-02", "2026-10-05"), 0.2),
        ((*OLD, "2026-09-30", "2026-10-01"), 0.0),  # of then: it was there on the day that was read last
        (OLD[:7], 0.3),
        ((*OLD[:9], "2026-10-03"), 0.2),
        ((), 1.0),
        (("2026-10-02",) * 40, 1.0),
    ],
)
def test_the_catalogue_changed_by_what_came_and_what_went(now, share) -> None:
    noted = circumstances.catalogue(frames(*OLD))
    assert circumstances.catalogue_changed(noted, frames(*now, asof=date(2026, 11, 1))) == pytest.approx(share)


def test_an_empty_shop_has_nothing_that_could_change() -> None:
    empty = frames()
    assert circumstances.lead_times_changed(circumstances.lead_times(empty), frames(*OLD)) == 0
    assert circumstances.lead_times_changed(circumstances.lead_times(frames(*OLD)), empty) == 0
    assert circumstances.catalogue_changed(circumstances.catalogue(empty), frames(*OLD)) == 0
