"""Chances rise with what is due, fall for who is long gone, and beat the simple rule where intervals differ."""

import numpy as np
import pytest

from pipelines.usecases.contract import Frames, NotEnoughHistory
from pipelines.usecases.repeat_orders import model, past
from pipelines.usecases.repeat_orders.customers import days_of, number_of
from tests.frames import LAST_DAY
from tests.pipelines.usecases.repeat_orders import shop


def test_a_longer_horizon_is_more_likely_and_who_is_long_gone_less() -> None:
    frames = shop.of_days(days=140, customers=200)
    fitted = model.fit(frames)
    known = days_of(frames).known_on(number_of(LAST_DAY))
    week, month = fitted.chances(known, 7), fitted.chances(known, 28)
    assert (month > week).mean() > 0.95
    due = np.exp(known["gap"]) - known["since"]
    gone, is_due = known["since"] > 3 * np.exp(known["gap"]), due.abs() < 3
    assert week[is_due].mean() > 3 * week[gone].mean()


def test_orders_that_name_nobody_are_refused_in_words() -> None:
    empty = Frames({"customer_orders": shop.of_days()["customer_orders"].iloc[:0]}, LAST_DAY)
    with pytest.raises(NotEnoughHistory) as refusal:
        model.fit(empty)
    assert "names a customer" in refusal.value.sentence


@pytest.mark.parametrize("customers", [1, 3])
def test_a_few_customers_are_enough_to_say_something(customers: int) -> None:
    frames = shop.of_days(customers=customers)
    said = model.predict(model.fit(frames), frames)["y_hat"]
    assert ((said > 0) & (said < 1)).all() and len(said) >= 1


def test_nobody_who_came_leaves_the_chance_small_and_everybody_great() -> None:
    known = days_of(shop.of_days()).known_on(number_of(LAST_DAY))
    for came, low, high in ((np.zeros(len(known)), 0.0, 0.1), (np.ones(len(known)), 0.9, 1.0)):
        weights = np.array(model.learned(past.Past(known, came)))
        assert low <= model.chances(known, weights).mean() <= high
