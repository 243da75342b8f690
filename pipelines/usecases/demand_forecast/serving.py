"""What the live version says today: forecasts and stock advice, from the freshest history.

Reads   daily_sales, series, stock, rules, overrides, terms (see lifecycle/dataset.py)
Writes  forecasts: variant_id | mean | lead_quantiles | month_quantiles | parts, and
        stock_advice: variant_id | location_id | status | ... | history | outlook
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.model import Fitted, Forecast, predict_panel
from pipelines.usecases.demand_forecast.stock import MONTH, Outlook, advise
from pipelines.usecases.demand_forecast.stock_inputs import Override, apply_overrides, location_shares, resolve_rules

YEAR = 365
FARTHEST_COVER = 180
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
KNOWN_STOCKOUT = 1
PARTS = ("recent_level", "weekday", "season", "new_product", "shop_total")
RULES = ("lead_time_days", "review_days", "service_level")


def variants_with_terms(frames: Frames) -> pd.DataFrame:
    """Give the series with the rules that hold for each: its own, else its vendor's, else the shop's."""
    terms = frames["terms"].iloc[0]
    defaults: dict[str, float | None] = {name: float(terms[name]) for name in RULES}
    defaults |= {"cover_days": None, "pack_size": 1.0, "minimum_order": 0.0, "unit_cost_minor": None}
    variants = frames["series"].rename(columns={"unique_id": "variant_id", "price": "price_minor"})
    resolved = resolve_rules(variants, frames["rules"], defaults)
    resolved["unit_cost_minor"] = resolved["unit_cost_minor"].fillna(resolved["unit_cost"])
    return resolved.drop(columns="unit_cost")


def add_sales_facts(variants: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Add what each variant sold lately, since when it sells, and since when it is out of stock."""
    sales, asof = frames["daily_sales"], pd.Timestamp(frames.asof)
    sold = sales[sales["y"] > 0]
    ids = variants["variant_id"]
    paid = sold["y"] * sold["price"] * (1 - sold["discount"].fillna(0.0))
    year = sold["ds"] > asof - timedelta(days=YEAR)
    month = sold["ds"] > asof - timedelta(days=MONTH)
    days = sold.groupby("unique_id")["ds"].agg(["min", "max", "size"])
    first = pd.concat([variants["first_day"], ids.map(days["min"])], axis=1).min(axis=1)
    return variants.assign(
        sold_28=ids.map(sold[month].groupby("unique_id")["y"].sum()).fillna(0.0).to_numpy(dtype=np.float64),
        revenue_minor=ids.map(paid[year].groupby(sold["unique_id"]).sum()).fillna(0.0).to_numpy(dtype=np.float64),
        sale_days=ids.map(days["size"]).fillna(0).to_numpy(dtype=np.int64),
        age_days=(asof - first).dt.days.fillna(0).to_numpy(dtype=np.int64) + 1,
        idle_days=(asof - ids.map(days["max"])).dt.days.to_numpy(dtype=np.float64),
        out_since=ids.map(out_since(sales, asof)).to_numpy(dtype="datetime64[s]"),
    )


def out_since(sales: pd.DataFrame, asof: pd.Timestamp) -> pd.Series:
    """Give the first day of a stock-out that still lasts on the last day, by series."""
    out = sales.loc[sales["stockout"] == KNOWN_STOCKOUT, ["unique_id", "ds"]].sort_values(["unique_id", "ds"])
    number = (asof - out["ds"]).dt.days
    unbroken = number == out.groupby("unique_id").cumcount(ascending=False)
    first: pd.Series = out[unbroken].groupby("unique_id")["ds"].min()
    return first


def answer(fitted: Fitted, frames: Frames) -> dict[str, pd.DataFrame]:
    """Forecast from the freshest history and turn it into the rows that the shop is served."""
    variants = add_sales_facts(variants_with_terms(frames), frames)
    reach = int((variants["lead_time_days"] + variants["review_days"]).max())
    forecast = predict_panel(fitted, frames, horizon=max(fitted.horizon, reach))
    variants = variants.set_index("variant_id").loc[forecast.ids.astype(np.int64)].reset_index()
    return {"forecasts": forecast_rows(forecast, variants), "stock_advice": advice_rows(forecast, variants, frames)}


def advice_rows(forecast: Forecast, variants: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Advise on every variant by the forecast, with the merchant's own numbers put in its place."""
    today = frames.asof + timedelta(days=1)
    ids = variants["variant_id"].to_numpy(dtype=np.int64)
    mean, own = apply_overrides(forecast.mean, ids, standing_overrides(frames), today=today)
    outlook = Outlook(mean, forecast.dispersion, np.asarray(forecast.model_error))
    cost_share = float(frames["terms"]["cost_share"].iloc[0])
    advice = advise(variants, outlook, shared_stock(frames["stock"]), today=today, cost_share=cost_share)
    kept = ["variant_id", "product_title", "title", "sku", "vendor", *RULES, "cover_days", "pack_size", "minimum_order"]
    advice = advice.merge(variants[kept], on="variant_id")
    return advice.assign(is_overridden=advice["variant_id"].isin(ids[own]))


def standing_overrides(frames: Frames) -> list[Override]:
    """Read the merchant's own numbers."""
    rows = frames["overrides"].to_dict("records")
    return [Override(int(row["variant_id"]), row["units"], row["first_day"], row["last_day"]) for row in rows]


def shared_stock(stock: pd.DataFrame) -> pd.DataFrame:
    """Give each location its share of demand by the units that left it lately."""
    return location_shares(stock, stock[["variant_id", "location_id"]].assign(units=stock["moved"]))


def forecast_rows(forecast: Forecast, variants: pd.DataFrame) -> pd.DataFrame:
    """Give one row per variant: the daily mean, quantiles of the two sums that decisions use, and its parts."""
    protection = (variants["lead_time_days"] + variants["review_days"]).to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            "variant_id": variants["variant_id"],
            "mean": list(np.round(forecast.mean.astype(np.float64), 4)),
            "lead_quantiles": quantiles(forecast, protection),
            "month_quantiles": quantiles(forecast, np.full_like(protection, MONTH)),
            "parts": parts(forecast),
        }
    )


def quantiles(forecast: Forecast, days: NDArray[np.int64]) -> list[dict[str, float]]:
    """Name the quantiles of each variant's demand over its number of days by their level."""
    columns = np.column_stack([forecast.quantile_of_sum(days, level) for level in LEVELS])
    names = [f"{level:g}" for level in LEVELS]
    return [dict(zip(names, row, strict=True)) for row in columns.tolist()]


def parts(forecast: Forecast) -> list[list[list[str | float]]]:
    """Explain the month in words and units that add up; what changes nothing is not told."""
    table = forecast.level_parts(MONTH)
    names = [name for name in PARTS if name in table]
    rows = np.round(table[names].to_numpy(dtype=np.float64), 2)
    return [[[name, units] for name, units in zip(names, row, strict=True) if units] for row in rows.tolist()]
