"""A comparison of two versions drawn: over time, by group, window by window, week by week."""

from datetime import date, timedelta

import pytest

from pipelines.charts.experiments import (
    Day,
    Week,
    change,
    change_intervals,
    change_range,
    interval_over_time,
    weeks_compared,
    window_row,
)
from tests.pipelines.charts.drawings import by_class, numbers, parsed, texts

FIRST = date(2026, 11, 2)


def over_time(*values):
    """Draw (value, low, high) day by day, ten shoppers of a thousand."""
    days = [
        Day(FIRST + timedelta(days=place), *bounds, canary=10, control=1_000) for place, bounds in enumerate(values)
    ]
    return interval_over_time(days, title="T", subtitle="S", description="D", what="orders", id="ab")


NOTHING = (None, None, None)


def test_a_difference_is_said_in_words():
    assert change_range(None, 0.1) == change_range(0.1, None) == ""
    assert change_range(0.0, 0.1) == "no difference to 10\u00a0% more"
    assert change(-0.004) == "0.4\u00a0% less"


def test_days_of_which_nothing_is_known_leave_a_gap_at_the_left():
    figure = over_time(NOTHING, (0.1, -0.1, 0.3), (0.2, 0.1, 0.3))
    root = parsed(figure.svg)
    (line,) = [path for path in by_class(root, "new") if path.tag == "path"]
    points = numbers(line)
    assert [x for x, _ in points] == pytest.approx([500, 833.3])
    assert points[1][1] < points[0][1], "more is above"
    area = numbers(by_class(root, "fan2")[0])
    assert len(area) == 4 and area[0][1] == area[1][1] < area[2][1] < area[3][1]
    assert by_class(root, "dot")[0].get("d").startswith(f"M{points[-1][0]} {points[-1][1]}h")
    assert figure.table_rows[0] == ("Mon 2\u00a0Nov", "—", "—", "—", "10", "1,000")
    assert figure.table_rows[1][1:4] == ("10\u00a0% more", "10\u00a0% less", "30\u00a0% more")


def test_one_day_has_a_dot_and_no_area():
    root = parsed(over_time((0.1, -0.1, 0.3)).svg)
    assert by_class(root, "dot") and not by_class(root, "fan2")


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((0.1, 0.05, 0.2), {"More orders"}),
        ((-0.1, -0.2, -0.05), {"Fewer orders"}),
        ((0.0, -0.2, 0.2), {"More orders", "Fewer orders"}),
    ],
)
def test_each_side_of_zero_that_is_seen_is_named(bounds, said):
    assert {text for text in texts(parsed(over_time(bounds).svg)) if text.endswith("orders")} == said


def test_the_axis_is_in_percent_with_its_sign():
    assert {"0\u00a0%", "+10\u00a0%", "\u221210\u00a0%"} <= set(texts(parsed(over_time((0.0, -0.1, 0.1)).svg)))


def test_at_most_six_dates_stand_below():
    root = parsed(over_time(*[(0.1, 0.0, 0.2)] * 28).svg)
    dates = [text for text in texts(root) if "Nov" in text]
    assert dates[0] == "2\u00a0Nov" and 5 <= len(dates) <= 6


def test_only_known_days_are_explored():
    lowest, highest, line = over_time(NOTHING, (0.1, -0.1, 0.3)).plotly["data"]
    assert (line["x"], line["y"]) == (["2026-11-03"], [0.1])
    assert (lowest["y"], highest["y"]) == ([-0.1], [0.3])


def test_groups_share_one_scale_with_more_to_the_right():
    head, rows = change_intervals([(0.2, 0.1, 0.4), (-0.1, -0.2, 0.05), NOTHING])
    better, worse, silent = map(parsed, rows)
    dot, zero = (float(better.find(tag).get(at)[:-1]) for tag, at in (("circle", "cx"), ("line", "x1")))
    assert zero < dot and float(worse.find("circle").get("cx")[:-1]) < zero
    assert better.findall("line")[1].get("x2") == "93.00%" and worse.findall("line")[1].get("x1") == "7.00%"
    assert [len(row.findall("line")) for row in (better, worse, silent)] == [4, 4, 1]
    assert better.get("aria-label") == "20\u00a0% more, range 10\u00a0% more to 40\u00a0% more"
    assert silent.get("aria-label") == "Too few orders to say" and silent.find("circle") is None
    assert texts(parsed(head)) == ["less", "more"]


@pytest.mark.parametrize(("group", "said"), [((0.2, 0.1, 0.4), [None, "more"]), ((-0.2, -0.4, -0.1), ["less", None])])
def test_a_side_without_room_is_not_named(group, said):
    head, _ = change_intervals([group])
    assert texts(parsed(head)) == said


def windows(*healths):
    row = [(f"{place:02d}:00", health) for place, health in enumerate(healths)]
    return window_row(row, title="T", subtitle="S", description="D", id="w")


def test_each_window_has_a_mark_that_differs_in_shape():
    figure = windows("ok", "breach", "no_data", "quiet", "down")
    root = parsed(figure.svg)
    whole, bad, low = by_class(root, "bar")
    assert (
        float(whole.get("height")) == float(bad.get("height")) == pytest.approx(4 * float(low.get("height")), abs=0.2)
    )
    assert "bad" in bad.get("class") and "bad" not in whole.get("class")
    assert len([rect for rect in root.iter("rect") if rect.get("fill") == "url(#w-h)"]) == 2
    assert len(by_class(root, "alert")) == 2  # over a limit, and nobody heard of
    assert figure.key == (
        ("i-ok", "Within every limit"),
        ("i-breach", "Over a limit"),
        ("i-no_data", "Nothing heard of this version"),
        ("i-quiet", "Too few to judge"),
        ("i-down", "Neither version heard of"),
    )
    assert figure.table_rows[0] == ("04:00", "Neither version heard of") and len(figure.table_rows) == 5


def test_a_few_windows_do_not_fill_the_row_and_many_do():
    few, many = (parsed(windows(*["ok"] * count).svg) for count in (2, 100))
    assert by_class(few, "bar")[1].get("x") == "2.20%" and texts(few) == ["00:00"]
    assert by_class(many, "bar")[99].get("x") == "99.10%" and texts(many) == ["00:00", "99:00"]
    assert parsed(windows("ok").svg) is not None and windows("ok").key == (("i-ok", "Within every limit"),)


def compared(*costs):
    """Draw (new, old) costs week by week."""
    weeks = [Week(FIRST + timedelta(days=7 * place), new, old) for place, (new, old) in enumerate(costs)]
    return weeks_compared(
        weeks, title="T", subtitle="S", description="D", names=("version 2", "version 1"), currency="GBP", id="k"
    )


def test_two_bars_a_week_the_old_one_first():
    figure = compared((5_000, 10_000), (7_500, 2_500))
    root = parsed(figure.svg)
    old, new = by_class(root, "old"), by_class(root, "newer")
    assert [float(bar.get("height")) for bar in old] == pytest.approx([156, 39])
    assert [float(bar.get("height")) for bar in new] == pytest.approx([78, 117])
    assert [(bar.get("x"), bar.get("width")) for bar in (*old, *new)] == [
        ("18.70%", "6.00%"),
        ("68.70%", "6.00%"),
        ("25.30%", "6.00%"),
        ("75.30%", "6.00%"),
    ]
    assert figure.table_rows == (
        ("Mon 2\u00a0Nov", "£100", "£50", "£50 less"),
        ("Mon 9\u00a0Nov", "£25", "£75", "£50 more"),
    )
    assert figure.table_head == ("Week from", "version 1", "version 2", "Difference")
    assert figure.key == (("i-old", "version 1"), ("i-newer", "version 2"))


def test_weeks_without_any_cost_are_drawn():
    root = parsed(compared((0, 0)).svg)
    assert {bar.get("height") for bar in by_class(root, "old") + by_class(root, "newer")} == {"0"}
