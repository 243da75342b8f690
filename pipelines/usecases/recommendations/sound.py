"""Whether lists may be shown: nothing that cannot be bought, nothing twice, no product beside itself, only numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames, Soundness
from pipelines.usecases.recommendations.model import MOST_PRODUCTS

OF_PRODUCTS = ("page", "cart", "similar")


def lists(rows: pd.DataFrame, frames: Frames) -> Soundness:
    """Judge lists: one for each product while anything can be bought, and each as it should be."""
    products = frames["products"].drop_duplicates("unique_id")
    shown = products.loc[products["published"] & products["sellable"], "unique_id"]
    expected = min(len(products), MOST_PRODUCTS) if len(shown) > 1 else 0
    units = int((rows["kind"] == "page").sum())
    wrong = {
        "show what cannot be bought": shows_other_than(rows, shown),
        "show a product beside itself": shows_itself(rows),
        "show something twice": rows["picks"].map(lambda picks: len(set(picks)) < len(picks)),
        "have a score that is no number": rows["scores"].map(lambda scores: not np.isfinite(scores).all()),
        "are for somebody who has one": rows.duplicated(["kind", "unit_id"]),
    }
    counts = {what: int(marked.sum()) for what, marked in wrong.items()}
    broken = next((f"{count:,} of {len(rows):,} lists {what}" for what, count in counts.items() if count), "")
    return Soundness(expected, units, sum(counts.values()), broken)


def shows_other_than(rows: pd.DataFrame, shown: pd.Series) -> pd.Series:
    """Mark the lists that hold anything but these products."""
    known = pd.Index(shown)
    return rows["picks"].map(lambda picks: bool((known.get_indexer(pd.Index(picks)) < 0).any()))


def shows_itself(rows: pd.DataFrame) -> pd.Series:
    """Mark the lists of products that hold the product."""
    of_product = rows["kind"].isin(OF_PRODUCTS)
    holds = [unit in set(picks) for unit, picks in zip(rows["unit_id"], rows["picks"], strict=True)]
    return of_product & pd.Series(holds, index=rows.index, dtype=bool)
