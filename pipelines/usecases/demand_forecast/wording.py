"""How the demand forecast is spoken of."""

from pipelines.usecases.wording import CardWords, Words

CARD = CardWords(
    figures={
        "rmsse": "Error per day (RMSSE)",
        "wape28": "Error of the 28-day total (WAPE)",
        "bias": "Bias",
        "mase": "Error per day (MASE)",
        "coverage95": "Share of sums (three weeks, or the horizon) within the 95 % quantile",
    },
    rivals={
        "seasonal_naive": "Last week again",
        "moving_average": "28-day mean",
        "last_year": "Last year's weeks",
        "croston_sba": "Croston-SBA",
    },
    origins="Forecast from",
    knows="It knows sales, stock, prices and the calendar of this shop, and nothing else.",
    season_days=393,  # a year, and four weeks before it to compare with
    proof_days=140,
)

WORDS = Words(
    answer="forecast",
    answers="forecasts",
    unit="variant",
    units="variants",
    too_few="Too few past sales",
    acting="Ordering by it",
    not_split="This forecast answers for products, not for shoppers, so shoppers cannot be split between two versions.",
    card=CARD,
)
