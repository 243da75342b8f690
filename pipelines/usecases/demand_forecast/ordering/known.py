"""What is known before anything is decided: what a unit costs, what a variant sells beside the others, and where."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.usecases.demand_forecast.ordering.policies import FloatArray

TOTAL = 0  # the place that stands for all


def with_costs(variants: pd.DataFrame, cost_share: float) -> pd.DataFrame:
    """Fill in what a unit costs, where that is not known, by a share of its price."""
    known = variants.reset_index(drop=True).copy()
    known["cost_is_estimated"] = known["unit_cost_minor"].isna()
    known["price_minor"] = known["price_minor"].astype(float)
    guessed = (known["price_minor"].fillna(0.0) * cost_share).round()
    known["unit_cost_minor"] = known["unit_cost_minor"].astype(float).fillna(guessed)
    return known


def of_places(variants: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Put the totals first, then one row per variant and location."""
    counts = ["available", "committed", "incoming", "moved"]
    summed = stock.groupby("variant_id")[counts].sum(min_count=1)
    totals = variants.assign(location_id=TOTAL, demand_share=1.0, row=np.arange(len(variants)))
    totals = totals.join(summed, on="variant_id")
    if stock["location_id"].nunique() < 2:
        return totals
    places = stock[["variant_id", "location_id", "demand_share", *counts]]
    here = totals.drop(columns=["location_id", "demand_share", *counts]).merge(places, on="variant_id")
    here["sold_28"] = here["sold_28"] * here["demand_share"]
    here["out_since"] = pd.NaT
    return pd.concat([totals, here], ignore_index=True)


def abc_classes(revenue: FloatArray) -> NDArray[np.str_]:
    """Class variants by revenue: A makes the first 80 %, B the next 15 %, C the rest and all without sales.

    >>> abc_classes(np.array([10.0, 70.0, 0.0, 15.0, 5.0])).tolist()
    ['B', 'A', 'C', 'A', 'C']
    """
    order = np.argsort(-revenue, kind="stable")
    sold = np.maximum(revenue[order], 0.0)
    total = sold.sum()
    before = (np.cumsum(sold) - sold) / total if total > 0 else np.ones(len(sold))
    classes = np.empty(len(revenue), dtype="<U1")
    classes[order] = np.select([sold <= 0, before < 0.8, before < 0.95], ["C", "A", "B"], "C")
    return classes
