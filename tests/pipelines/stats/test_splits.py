"""How far back a forecast is tested depends on how much history there is (METHODS 4i)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.splits import is_thin, rolling_origins


@pytest.mark.parametrize(
    ("days", "horizon", "back"),
    [
        (27, 7, []),
        (28, 7, [14]),
        (35, 7, [14, 21]),
        (42, 7, [14, 21, 28]),
        (83, 7, [14, 21, 28]),
        (84, 14, [14, 28]),
        (139, 14, [14, 28]),
        (140, 28, [28, 56, 84]),
        (700, 28, [28, 56, 84]),
    ],
)
def test_origins_follow_the_length_of_history(days, horizon, back) -> None:
    splits = rolling_origins(days)
    assert splits.horizon == horizon
    assert [days - cut for cut in splits.cuts] == (back or [])


@given(st.integers(0, 2000))
def test_every_origin_has_two_weeks_before_it_and_its_horizon_after_it(days) -> None:
    splits = rolling_origins(days)
    assert all(14 <= cut <= days - splits.horizon for cut in splits.cuts)


def test_evidence_is_thin_below_twenty_weeks() -> None:
    assert is_thin(139)
    assert not is_thin(140)
