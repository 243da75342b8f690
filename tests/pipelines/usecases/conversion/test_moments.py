"""What a moment knew, what is known by now of its outcome, and how it is asked again."""

import json
from datetime import timedelta

import numpy as np
import pandas as pd

from pipelines.usecases.conversion.moments import COLUMNS, ages, moments, questions, rows_of, weight_of
from tests.pipelines.usecases.conversion import shop


def test_nothing_after_the_last_day_is_read() -> None:
    told = shop.frames(20, 10)["moments"]
    before = shop.of(told, shop.LAST_DAY - timedelta(days=5))
    assert moments(before)["ds"].max() == pd.Timestamp(before.asof)
    assert set(moments(before, "checkout")["of"]) == {"checkout"}


def test_a_moment_ages_until_the_end_of_the_last_day() -> None:
    told = pd.DataFrame({"at": pd.to_datetime(["2026-11-22 18:00", "2026-11-21 18:00"])})
    assert ages(told, shop.LAST_DAY).tolist() == [6.0, 30.0]


def test_rows_come_oldest_first_with_labels_of_the_ripe_alone() -> None:
    rows = rows_of(shop.frames(20, 10), "session")
    assert (np.diff(rows.day) >= 0).all()
    whole = rows.day < rows.day.max() - 1
    assert np.isfinite(rows.came[whole]).all() and set(rows.came[whole]) == {0.0, 1.0}


def test_moments_of_one_session_count_as_one() -> None:
    rows = rows_of(shop.frames(20, 10), "session")
    assert 0.2 < rows.weight < 0.6
    assert rows.weight * len(rows) == (rows.known["events"] == 1).sum()
    assert weight_of(shop.frames(20, 10)["moments"].drop(columns="events")) == 1.0


def test_questions_are_json_in_the_order_of_the_answers() -> None:
    shop_now = shop.changed(shop.frames(20, 10), is_returning=np.nan, device=None)
    asked = questions(shop_now)
    assert json.loads(json.dumps(asked, allow_nan=False)) == asked
    assert len(asked) == len(moments(shop_now)) and asked[0].keys() == {"of", *COLUMNS.all}
    assert asked[0]["is_returning"] is None and isinstance(asked[0]["events"], int)
