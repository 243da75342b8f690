"""Demand forecast: units of each variant that will sell, day by day.

Reads   daily_sales: unique_id | ds | y (| stockout), series: unique_id | product_type | first_day | price | ...
Writes  unique_id | ds | y_hat, and sums: unique_id | days | quantile | y
"""

from datetime import timedelta

from pipelines.usecases.contract import Metric, PairedWeeklyLoss, UseCase

USE_CASE = UseCase(
    slug="demand_forecast",
    title="Demand forecast",
    needs=("daily_sales", "series", "stock", "stock_history", "rules", "overrides", "terms"),
    min_history=timedelta(days=28),
    unit="variant",
    serves="batch",
    primary_metric=Metric("rmsse", lower_is_better=True),
    evidence=PairedWeeklyLoss(),
    fit="model:fit",
    predict="model:predict",
    evaluate="evaluation:evaluate",
    replay="past_in_money:replay_past",
    answer="serving:answer",
    dump="model:dump",
    load="model:load",
    present="presentation:present",
)
