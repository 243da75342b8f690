"""Replayed days: two lines of errors on one scale, named at their ends without hiding one another."""

import pytest

from pipelines.charts.replayed_days import ReplayedDay, replayed_days
from tests.pipelines.charts.drawings import by_class, numbers, parsed, texts


def drawn(*errors):
    """Draw (new, old) errors of the days up to yesterday."""
    days = [ReplayedDay(place - len(errors), new, old) for place, (new, old) in enumerate(errors)]
    return replayed_days(days, title="Closer", names=("Version 2", "Version 1"), said="Units off.")


def test_both_lines_share_a_scale_from_zero():
    figure = drawn((10, 20), (5, 40), (0, 30))
    root = parsed(figure.svg)
    old, new = (numbers(by_class(root, css)[0]) for css in ("now", "new"))
    assert [x for x, _ in old] == [x for x, _ in new] == pytest.approx([166.7, 500, 833.3])
    assert [160 - y for _, y in old] == pytest.approx([71, 142, 106.5])
    assert [160 - y for _, y in new] == pytest.approx([35.5, 17.8, 0], abs=0.06)


@pytest.mark.parametrize(("last", "above"), [((30, 10), "Version 2"), ((10, 30), "Version 1"), ((7, 7), "Version 2")])
def test_the_higher_line_is_named_above_both_and_the_lower_below(last, above):
    root = parsed(drawn((20, 20), last).svg)
    at = {text.text: float(text.get("y")) for text in root.iter("text") if text.text.startswith("Version")}
    assert min(at, key=at.get) == above
    ends = [y for css in ("now", "new") for _, y in numbers(by_class(root, css)[0])]
    assert min(at.values()) == pytest.approx(min(ends) - 8, abs=0.11)
    assert max(at.values()) == pytest.approx(max(ends) + 16, abs=0.11)
    assert next(text.get("class") for text in root.iter("text") if text.text == "Version 2") == "on new"


def test_days_are_counted_back_in_words_table_and_plotly():
    figure = drawn((1_234, 5), (6, 7))
    assert figure.table_head == ("Day", "Version 2, units off", "Version 1, units off")
    assert figure.table_rows == (("2 days ago", "1,234", "5"), ("Yesterday", "6", "7"))
    assert figure.description == "2 days ago: 1,234 and 5 units off. Yesterday: 6 and 7 units off."
    old, new = figure.plotly["data"]
    assert (old["name"], old["x"], old["y"]) == ("Version 1", [-2, -1], [5, 7])
    assert (new["name"], new["y"]) == ("Version 2", [1_234, 6])


@pytest.mark.parametrize("count", [1, 7, 14, 28, 30])
def test_yesterday_is_named_and_at_most_seven_days_are(count):
    named = [text for text in texts(parsed(drawn(*[(1, 2)] * count).svg)) if text == "Yesterday" or "ago" in text]
    assert named[0] == "Yesterday" and len(named) <= 7
