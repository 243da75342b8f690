"""Each order of late is watched, with the days since the one before it."""

from pipelines.usecases.repeat_orders.judging.watched import LATELY, rows
from tests.pipelines.usecases.repeat_orders import shop


def test_a_row_for_each_order_of_late() -> None:
    told = rows(shop.of_days(days=140))
    assert list(told) == ["ds", "gap", "paid"] and told["ds"].nunique() <= LATELY
    assert (told["gap"].dropna() >= 1).all() and told["gap"].notna().any()
