"""What the live version says today: forecasts and stock advice, from the freshest history.

Reads   daily_sales, series, stock, deliveries, lead_times, rules, overrides, terms (see lifecycle/data/dataset.py)
Writes  forecasts: variant_id | mean | lead_quantiles | month_quantiles | parts | odd_days, and
        stock_advice: variant_id | location_id | status | ... | history | outlook
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.frames import Matrix
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.backtesting.spread import USUAL_LEAD_DAYS, Doubt
from pipelines.usecases.demand_forecast.explanation import explain
from pipelines.usecases.demand_forecast.judging.past_in_money import censored_days
from pipelines.usecases.demand_forecast.learning.baselines import SAFE_DEFAULT, SIMPLE_RULES
from pipelines.usecases.demand_forecast.learning.history import History, history_of
from pipelines.usecases.demand_forecast.model import LEAST_HORIZON, Fitted, Forecast, forecast_by_rule, forecast_from
from pipelines.usecases.demand_forecast.ordering.known import TOTAL
from pipelines.usecases.demand_forecast.ordering.stock import MONTH, Outlook, advise
from pipelines.usecases.demand_forecast.ordering.stock_inputs import (
    Override,
    apply_overrides,
    location_shares,
    measured_times,
    on_order_days,
    variants_with_terms,
)
from pipelines.usecases.demand_forecast.promotions.told import planned_sales
from pipelines.usecases.demand_forecast.sparklines import sparklines

YEAR = 365
WEEK = 7
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
KNOWN_STOCKOUT = 1
SEARCHED = 500  # characters: an index entry holds 2,700 bytes
ONLY_VARIANT = "Default Title"  # what Shopify calls the variant of a product that has no options


def add_sales_facts(variants: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Add what each variant sold lately, since when it sells, and since when it is out of stock."""
    sales, asof = frames["daily_sales"], pd.Timestamp(frames.asof)
    sold = sales[sales["y"] > 0]
    ids = variants["variant_id"]
    paid = sold["y"] * sold["price"] * (1 - sold["discount"].fillna(0.0))
    year = sold["ds"] > asof - timedelta(days=YEAR)
    month = sold["ds"] > asof - timedelta(days=MONTH)
    days = sold.groupby("unique_id")["ds"].agg(["min", "max", "size"]).reindex(ids).set_axis(variants.index)
    first = pd.concat([variants["first_day"], days["min"]], axis=1).min(axis=1)
    return variants.assign(
        sold_28=ids.map(sold[month].groupby("unique_id")["y"].sum()).fillna(0.0).to_numpy(dtype=np.float64),
        revenue_minor=ids.map(paid[year].groupby(sold["unique_id"]).sum()).fillna(0.0).to_numpy(dtype=np.float64),
        sale_days=days["size"].fillna(0).to_numpy(dtype=np.int64),
        age_days=(asof - first).dt.days.fillna(0).to_numpy(dtype=np.int64) + 1,
        idle_days=(asof - days["max"]).dt.days.to_numpy(dtype=np.float64),
        out_since=out_since(sales, asof).reindex(ids).to_numpy(dtype="datetime64[s]"),
    )


def out_since(sales: pd.DataFrame, asof: pd.Timestamp) -> pd.Series:
    """Give the first day of a stock-out that still lasts on the last day, by series."""
    out = sales.loc[sales["stockout"] == KNOWN_STOCKOUT, ["unique_id", "ds"]].sort_values(["unique_id", "ds"])
    number = (asof - out["ds"]).dt.days
    unbroken = number == out.groupby("unique_id").cumcount(ascending=False)
    first: pd.Series = out[unbroken].groupby("unique_id")["ds"].min()
    return first


def answer(fitted: Fitted | None, frames: Frames) -> dict[str, pd.DataFrame]:
    """Forecast from the freshest history and turn it into the rows that the shop is served.

    Without a version the simple rule answers: the sales of the same weekday last week.
    """
    variants = add_sales_facts(variants_with_terms(frames), frames)
    farthest = on_order_days(variants, today_of(frames))
    reach = max(LEAST_HORIZON, int((farthest["lead_time_days"] + farthest["review_days"]).max()))
    history = history_of(frames)
    forecast = forecast_from(fitted, history, horizon=reach) if fitted else simple_rule(history, reach)
    variants = variants.set_index("variant_id").loc[forecast.ids.astype(np.int64)].reset_index()
    level = "recent_level" if fitted else "last_week"
    rows = forecast_rows(forecast, variants, level, planned_sales(history, MONTH))
    rows["odd_days"] = pd.Series(odd_days(history), index=rows.index, dtype=object)
    return {"forecasts": rows, "stock_advice": advice_rows(forecast, variants, frames)}


def today_of(frames: Frames) -> date:
    """Return the day after the last one that is known."""
    return frames.asof + timedelta(days=1)


def simple_rule(history: History, horizon: int) -> Forecast:
    """Repeat last week, with the usual doubt."""
    return forecast_by_rule(history, horizon, SIMPLE_RULES[SAFE_DEFAULT], Doubt(), USUAL_LEAD_DAYS)


def advice_rows(forecast: Forecast, variants: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Advise on every variant by the forecast, with the merchant's own numbers put in its place."""
    today = today_of(frames)
    ids = variants["variant_id"].to_numpy(dtype=np.int64)
    mean, own = apply_overrides(forecast.mean, ids, standing_overrides(frames), today=today)
    outlook = Outlook(mean, forecast.spread.paced(mean))
    cost_share = float(frames["terms"]["cost_share"].iloc[0])
    stock, deliveries = shared_stock(frames["stock"]), frames["deliveries"]
    ordered = on_order_days(variants, today)
    waits = (ordered["lead_time_days"] - variants["lead_time_days"]).to_numpy(dtype=np.float64)
    times = measured_times(variants, frames["lead_times"]) + waits[:, None]
    advice = advise(ordered, outlook, stock, deliveries, today=today, lead_times=times, cost_share=cost_share)
    shown = described(variants).assign(is_overridden=own)
    advice = advice.merge(shown, on="variant_id")
    total = advice["location_id"] == TOTAL
    lines = pd.Series(drawn(history_of(frames), mean, advice[total]), index=advice.index[total])
    return advice.assign(spark=lines.reindex(advice.index).fillna(""))


def described(variants: pd.DataFrame) -> pd.DataFrame:
    """Say what a variant is called, what finds it, and by which rules it was judged."""
    title = variants["product_title"]
    subtitle = variants["title"].where(variants["title"] != ONLY_VARIANT, "")
    names = ["lead_time_days", "review_days", "cover_days", "pack_size", "minimum_order", "service_level", "continues"]
    searched = (title + " " + subtitle + " " + variants["sku"]).str.lower().str.split().str.join(" ")
    rules = variants[names].astype(object).where(variants[names].notna(), None)
    return pd.DataFrame(
        {
            "variant_id": variants["variant_id"],
            "title": title,
            "subtitle": subtitle,
            "sku": variants["sku"],
            "vendor": variants["vendor"],
            "search": searched.str[:SEARCHED],
            "rule": rules.to_dict("records"),
        }
    )


def drawn(history: History, mean: Matrix, advice: pd.DataFrame) -> list[str]:
    """Draw 28 days back and ahead of every variant; the range of a day is that of the month, in proportion."""
    sold, ahead = last_columns(history.known, MONTH), mean[:, :MONTH]
    gone = last_columns(censored_days(history), MONTH).astype(np.bool_)
    expected = advice["forecast_28"].to_numpy(dtype=np.float64)
    low, high = (
        ahead * np.divide(advice[name].to_numpy(), expected, out=np.zeros_like(expected), where=expected > 0)[:, None]
        for name in ("low_28", "high_28")
    )
    return sparklines(sold, gone, ahead, low, high, advice["title"].tolist())


def last_columns(matrix: NDArray[Any], count: int) -> NDArray[Any]:
    """Give the last columns, with empty ones in front where there are too few."""
    return np.pad(matrix[:, -count:], ((0, 0), (max(0, count - matrix.shape[1]), 0)))


def standing_overrides(frames: Frames) -> list[Override]:
    """Read the merchant's own numbers."""
    rows = frames["overrides"].to_dict("records")
    return [Override(int(row["variant_id"]), row["units"], row["first_day"], row["last_day"]) for row in rows]


def shared_stock(stock: pd.DataFrame) -> pd.DataFrame:
    """Give each location its share of demand by the units that left it lately."""
    return location_shares(stock, stock[["variant_id", "location_id"]].assign(units=stock["moved"]))


def forecast_rows(forecast: Forecast, variants: pd.DataFrame, level: str, sales: list[str]) -> pd.DataFrame:
    """Give one row per variant: the daily mean, how far it may be off, and why it is what it is."""
    protection = (variants["lead_time_days"] + variants["review_days"]).to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            "variant_id": variants["variant_id"],
            "mean": list(np.round(forecast.mean.astype(np.float64), 4)),
            "dispersion": np.round(forecast.spread.scatter(WEEK), 4),  # of a week, as two versions are compared
            "model_error": np.round(forecast.spread.error(WEEK), 4),
            "lead_quantiles": quantiles(forecast, protection),
            "month_quantiles": quantiles(forecast, np.full_like(protection, MONTH)),
            "parts": parts(forecast, variants["sold_28"], level, sales),
        }
    )


def odd_days(history: History) -> list[list[tuple[str, float, float]]]:
    """List the unusual days of each variant, the newest first: when, what sold and what of it counts."""
    told: list[list[tuple[str, float, float]]] = [[] for _ in history.panel.ids]
    odd = history.odd
    for at in np.argsort(-odd.column, kind="stable"):
        day = str(history.day(int(odd.column[at])).astype("datetime64[D]"))
        told[odd.row[at]].append((day, round(float(odd.sold[at]), 2), round(float(odd.counts[at]), 2)))
    return told


def quantiles(forecast: Forecast, days: NDArray[np.int64]) -> list[dict[str, float]]:
    """Name the quantiles of each variant's demand over its number of days by their level."""
    columns = np.column_stack([forecast.quantile_of_sum(days, level) for level in LEVELS])
    names = [f"{level:g}" for level in LEVELS]
    return [dict(zip(names, row, strict=True)) for row in columns.tolist()]


def parts(forecast: Forecast, sold: pd.Series, level: str, sales: list[str]) -> list[list[tuple[str, int]]]:
    """Lead from what sold to what is forecast, in words and whole units that add up.

    `level` is what it starts from, `sales` what is said of each variant's planned sale.
    """
    table = forecast.level_parts(MONTH).drop(columns="unique_id").rename(columns={"recent_level": level})
    totals = table.pop("total")
    names = [str(name) for name in table.columns]
    return [
        explain(dict(zip(names, row, strict=True)), sold_28=units, forecast_28=total, promotion=sale)
        for row, units, total, sale in zip(
            table.to_numpy().tolist(), sold.tolist(), totals.tolist(), sales, strict=True
        )
    ]
