"""How the demand forecast is spoken of."""

from pipelines.usecases.wording import CardWords, FigureName, PageWords, Words

PAGE = PageWords(
    objection="new products look too low",
    learning=(
        "We train a forecast on your orders and compare it with the best of the simple rules: last week’s sales, the "
        "average of four weeks, last year’s weeks."
    ),
    rule_goes_on="The simple rule orders as if last week’s sales went on.",
    worth=(
        "Cost of ordering too little or too much in the replay of your own past weeks. Simple rule: the best of last "
        "week’s sales, the average of four weeks and last year’s weeks; each version’s page names it."
    ),
    comparing=(
        "Models of products are compared on the same products instead: both versions forecast, and weeks count seven "
        "days after their end."
    ),
    errors_weigh="A unit too many weighs what your service level says.",
    missed="Units missed a day, days without stock left out",
    figures=(
        FigureName("rmsse", "Error per day, against the usual swing", is_share=False),
        FigureName("wape28", "Error of 28-day totals, share of what sold"),
        FigureName("bias", "Too high (+) or too low (−) in all"),
        FigureName("coverage95", "Three-week totals within the level meant for 95 %"),
    ),
    watched=(
        FigureName("wape", "Error of a day’s sales"),
        FigureName("bias", "Too high (+) or too low (−) in all"),
        FigureName("skill", "Better than last week’s sales by"),
        FigureName("coverage95", "Within the level meant for 95 %"),
        FigureName("stockout_share", "Left out: out of stock"),
    ),
    features={"y": "Units sold", "price": "Price", "discount": "Discount", "stockout": "Out of stock"},
    costs={
        "too_little": "Too little stock cost",
        "too_much": "Too much stock cost",
        "overstock_value": "Stock not needed at the end",
    },
    members={
        "cheap": "Four plain methods",
        "season": "Sales of last year’s weeks",
        "trees": "Decision trees",
        "total": "The shop’s total",
    },
)

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
    verb="forecast",
    unit="variant",
    units="variants",
    too_few="Too few past sales",
    acting="Ordering by it",
    not_split="This forecast answers for products, not for shoppers, so shoppers cannot be split between two versions.",
    card=CARD,
    page=PAGE,
)
