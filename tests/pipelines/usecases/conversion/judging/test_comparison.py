"""Two versions are compared on the same moments, each weighed by its cart; the truth is the cheapest thing to say."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.conversion.judging.comparison import bets, compare, usual_cart
from tests.pipelines.usecases.conversion import shop

WEEK = date(2026, 11, 10)


def answers(scores: list[float], came: list[float], value: int | None = 1000, of: str = "checkout") -> pd.DataFrame:
    """Give what the log holds of a week."""
    question = json.dumps({"of": of, "value": value})
    table = pd.DataFrame({"unit_id": range(len(scores)), "score": scores, "came": came, "question": question})
    return table.assign(first_day=WEEK, moment=table["unit_id"] * 60.0)


def test_a_squared_error_weighs_as_much_as_the_cart() -> None:
    (week,) = compare(shop.small(), answers([0.9, 0.2], [1, 0]), answers([0.5, 0.5], [1, 0])).to_dict("records")
    assert week["loss"] == pytest.approx(1000 * (0.01 + 0.04)) and week["against"] == pytest.approx(500)
    assert (week["units"], week["coverage"], week["first_day"]) == (2, 1.0, WEEK)
    assert week["bets"]["chances"] < 0


def test_only_moments_of_which_both_spoke_and_that_are_known_count() -> None:
    new, old = answers([0.9, 0.2, 0.3, 0.4], [1, 0, np.nan, 0]), answers([0.5, 0.5, 0.5], [1, 0, np.nan])
    (week,) = compare(shop.small(), new, old).to_dict("records")
    assert (week["units"], week["coverage"]) == (2, 0.5)


def test_beside_no_version_stands_the_usual_share_of_the_weeks_before() -> None:
    frames = shop.frames(40, 40)
    (week,) = compare(frames, answers([0.5, 0.5], [1, 0])).to_dict("records")
    told = frames["moments"]
    before = told[(told["of"] == "checkout") & (told["ds"] < pd.Timestamp(WEEK))]
    share = (before["waited"] <= 24)[before["ds"] >= pd.Timestamp("2026-10-13")].mean()
    assert week["against"] == pytest.approx(1000 * ((1 - share) ** 2 + share**2), rel=0.01)


def test_a_cart_of_nothing_or_of_unknown_value_counts_as_a_usual_one() -> None:
    frames = shop.small()
    for value in (0, None):
        (week,) = compare(frames, answers([0.0], [1], value), answers([0.5], [1], value)).to_dict("records")
        assert week["loss"] == pytest.approx(usual_cart(frames))
    assert usual_cart(shop.changed(frames, value=np.nan)) == 1.0
    nothing = answers([0.0], [1]).assign(question=None)
    assert compare(frames, nothing, nothing)["loss"].tolist() == [pytest.approx(usual_cart(frames))]


def test_nothing_said_is_no_week() -> None:
    assert compare(shop.small(), answers([], []), answers([], [])).empty
    assert compare(shop.small(), answers([], [])).empty


def test_the_truth_is_the_cheapest_chance_to_say() -> None:
    random = np.random.default_rng(0)
    truth = random.beta(2, 5, 4_000)
    came = (random.random(4_000) < truth).astype(float)
    for wrong in (0.5 * truth, np.sqrt(truth), np.full(4_000, truth.mean())):
        (week,) = compare(
            shop.small(), answers(truth.tolist(), came.tolist()), answers(wrong.tolist(), came.tolist())
        ).to_dict("records")
        assert week["loss"] < week["against"] and week["bets"]["chances"] < 0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1, max_size=20))
def test_bets_lie_between_minus_one_and_one(rows: list[tuple[float, float, float]]) -> None:
    ours, theirs, came = map(np.array, zip(*rows, strict=True))
    assert all(-1 - 1e-9 <= each <= 1 + 1e-9 for each in bets(ours, theirs, came).values())


def test_bets_are_nothing_on_average_where_neither_is_better() -> None:
    """Both as far from the truth, one above and one below it."""
    random = np.random.default_rng(0)
    found = [bets(np.full(200, 0.4), np.full(200, 0.2), random.binomial(1, 0.3, 200).astype(float)) for _ in range(400)]
    for name in ("chances", "orders"):
        each = np.array([one[name] for one in found])
        assert abs(each.mean()) < 3 * each.std() / np.sqrt(len(each))
