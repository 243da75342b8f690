"""The fan of a variant: what sold, what will, when stock was gone, and the same in words."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.fan import Fan, Sales, Span, Sum, fan_chart
from tests.pipelines.charts.drawings import TODAY, a_fan, by_class, numbers, parsed, texts


def test_the_fan_draws_every_day_on_one_scale_from_zero():
    root = parsed(a_fan().svg)
    (bars,) = by_class(root, "days")
    assert bars.get("d").count("M") == 56
    (now,), (new,) = by_class(root, "now"), [mark for mark in by_class(root, "new") if mark.tag == "path"]
    sold, forecast = numbers(now), numbers(new)
    assert len(sold) == 56 and len(forecast) == 28
    assert sold[-1][0] < forecast[0][0] and forecast[-1][0] < 1000
    assert {y for _, y in sold} == {sold[0][1]}
    zero = 248.0
    assert (zero - forecast[0][1]) / (zero - sold[0][1]) == pytest.approx(1.5, abs=0.01)


def test_the_wide_range_lies_under_the_narrow_one_and_the_line_on_top():
    shapes = [mark.get("class") for mark in parsed(a_fan().svg).iter("path") if mark.get("class")]
    assert shapes == ["fan2", "fan1", "days", "now", "new"]
    root = parsed(a_fan().svg)
    spread = {css: {y for _, y in numbers(by_class(root, css)[0])} for css in ("fan1", "fan2")}
    assert min(spread["fan2"]) < min(spread["fan1"]) < max(spread["fan1"]) < max(spread["fan2"])


def test_days_out_of_stock_are_hatched_and_break_the_average():
    out = [20 <= day < 26 for day in range(56)]
    units = [0.0 if gone else 2.0 for gone in out]
    figure = a_fan(units, out)
    root = parsed(figure.svg)
    (hatch,) = [mark for mark in root.iter("rect") if mark.get("fill") == "url(#fan-h)"]
    assert hatch.get("x") == f"{100 * 20 / 84:.2f}%" and hatch.get("width") == f"{100 * 6 / 84:.2f}%"
    before, after = by_class(root, "now")
    assert len(numbers(before)) == 20 and len(numbers(after)) == 30
    assert {y for _, y in numbers(after)} == {y for _, y in numbers(before)}, "days without stock are not low demand"
    assert "Out of stock" in texts(root) and ("i-out", "out of stock") in figure.key


def test_expected_stock_outs_and_freezes_are_shaded():
    gone = Span("Out of stock", date(2026, 11, 29), date(2026, 12, 2))
    figure = a_fan(out_expected=gone, freezes=[Span("Black Friday", date(2026, 11, 27), date(2026, 11, 30))])
    root = parsed(figure.svg)
    assert "Out of stock expected, 29\u00a0Nov to 2\u00a0Dec" in texts(root)
    assert len(by_class(root, "band")) == 1 and ("i-peak", "freeze") in figure.key


def test_the_fan_says_itself_in_words_and_in_a_table():
    figure = a_fan()
    root = parsed(figure.svg)
    assert root.get("role") == "img" and root.get("aria-describedby") == "fan-d"
    assert root.get("aria-label") == "Units sold per day since 24\u00a0Sep and forecast to 16\u00a0Dec"
    assert figure.table_rows[0] == ("22 to 28\u00a0Oct", "14", "", "")
    assert figure.table_rows[-1] == ("Next 28 days", "", "84", "60 to 110")
    assert "Today" in texts(root) and "Forecast" in texts(root)


@given(units=st.lists(st.integers(0, 10_000), min_size=1, max_size=400), days=st.integers(1, 90), gone=st.booleans())
def test_any_history_makes_a_drawing_within_its_frame(units, days, gone):
    root = parsed(
        a_fan([float(unit) for unit in units], [gone and day % 3 == 0 for day in range(len(units))], days).svg
    )
    for path in root.iter("path"):
        if path.get("class") in ("now", "new", "fan1", "fan2"):
            assert all(0 <= x <= 1000 and 29.9 <= y <= 248.1 for x, y in numbers(path))


def test_a_key_names_only_what_can_be_seen():
    nothing = Sales(TODAY, [0.0] * 10, [False] * 10)
    flat = Fan(*([[0.1] * 28] * 5))
    drawn = fan_chart(nothing, flat, title="Quiet", description="Quiet.", sums=[])
    assert drawn.key == ()


def test_a_short_history_names_no_average_and_a_point_at_the_edge_keeps_its_label_inside():
    out = [day < 3 for day in range(27)]
    root = parsed(a_fan([2.0] * 27, out).svg)
    assert "Sold, 7-day average" not in texts(root)
    (label,) = [text for text in root.iter("text") if text.text == "Out of stock"]
    assert label.get("text-anchor") == "start"
    assert "Sold, 7-day average" in texts(parsed(a_fan([2.0] * 28).svg))


def test_the_average_is_of_the_last_seven_days_with_stock():
    units = [7.0] + [0.0] * 27
    (line,) = by_class(parsed(a_fan(units).svg), "now")
    ys = [y for _, y in numbers(line)]
    heights = [248 - y for y in ys]
    assert heights[1] == pytest.approx(heights[0] / 2, abs=0.2) and heights[6] == pytest.approx(heights[0] / 7, abs=0.2)
    assert heights[7] == 0


def test_a_stretch_of_days_is_named_by_them_and_a_long_one_by_its_length():
    sums = [
        Sum(TODAY, TODAY + timedelta(days=6), 21, 14.6, 30),
        Sum(TODAY, TODAY + timedelta(days=7), 24, 15, 33),
    ]
    plain = Fan(*([[3.0] * 28] * 5))
    figure = fan_chart(Sales(TODAY, [1.0] * 3, [False] * 3), plain, title="T", description="D", sums=sums)
    assert figure.table_rows == (
        ("19 to 25\u00a0Nov", "", "21", "15 to 30"),
        ("Next 8 days", "", "24", "15 to 33"),
    )


def test_what_is_explored_holds_every_line_with_its_gaps():
    out = [day in (3, 4) for day in range(56)]
    gone = Span("Out of stock", date(2026, 11, 29), date(2026, 12, 2))
    data = {trace["name"]: trace for trace in a_fan(out=out, out_expected=gone).plotly["data"]}
    assert data["Sold per day"]["y"] == [2.0] * 56 and data["Sold per day"]["x"][-1] == "2026-11-18"
    assert data["Forecast"]["y"] == [3.0] * 28 and data["Forecast"]["x"][0] == "2026-11-19"
    assert data["8 of 10 days, lowest"]["y"][0] == 1.0 and data["8 of 10 days, highest"]["y"][0] == 6.0
    assert data["Half of all days, lowest"]["y"][0] == 2.0 and data["Half of all days, highest"]["y"][0] == 4.0
    assert [data["Sold, 7-day average"]["y"][day] for day in (2, 3, 4, 5)] == [2.0, None, None, 2.0]
    assert data["Out of stock"]["x"] == ["2026-09-27"] * 2 + ["2026-09-29"] * 2
    assert data["Out of stock expected"]["x"] == ["2026-11-29"] * 2 + ["2026-12-03"] * 2
    assert data["Out of stock expected"]["y"] == [0, 6.0, 6.0, 0]


def test_the_key_explains_each_shading_that_is_there():
    figure = a_fan()
    assert figure.key == (("i-days", "sold per day"), ("i-fan1", "half of all days"), ("i-fan2", "8 of 10 days"))
