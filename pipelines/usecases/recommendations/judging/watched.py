"""What is watched for drift: what was bought, line by line, and once a basket its size.

On each of its lines a basket of ten would count ten times, and as ten that agree.
"""

from __future__ import annotations

import pandas as pd

from pipelines.usecases.contract import Frames

LATELY = 84  # days
MOST_TYPES = 20  # the others are one: of a hundred types each day has some that no day before had
OTHER = "other types"


def rows(frames: Frames) -> pd.DataFrame:
    """Give a row for each product of each basket of late.

    Reads   purchases: basket | ds | unique_id, products: unique_id | product_type | price
    Writes  ds | size (of the first line of a basket alone) | price | product_type
    """
    last = pd.Timestamp(frames.asof)
    lines = frames["purchases"]
    lines = lines[lines["ds"].between(last - pd.Timedelta(days=LATELY - 1), last)]
    size = lines.groupby("basket")["unique_id"].transform("size").astype("float64")
    told = lines[["ds", "unique_id"]].assign(size=size.mask(lines["basket"].duplicated()))
    known = frames["products"].drop_duplicates("unique_id").set_index("unique_id")[["product_type", "price"]]
    told = told.join(known, on="unique_id").drop(columns="unique_id")
    often = told["product_type"].value_counts().index[:MOST_TYPES]
    told["product_type"] = told["product_type"].where(told["product_type"].isin(often), OTHER)
    return told[["ds", "size", "price", "product_type"]]
