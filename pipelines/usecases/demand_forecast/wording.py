"""How the demand forecast is spoken of."""

from pipelines.usecases.wording import FigureName, PageWords, Words

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
    figures=(
        FigureName("rmsse", "Error per day, against the usual swing", is_share=False),
        FigureName("wape28", "Error of 28-day totals, share of what sold"),
        FigureName("bias", "Too high (+) or too low (−) in all"),
        FigureName("coverage95", "Three-week totals within the level meant for 95 %"),
    ),
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

WORDS = Words(
    answer="forecast",
    answers="forecasts",
    verb="forecast",
    unit="variant",
    units="variants",
    page=PAGE,
)
