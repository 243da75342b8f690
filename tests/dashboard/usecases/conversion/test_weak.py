"""That peak hours are weaker is said only beyond what chance and the days explain."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from dashboard.usecases.conversion.queries.hours import Hour, Hours, Sums, peaks_in_words
from dashboard.usecases.conversion.queries.weak import weakest

DAY = date(2026, 11, 1)


def drawn(seed: int, *, lost: float = 0.0, swing: float = 0.0, days: int = 28) -> Hours:
    """Draw days whose carts go on by chance, and by how the day is; `lost` is what peak hours lose of it."""
    random = np.random.default_rng(seed)
    each = []
    for number in range(days):
        for is_peak, visits in ((True, 600), (False, 1400)):
            usual = 0.4 + swing * random.standard_normal() - (lost if is_peak else 0.0)
            carts = int(random.binomial(visits, 0.15))
            checkouts = int(random.binomial(carts, min(0.95, max(0.05, usual))))
            orders = int(random.binomial(checkouts, 0.55))
            sums = Sums(visits=visits, carts=carts, checkouts=checkouts, orders=orders, sales_minor=orders * 5000)
            each.append(Hour(DAY + timedelta(days=number), 18 if is_peak else 9, is_peak, sums))
    return Hours(tuple(each))


@pytest.mark.parametrize("swing", [0.0, 0.12], ids=["days alike", "days that differ"])
def test_chance_and_days_alone_are_seldom_called_weak(swing: float) -> None:
    found = sum(weakest(drawn(seed, swing=swing)) is not None for seed in range(400))
    assert found <= 0.045 * 400  # one side of 19 of 20 is .025, and some room


def test_what_is_lost_is_found_with_a_range_that_holds_it() -> None:
    held = 0
    for seed in range(100):
        weak = weakest(drawn(seed, lost=0.08))
        assert weak is not None and weak.step == "checkouts"
        held += weak.low <= 28 * 600 * 0.15 * 0.08 * 0.55 <= weak.high
    assert held >= 93


def test_nothing_is_said_before_two_weeks_or_of_too_few() -> None:
    assert weakest(drawn(1, lost=0.3, days=13)) is None
    few = [hour._replace(counted=Sums(visits=3, carts=2, checkouts=int(not hour.is_peak))) for hour in drawn(1).each]
    assert weakest(Hours(tuple(few))) is None


def test_peak_hours_are_named_as_a_clock_shows_them() -> None:
    assert (
        peaks_in_words({"weekday": [10, 18, 19, 20, 21], "weekend": []}) == "10 to 11, 18 to 22 from Monday to Friday"
    )
    assert peaks_in_words({}) == ""
