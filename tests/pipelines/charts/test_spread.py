"""Two distributions beside each other, as shares of their rows."""

from __future__ import annotations

import pytest

from pipelines.charts.spread import MOST_BINS, bins_of, two_spreads
from tests.pipelines.charts.drawings import by_class, parsed


def test_figures_are_named_by_their_edges():
    bins = bins_of({"edges": [1.0, 2.5], "usual": [2, 1, 1, 0], "now": [0, 0, 3, 1]})
    assert [each.name for each in bins] == ["up to 1", "1 to 2.5", "over 2.5", "missing"]
    assert [each.usual for each in bins] == [0.5, 0.25, 0.25, 0] and bins[-1].now == 0.25


def test_bins_that_are_empty_on_both_sides_are_left_out():
    assert [each.name for each in bins_of({"edges": [], "usual": [4, 0], "now": [2, 0]})] == ["any value"]


def test_many_categories_end_in_one_of_the_others():
    names = [f"c{number}" for number in range(30)]
    bins = bins_of({"names": names, "usual": [*range(30, 0, -1), 5, 1], "now": [*range(30, 0, -1), 5, 1]})
    assert len(bins) <= MOST_BINS and bins[-2].name == "others" and bins[-1].name == "missing"
    assert sum(each.usual for each in bins) == pytest.approx(1)


@pytest.mark.parametrize(
    "stored",
    [
        {"names": [], "usual": [0, 0], "now": [0, 7]},
        {"edges": [], "usual": [1, 0], "now": [0, 0]},
    ],
)
def test_a_side_without_rows_is_all_zero_and_no_error(stored):
    assert all(0 <= each.usual <= 1 and 0 <= each.now <= 1 for each in bins_of(stored))


def test_both_shares_of_every_bin_are_drawn_and_told():
    bins = bins_of({"names": ["red", "blue"], "usual": [3, 1, 0, 0], "now": [1, 3, 0, 0]})
    figure = two_spreads(bins, title="Moved", subtitle="", description="")
    assert len(by_class(parsed(figure.svg), "bar")) == 4
    assert figure.table_rows[0][1:] == ("75.0\u00a0%", "25.0\u00a0%")
