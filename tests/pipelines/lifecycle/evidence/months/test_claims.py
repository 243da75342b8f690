"""A claim's mark follows from its range; without one there is no figure."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.evidence.months.claims import Claim, not_measured, ranged
from pipelines.stats.inference.significance import Interval


@pytest.mark.parametrize(
    ("low", "high", "is_fair", "mark"),
    [(1, 3, True, "proven"), (-3, -1, True, "proven"), (1, 3, False, "suggestive"), (-1, 3, True, "not_proven")],
)
def test_the_mark_follows_from_the_range(low, high, is_fair, mark):
    assert Claim("key", "Title", "money", "How", 2, low, high, is_fair).mark == mark


def test_what_was_not_measured_has_no_figure_and_says_why():
    found = not_measured("key", "Title", "money", "Nobody looked.").as_dict()
    assert (found["mark"], found["value"], found["low"], found["how"]) == ("not_measured", None, None, "Nobody looked.")


def test_plain_data_carries_mark_and_details():
    found = Claim("key", "Title", "share", "How", **ranged(Interval(2, 1, 3)), details={"p": 0.01}).as_dict()
    assert (found["mark"], found["value"], found["details"]) == ("proven", 2, {"p": 0.01})
