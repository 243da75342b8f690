"""Weeks are priced by a proper score of what is at stake, on customers of whom both spoke."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.repeat_orders import model, serving
from pipelines.usecases.repeat_orders.judging.comparison import accuracy, compare, who_came
from tests.frames import LAST_DAY
from tests.pipelines.usecases.repeat_orders import shop

FIRST = LAST_DAY - timedelta(days=6)


def told(frames: Frames) -> pd.DataFrame:
    """Return what a version had said of the last week on the day before it."""
    then = Frames(frames.tables, FIRST - timedelta(days=1))
    return serving.answer(model.fit(then), then)["repeat_chances"].assign(first_day=FIRST)


def test_a_week_is_priced_beside_another_version_and_beside_the_simple_rule() -> None:
    frames = shop.of_days(days=120, customers=150)
    new = told(frames)
    worse = new.assign(within_7=np.minimum(1, 2 * new["within_7"]))
    (row,) = compare(frames, new, worse).to_dict("records")
    assert row["loss"] < row["against"] and row["bets"]["answers"] < 0 and row["units"] == len(new)
    (flipped,) = compare(frames, worse, new).to_dict("records")
    assert (flipped["loss"], flipped["against"]) == (row["against"], row["loss"])
    (rule,) = compare(frames, new).to_dict("records")
    assert rule["loss"] == row["loss"] != rule["against"] > 0


def test_the_truth_is_the_cheapest_chance_to_say() -> None:
    frames = shop.of_days(days=120, customers=150)
    new = told(frames)
    came = who_came(frames, new, FIRST, 7)
    truth = new.assign(within_7=came)
    assert compare(frames, truth, new)["loss"].item() == 0


def test_a_week_that_is_not_over_is_not_priced_and_a_customer_of_one_alone_not_compared() -> None:
    frames = shop.of_days(days=120)
    new = told(frames)
    assert compare(frames, new.assign(first_day=LAST_DAY), new.assign(first_day=LAST_DAY)).empty
    (row,) = compare(frames, new, new.iloc[5:]).to_dict("records")
    assert row["units"] == len(new) - 5 and row["coverage"] == pytest.approx(1 - 5 / len(new))


def test_figures_of_a_period_are_those_of_its_own_length() -> None:
    frames = shop.of_days(days=120)
    week, day = (accuracy(frames, told(frames), days=days) for days in (7, 1))
    assert week["ordered"] > day["ordered"] and week["said"] > day["said"]
    assert week["missed"] > 0 and week["missed_by_rule"] > 0


def test_who_was_forgotten_since_is_not_judged() -> None:
    frames = shop.of_days(days=120)
    new = told(frames)
    gone = new["customer"].iloc[0]
    table = frames["customer_orders"]
    left = Frames({"customer_orders": table[table["unique_id"] != gone]}, LAST_DAY)
    (row,) = compare(left, new).to_dict("records")
    assert row["units"] == len(new) - 1
