"""What comes in when, and how it cuts the days ahead."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.usecases.demand_forecast.ordering.coming import NEVER, coming_to, spells_of

TODAY = date(2026, 11, 20)
ROWS = pd.DataFrame({"variant_id": [1, 2, 1, 1], "location_id": [0, 0, 7, 8], "incoming": [12.0, np.nan, 9.0, 3.0]})


def deliveries(*rows):
    known = pd.DataFrame(rows, columns=["variant_id", "location_id", "days", "units"])
    return known.assign(ds=[TODAY + timedelta(days=days) for days in known.pop("days")])


def test_deliveries_come_to_each_place_and_to_all_together():
    coming = coming_to(ROWS, deliveries((1, 7, 5, 4), (1, 7, 2, 1), (1, 8, 5, 2), (9, 7, 1, 50)), TODAY)
    assert coming.days[:2].T.tolist() == [[2, 5], [NEVER, NEVER], [2, 5], [5, NEVER]]
    assert coming.units[:2].T.tolist() == [[1, 6], [0, 0], [1, 4], [2, 0]]
    assert coming.undated.tolist() == [5, 0, 4, 1]
    assert coming.has_days.tolist() == [True, False, True, True]


def test_what_should_have_come_comes_today():
    assert coming_to(ROWS, deliveries((1, 7, -3, 4)), TODAY).days[0].tolist() == [0, NEVER, 0, NEVER]


def test_days_beyond_the_last_that_is_told_apart_share_its_place_and_lose_nothing():
    coming = coming_to(ROWS, deliveries(*((1, 7, day, 1) for day in range(30))), TODAY)
    assert coming.units[:, 0].tolist() == [1] * 23 + [7] and coming.days[-1, 0] == 29


def test_spells_begin_where_something_comes_in():
    coming = coming_to(ROWS, deliveries((1, 7, 3, 4), (1, 7, 10, 2), (1, 8, 16, 2), (1, 8, 30, 1)), TODAY)
    spells = spells_of(coming.take(np.array([0, 1])), np.array([10, 10]), np.array([7, 7]))
    assert spells.starts.T.tolist() == [[0, 0, 0, 0, 3, 10, 16], [0, 0, 0, 0, 0, 10, 17]]
    assert spells.ends.T.tolist() == [[0, 0, 0, 3, 10, 16, 17], [0, 0, 0, 0, 10, 17, 17]]
    assert spells.coming.T.tolist() == [[0, 0, 0, 0, 4, 3 + 2, 2], [0] * 7]
    assert spells.after_arrival == 1


def test_without_days_there_are_two_spells():
    coming = coming_to(ROWS, deliveries(), TODAY)
    spells = spells_of(coming.take(np.array([0])), np.array([10]), np.array([7]))
    assert (spells.starts.tolist(), spells.ends.tolist(), spells.coming.tolist()) == (
        [[0], [10]],
        [[10], [17]],
        [[0], [12]],
    )
