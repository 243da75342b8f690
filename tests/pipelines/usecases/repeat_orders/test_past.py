"""What past days knew, of a sample where customers are very many."""

import pytest

from pipelines.usecases.repeat_orders import past
from pipelines.usecases.repeat_orders.customers import days_of, number_of
from pipelines.usecases.repeat_orders.past import past_of
from tests.frames import LAST_DAY
from tests.pipelines.usecases.repeat_orders import shop


def test_very_many_customers_are_sampled_by_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MOST", 20)
    days = days_of(shop.of_days(customers=60))
    some = past.sampled(days).rows["unique_id"].unique()
    assert len(some) == 20 and set(some % 3) == {0}


def test_a_past_day_is_looked_at_only_with_what_it_knew() -> None:
    days, day = days_of(shop.of_days()), number_of(LAST_DAY)
    looked = past_of(days, day, 7)
    assert len(looked.known) == len(looked.came) > 0
    assert past_of(days, days.first + 3, 7).known.empty
