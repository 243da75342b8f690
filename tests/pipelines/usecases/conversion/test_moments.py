"""What a moment knew, what is known by now of its outcome, and how it is asked again."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from pipelines.endpoints.answering.memory import Place
from pipelines.endpoints.checkout.told import understand
from pipelines.usecases.conversion import model
from pipelines.usecases.conversion.moments import COLUMNS, ages, columns_of, moments, questions, rows_of, weight_of
from pipelines.usecases.conversion.scorer import CHECKOUT, chance
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
    assert weight_of(moments(shop.frames(20, 10), "session").drop(columns="events")) == 1.0


def test_moments_of_one_checkout_count_as_one_and_all_alike() -> None:
    rows = rows_of(shop.frames(20, 10), "checkout")
    starts = rows.known["changes"] == 0
    assert rows.weight * len(rows) == starts.sum() < len(rows)
    assert weight_of(rows.known.drop(columns="changes")) == 1.0  # nobody noted steps


def test_a_checkout_stays_on_the_day_on_which_it_began() -> None:
    told = shop.frames(20, 10)["moments"]
    start = told[told["changes"] == 0].head(1)
    after = start.assign(at=start["ds"] + pd.Timedelta(days=1, minutes=5), changes=1, unique_id=0)
    rows = rows_of(shop.of(pd.concat([told, after])), "checkout")
    assert (np.diff(rows.day) >= 0).all()
    assert rows.day[rows.known["unique_id"] == 0] == rows.day[rows.known["unique_id"] == start["unique_id"].item()]


def test_an_address_is_learned_from_where_it_is_told_of_before_a_delivery_and_stands_for_none_elsewhere() -> None:
    frames = shop.frames(40, 40)
    assert columns_of(rows_of(frames, CHECKOUT)) == COLUMNS
    by_shopify = shop.changed(frames, has_address=frames["moments"]["has_shipping"])
    head = model.fit(by_shopify).heads[CHECKOUT].exported()
    assert "has_address" not in head["amounts"] and "has_shipping" in head["amounts"]
    given, chose = {"has_address": 1, "has_shipping": 0}, {"has_address": 1, "has_shipping": 1}
    assert chance(head, given) == chance(head, given | {"has_address": 0}) != chance(head, chose)


def test_a_checkout_that_asks_itself_is_known_by_all_that_is_learned_from() -> None:
    cart = {"unit": "0" * 32, "currency": "GBP"}
    asked = understand(cart, Place("Europe/London", "GBP"), datetime(2026, 11, 20, tzinfo=UTC))
    assert set(COLUMNS.all) <= asked.features.keys()


def test_questions_are_json_in_the_order_of_the_answers() -> None:
    shop_now = shop.changed(shop.frames(20, 10), is_returning=np.nan, device=None)
    asked = questions(shop_now)
    assert json.loads(json.dumps(asked, allow_nan=False)) == asked
    assert len(asked) == len(moments(shop_now)) and asked[0].keys() == {"of", *COLUMNS.all}
    assert asked[0]["is_returning"] is None and isinstance(asked[0]["events"], int)
