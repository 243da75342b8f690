"""One window is no alarm; what three of five say is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.drift.findings import Finding
from pipelines.stats.drift.persistence import holm, lasting, of_all_features

OK, DRIFT, BREACH, FEW, NONE = Finding.OK, Finding.DRIFT, Finding.BREACH, Finding.INSUFFICIENT, Finding.NO_DATA


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=14))
def test_holm_is_its_slow_rule(p: list[float]) -> None:
    known = sorted((value, place) for place, value in enumerate(p) if not np.isnan(value))
    expected, held = [float("nan")] * len(p), 0.0
    for rank, (value, place) in enumerate(known):
        held = max(held, min(1.0, value * (len(known) - rank)))
        expected[place] = held
    assert holm(p) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([], NONE),
        ([OK], FEW),
        ([OK, OK, OK], OK),
        ([DRIFT, DRIFT], FEW),
        ([DRIFT, DRIFT, OK, OK, DRIFT], DRIFT),
        ([DRIFT, DRIFT, OK, OK, OK, DRIFT], OK),
        ([BREACH, DRIFT, DRIFT], DRIFT),
        ([BREACH, BREACH, OK, BREACH], BREACH),
        ([DRIFT, FEW, DRIFT, NONE, NONE, NONE, DRIFT], DRIFT),
        ([OK, OK, OK, FEW], FEW),
        ([OK, OK, OK, NONE], NONE),
        ([DRIFT, DRIFT, DRIFT, NONE], DRIFT),
    ],
)
def test_three_of_five_decided_windows_agree(windows: list[Finding], expected: Finding) -> None:
    assert lasting(windows) is expected


@given(st.lists(st.sampled_from(list(Finding)), min_size=1, max_size=9))
def test_it_is_never_green_on_a_window_that_was_not_decided(windows: list[Finding]) -> None:
    if not windows[-1].is_decided:
        assert lasting(windows) is not OK


def test_features_weigh_by_their_importance() -> None:
    importance = {"price": 3.0, "device": 6.0, "hour": 1.0}
    assert of_all_features({"price": DRIFT, "device": OK, "hour": OK}, importance) is DRIFT
    assert of_all_features({"price": OK, "device": OK, "hour": BREACH}, importance) is OK
    assert of_all_features({"price": OK, "device": FEW, "hour": OK}, importance) is FEW
    assert of_all_features({"price": NONE, "device": NONE, "hour": NONE}, importance) is NONE
    assert of_all_features({}, importance) is NONE
