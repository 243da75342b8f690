"""How often the lists of a day stood beside what its baskets held: watched once a version runs (METHODS 4c)."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from pipelines.usecases.contract import Frames

Accuracy = dict[str, float | None]
LEAST = 5  # product pages, before a share of them is told


def accuracy(frames: Frames, said: pd.DataFrame, *, days: int = 1) -> Accuracy:
    """Ask of each product of each basket whether its list held anything else of the basket.

    Reads   said: kind | unit_id | picks | first_day, all of one period
    """
    first = pd.Timestamp(said["first_day"].iloc[0])
    lines = frames["purchases"]
    bought = lines[lines["ds"].between(first, first + timedelta(days=days - 1))][["basket", "unique_id"]]
    pairs = bought.merge(bought, on="basket", suffixes=("", "_with"))
    pairs = pairs[pairs["unique_id"] != pairs["unique_id_with"]]
    picks = said.loc[said["kind"] == "page", ["unit_id", "picks"]].explode("picks").dropna()
    shown = picks.rename(columns={"unit_id": "unique_id", "picks": "unique_id_with"}).astype("int64").assign(hit=1.0)
    told = pairs.merge(shown.drop_duplicates(), on=["unique_id", "unique_id_with"], how="left")
    found = told.fillna({"hit": 0.0}).groupby(["basket", "unique_id"])["hit"].max()
    return {"hit_rate": float(found.mean()) if len(found) >= LEAST else None, "n": len(found)}
