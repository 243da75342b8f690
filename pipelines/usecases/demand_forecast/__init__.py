"""Demand forecast: units of each variant that will sell, day by day.

Reads   daily_sales: unique_id | ds | y (| stockout | in_stock), series: unique_id | product_type | first_day | …,
        planned_sales: unique_id | first_day | last_day | depth | known_from | announced
Writes  unique_id | ds | y_hat, and sums: unique_id | days | quantile | y
"""

from datetime import timedelta

from pipelines.usecases.contract import Circumstance, Metric, Monitored, PairedWeeks, UseCase
from pipelines.usecases.demand_forecast.gates import GATES
from pipelines.usecases.demand_forecast.outputs import OUTPUTS, OWN_FRAMES, REHEARSAL
from pipelines.usecases.demand_forecast.wording import WORDS

USE_CASE = UseCase(
    slug="demand_forecast",
    title="Demand forecast",
    needs=(
        "daily_sales",
        "series",
        "stock",
        "deliveries",
        "lead_times",
        "stock_history",
        "rules",
        "overrides",
        "odd_orders",
        "planned_sales",
        "terms",
    ),
    min_history=timedelta(days=28),
    unit="variant",
    serves="batch",
    reaches_shoppers=False,  # its metafields have no storefront access
    primary_metric=Metric("rmsse", lower_is_better=True),
    evidence=PairedWeeks(
        said="forecasts",
        reads=("variant_id", "origin", "mean", "dispersion", "model_error"),
        compare="judging.comparison:compare",
    ),
    fit="model:fit",
    predict="model:predict",
    evaluate="judging.evaluation:evaluate",
    replay="judging.past_in_money:replay_past",
    answer="serving:answer",
    dump="model:dump",
    load="model:load",
    present="presentation:present",
    settings={"review_days": "review_days", "lead_days": "lead_time_days"},
    tested_with=("lead_days",),
    outputs=OUTPUTS,
    own_frames=OWN_FRAMES,
    rehearsal=REHEARSAL,
    monitored=Monitored(
        features=("y", "price", "discount", "stockout"),
        prediction="mean",
        outcome="y",
        matures_after=timedelta(days=7),  # late cancellations are in by then
        accuracy="judging.monitoring:accuracy",
        missed=("missed", "missed_by_rule"),
        totals=("wape", "wape_by_rule"),
        rows="judging.watched:rows",
        level="judging.level:level",
        names={"y": "sales a day", "price": "prices", "discount": "discounts", "stockout": "days out of stock"},
        may_rest=("discount", "stockout"),
        circumstances=(
            Circumstance("lead times", "circumstances:lead_times", "circumstances:lead_times_changed", most=0.1),
            Circumstance("catalogue", "circumstances:catalogue", "circumstances:catalogue_changed", most=0.2),
        ),
    ),
    gates=GATES,
    words=WORDS,
    own_words=("forecast", "stock advice", "seasonal naive", "order list", "days of cover"),
)
