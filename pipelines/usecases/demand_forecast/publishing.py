"""What Shopify's metafields hold of a variant's advice (standard library only)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def values(row: Mapping[str, Any]) -> dict[str, str]:
    """Give a variant's fields as Shopify stores them; what is not known has no field.

    >>> values({"forecast_28": 70.6, "days_of_cover": 11.62, "order_by": None})
    {'forecast_28': '71', 'days_of_cover': '11.6'}
    """
    fields = {"forecast_28": str(round(row["forecast_28"]))}
    if row["days_of_cover"] is not None:
        fields["days_of_cover"] = f"{row['days_of_cover']:.1f}"
    if row["order_by"] is not None:
        fields["reorder_date"] = row["order_by"].isoformat()
    return fields
