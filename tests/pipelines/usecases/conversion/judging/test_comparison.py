"""The truth is the cheapest chance to say, a dear cart weighs more, and luck favours neither of two equals."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.conversion.judging.comparison import NAMES, compare
from tests.pipelines.usecases.conversion import shop

LAST = shop.LAST_DAY
FIRST = LAST - timedelta(days=13)


def said(scores: Any, came: Any, first_day: date = FIRST, **asked: Any) -> pd.DataFrame:
    count = len(scores)
    columns = {name: value if isinstance(value, list) else [value] * count for name, value in asked.items()}
    questions = [json.dumps({name: column[row] for name, column in columns.items()}) for row in range(count)]
    facts = {"unit_id": range(count), "moment": np.arange(count, dtype=float), "question": questions}
    return pd.DataFrame({"first_day": first_day, "score": scores, "came": np.asarray(came, float), **facts})


def week(new: pd.DataFrame, old: pd.DataFrame | None = None) -> dict[str, Any]:
    found = compare(shop.frames(), new, old)
    assert list(found.columns) == NAMES
    (row,) = found.to_dict("records")
    return row


def test_each_error_counts_as_much_as_lay_in_the_cart() -> None:
    came = [1, 0]
    new, old = said([0.9, 0.2], came, value=[5000, 1000]), said([0.5, 0.5], came, value=[5000, 1000])
    row = week(new, old)
    assert row["loss"] == pytest.approx(5000 * 0.01 + 1000 * 0.04)
    assert row["against"] == pytest.approx(6000 * 0.25)
    assert (row["units"], row["coverage"]) == (2, 1.0)


def test_an_empty_cart_counts_like_the_usual_one() -> None:
    new = said([0.5, 0.5, 0.5], [1, 1, 1], value=[4000, 0, None])
    assert week(new, new)["loss"] == pytest.approx(3 * 4000 * 0.25)


def test_the_truth_is_the_cheapest_thing_to_say() -> None:
    rng = np.random.default_rng(0)
    truth = rng.beta(1, 6, 4000)
    came = rng.random(4000) < truth
    for wrong in (truth * 0.6, np.minimum(1, truth * 1.5), np.full(4000, truth.mean())):
        row = week(said(truth, came, value=2500), said(wrong, came, value=2500))
        assert row["loss"] < row["against"] and row["bets"]["answers"] < 0


def test_swapped_versions_flip_the_verdict_exactly() -> None:
    came = [1, 0, 0, 1]
    one, other = said([0.9, 0.1, 0.3, 0.4], came, value=100), said([0.2, 0.4, 0.1, 0.6], came, value=100)
    ours, theirs = week(one, other), week(other, one)
    assert (ours["loss"], ours["against"]) == (theirs["against"], theirs["loss"])
    assert ours["bets"]["answers"] == pytest.approx(-theirs["bets"]["answers"])


def test_only_moments_of_which_both_spoke_count() -> None:
    new, old = said([0.5] * 4, [1, 0, 1, 0], value=100), said([0.5] * 4, [1, 0, 1, 0], value=100).head(3)
    row = week(new, old)
    assert (row["units"], row["coverage"]) == (3, 0.75)


def test_beside_no_version_stands_the_share_of_the_two_weeks_before_of_its_own_kind() -> None:
    came = [0] * 50
    visits, checkouts = (week(said([0.5] * 50, came, value=100, of=of)) for of in ("session", "checkout"))
    assert 0 < visits["against"] < checkouts["against"]


def test_a_week_that_is_not_over_is_not_priced() -> None:
    assert compare(shop.frames(), said([0.5], [1], LAST - timedelta(days=3))).empty


def test_of_what_nobody_knows_what_was_asked_nothing_is_priced() -> None:
    new = said([0.5, 0.5], [1, 1], value=100)
    assert week(new.assign(question=[new["question"][0], np.nan]), new)["units"] == 1
