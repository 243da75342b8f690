"""What Home says of stock."""

from pipelines import words
from pipelines.models.usecases.demand_forecast import StockAdvice, StockTotals


def test_a_shop_sees_stock_first_in_the_money_of_what_runs_short(shop, see):
    StockAdvice.objects.filter(status="ok").update(lost_units=0.4, at_risk_minor=99_900)  # no whole unit is missed
    StockTotals.sum_up(shop)
    short = StockAdvice.objects.filter(lost_units__gte=0.5)
    page = see("/").content.decode()
    assert words.money(sum(row.at_risk_minor for row in short), shop.currency) in page
    assert page.index("of sales at risk") < page.index("Review and decide")
    assert page.count('variant="primary"') == 1
