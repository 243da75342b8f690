"""What was said of visits is told beside what came, for peak hours and for the others."""

from __future__ import annotations

import pytest

from dashboard.usecases.conversion.queries.chances import Cell, Chances


@pytest.mark.parametrize(
    ("peak", "other", "heading"),
    [
        (100, 100, "Peak hours are predicted as well as the rest"),
        (100, 300, "Peak hours are predicted well, the other hours are not"),
        (300, 100, "At peak hours more bought than was predicted"),
        (30, 100, "At peak hours fewer bought than was predicted"),
        (9, 100, "How peak hours are predicted"),
    ],
)
def test_the_heading_says_nothing_that_the_rows_below_deny(peak: int, other: int, heading: str) -> None:
    cells = (Cell("session", True, 0, 1000, 100.0, peak), Cell("session", False, 0, 1000, 100.0, other))
    assert Chances(cells, None, None).hours_heading == heading
