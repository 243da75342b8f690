"""What the demand forecast says and reads besides: its tables, its own frames, and what the test store looks at."""

from pipelines.usecases.contract import Figure, Metafields, Output, OwnFrame, Rehearsal, Remembered, Shown

TOTAL = 0  # the place that stands for all of them

OUTPUTS = (
    Output("forecasts", table="Forecast", judge="sound:forecasts", kept=Remembered()),
    Output(
        "stock_advice",
        table="StockAdvice",
        judge="sound:advice",
        kept=Shown(sums="StockTotals"),
        metafields=Metafields(
            types={"forecast_28": "number_integer", "days_of_cover": "number_decimal", "reorder_date": "date"},
            values="publishing:values",
            columns=("forecast_28", "days_of_cover", "order_by"),
            rows={"location_id": TOTAL},
            best="forecast_28",
        ),
    ),
)
OWN_FRAMES = (
    OwnFrame(
        "overrides",
        table="ForecastOverride",
        columns={"variant_id": "", "units": "", "first_day": "", "last_day": ""},
        series="variant_id",
    ),
    OwnFrame(
        "odd_orders",
        table="OddOrder",
        columns={"unique_id": "int64", "ds": "datetime64[s]", "counts": "bool"},
        fields={"unique_id": "variant_id", "ds": "day"},
        series="unique_id",
    ),
)
REHEARSAL = Rehearsal(
    expected=Figure("expected", "units", "rehearsal:tomorrow"),
    happened=Figure("sold", "units", "rehearsal:sold_on"),
    differing=Figure("differing_orders", "variants", "rehearsal:orders"),
    jumps=Figure("week", "units", "rehearsal:week"),
    figures=(
        Figure("orders", "variants", "rehearsal:variants_to_order"),
        Figure("order_units", "units", "rehearsal:units_to_order"),
    ),
    names="rehearsal:names",
    few=20,
    too_few="Too few sales to weigh errors",
)
