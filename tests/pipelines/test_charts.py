"""A figure draws what its table says, escapes what merchants typed, and needs no model library."""

import json
import re
import subprocess
import sys
import time
from datetime import date, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.charts import (
    Hour,
    ReplayWeek,
    group_intervals,
    hour_bars,
    running_difference,
)
from pipelines.charts.figure import tick_days
from pipelines.charts.svg import Scale
from pipelines.usecases.demand_forecast.fan import Fan, Sales, Span, Sum, fan_chart
from pipelines.usecases.demand_forecast.sparklines import sparklines

TODAY = date(2026, 11, 19)


def parsed(svg):
    """Read an SVG as the XML that it must be."""
    return ElementTree.fromstring(svg)


def by_class(root, css):
    """Find the marks of one class."""
    return [element for element in root.iter() if css in (element.get("class") or "").split()]


def texts(root):
    """List the words in a drawing."""
    return [element.text for element in root.iter("text")]


def numbers(path):
    """List the coordinates of a path as points."""
    found = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", path.get("d"))]
    return list(zip(found[::2], found[1::2], strict=True))


def a_fan(units=None, out=None, days=28, **more):
    """Draw a plain variant: 56 days of 2, then a forecast of 3 between 1 and 6."""
    units = units or [2.0] * 56
    sales = Sales(TODAY - timedelta(days=len(units)), units, out or [False] * len(units))
    fan = Fan([3.0] * days, [1.0] * days, [6.0] * days, [2.0] * days, [4.0] * days)
    sums = [Sum(TODAY, TODAY + timedelta(days=27), 84, 60.4, 110)]
    return fan_chart(sales, fan, title="Enough until 3 December", description="Even.", sums=sums, **more)


# The variant's fan


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


@given(length=st.integers(10, 800), start=st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_an_axis_has_few_dates_inside_its_span(length, start):
    last = start + timedelta(days=length - 1)
    ticks = tick_days(start, last)
    assert 2 <= len(ticks) <= 8 and ticks == sorted(set(ticks))
    assert start <= ticks[0] and ticks[-1] <= last


# Deliveries


def test_hours_are_bars_with_peaks_shaded_and_failures_marked():
    hours = [Hour(f"{hour:02d}:00", hour, failed=int(hour == 20), is_peak=18 <= hour < 22) for hour in range(24)]
    figure = hour_bars(hours, title="23 of 24 went through", description="One failed.")
    root = parsed(figure.svg)
    bars = by_class(root, "bar")
    assert len(bars) == 24 and len(by_class(root, "band")) == 1 and len(by_class(root, "alert")) == 1
    heights = [float(bar.get("height")) for bar in bars]
    assert heights == sorted(heights) and heights[0] == 0
    assert figure.table_rows[20] == ("20:00", "20", "1") and texts(root)[-1] == "now"


def test_an_empty_day_is_drawn_too():
    hour_bars([Hour("00:00", 0)] * 24, title="Nothing", description="")


# Evidence by group


def test_groups_share_one_scale_with_less_cost_to_the_left():
    head, rows = group_intervals([(108_000, (41_000, 174_000)), (-6_000, (-21_000, 9_000)), (500, None)], "GBP")
    total, worse, bare = (parsed(row) for row in rows)

    def places(row):
        zero, *_ = row.findall("line")
        return float(row.find("circle").get("cx")[:-1]), float(zero.get("x1")[:-1])

    assert places(total)[0] < places(total)[1] < places(worse)[0]
    assert places(total)[1] == places(worse)[1] == places(bare)[1]
    whisker = worse.findall("line")[1]
    assert float(whisker.get("x1")[:-1]) < places(worse)[1] < float(whisker.get("x2")[:-1])
    assert total.get("aria-label") == "£1,080 less, range £410 to £1,740 less"
    assert len(bare.findall("line")) == 1 and f'x="{places(total)[1]:.2f}%"' in head


def test_groups_without_any_difference_are_drawn():
    _, (row,) = group_intervals([(0, (0, 0))], "GBP")
    assert "no difference" in parsed(row).get("aria-label")


# The replayed past


def weeks(saved, intervals=()):
    """List weeks with their running sum."""
    found, running = [], 0
    for place, value in enumerate(saved):
        running += value
        interval = intervals[place] if place < len(intervals) else None
        found.append(ReplayWeek(date(2026, 8, 31) + timedelta(days=7 * place), value, running, interval))
    return found


def test_the_running_difference_falls_where_less_is_spent():
    past = weeks([1_000] * 5, [None, None, None, (3_000, 5_000), (4_000, 6_000)])
    figure = running_difference(
        past, title="Less", description="Falls.", names=("this forecast", "the simple rule"), currency="GBP"
    )
    root = parsed(figure.svg)
    (line,) = [mark for mark in by_class(root, "new") if mark.tag == "path"]
    ys = [y for _, y in numbers(line)]
    assert ys == sorted(ys) and len(ys) == 6
    assert len(numbers(by_class(root, "fan2")[0])) == 4
    assert "£50 less" in texts(root) and "This forecast costs less" in texts(root)
    assert figure.table_rows[0][1:] == ("£10 less", "£10 less", "—")
    assert figure.table_rows[-1] == ("28\u00a0Sep to 4\u00a0Oct", "£10 less", "£50 less", "£40 to £60 less")


def test_a_loss_rises_above_zero():
    figure = running_difference(weeks([-2_000] * 3), title="More", description="", names=("a", "b"), currency="JPY")
    assert "¥6,000 more" in texts(parsed(figure.svg)) and "A costs more" in texts(parsed(figure.svg))


# All figures


FIGURES = [
    a_fan(),
    hour_bars([Hour("00:00", 3)] * 24, title="T", description="D"),
    running_difference(weeks([1, 2, 3]), title="T", description="D", names=("a", "b"), currency="GBP"),
]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.id)
def test_every_figure_is_plain_json_and_has_no_inline_style_or_script(figure):
    stored = json.loads(json.dumps(figure.as_dict()))
    assert stored["svg"] == figure.svg and stored["title"] and stored["table_rows"]
    assert all(len(row) == len(figure.table_head) for row in figure.table_rows)
    assert "style=" not in figure.svg and "<script" not in figure.svg and "on" + "click" not in figure.svg


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.id)
def test_an_explored_chart_makes_room_for_its_numbers(figure):
    if figure.plotly:
        axis = figure.plotly["layout"]["yaxis"]
        assert axis["automargin"] and axis["title"]["standoff"] > 0
        assert ("£" in figure.svg) == (axis["tickprefix"] == "£")


def test_a_key_names_only_what_can_be_seen():
    nothing = Sales(TODAY, [0.0] * 10, [False] * 10)
    flat = Fan(*([[0.1] * 28] * 5))
    drawn = fan_chart(nothing, flat, title="Quiet", description="Quiet.", sums=[])
    assert drawn.key == ()


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.id)
def test_plotly_accepts_every_figure(figure):
    graph_objects = pytest.importorskip("plotly.graph_objects")
    drawn = graph_objects.Figure(figure.plotly)
    assert len(drawn.data) == len(figure.plotly["data"]) and not drawn.layout.template.to_plotly_json().get("layout")


def test_drawing_needs_no_model_library():
    code = (
        "import sys, pipelines.charts; print([m for m in ('numpy', 'pandas', 'scipy', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@given(low=st.integers(-(10**7), 10**7), span=st.integers(0, 10**7), lines=st.integers(3, 6))
def test_a_scale_covers_its_values_with_few_round_lines(low, span, lines):
    scale = Scale.over(low, low + span, top=10, bottom=110, lines=lines)
    assert scale.lowest <= low + 1e-6 * scale.step and scale.highest >= low + span - 1e-6 * scale.step
    assert 2 <= len(scale.lines) <= lines + 2
    assert scale.y(scale.highest) == pytest.approx(10) and scale.y(scale.lowest) == pytest.approx(110)


# Sparklines


def a_shop(variants, seed=0):
    """Draw sales and forecasts of some variants."""
    random = np.random.default_rng(seed)
    mean = random.gamma(2.0, 1.0, size=(variants, 28))
    out = random.random((variants, 28)) < 0.1
    sold = np.where(out, 0, random.poisson(2.0, size=(variants, 28))).astype(np.float32)
    return sold, out, mean, mean * 0.5, mean * 2


def slow_sparkline(sold, mean, low, high):
    """Place every point with plain arithmetic."""
    top = max([*sold, *mean, *high]) or 1.0
    x = [128 * place / 55 for place in range(56)]
    y = lambda value: 28.5 - value / top * 26.8  # noqa: E731
    back = [(x[day], y(value)) for day, value in enumerate(sold)]
    start = back[-1]
    ahead = [start, *((x[28 + day], y(value)) for day, value in enumerate(mean))]
    upper = [(x[28 + day], y(value)) for day, value in enumerate(high)]
    lower = [(x[28 + day], y(value)) for day, value in enumerate(low)]
    return [[start, *upper, *lower[::-1]], back, ahead]


def test_sparklines_place_every_point_as_plain_arithmetic_does():
    sold, out, mean, low, high = a_shop(20)
    sold[3] = mean[3] = low[3] = high[3] = 0
    drawn = sparklines(sold, out, mean, low, high, ["Thing"] * 20)
    for row, svg in enumerate(drawn):
        for path, expected in zip(
            parsed(svg).iter("path"), slow_sparkline(sold[row], mean[row], low[row], high[row]), strict=True
        ):
            np.testing.assert_allclose(numbers(path), expected, atol=0.0501 + 1e-6)


def test_sparklines_grey_the_days_without_stock():
    sold, out, mean, low, high = a_shop(3)
    out[:] = False
    out[1, 4:6] = out[1, 27] = True
    out[2, 0] = True
    plain, two, first = (
        list(parsed(svg).iter("rect")) for svg in sparklines(sold, out, mean, low, high, ["a", "b", "c"])
    )
    step = 128 / 55
    assert plain == [] and len(two) == 2
    assert float(two[0].get("x")) == pytest.approx(3.5 * step, abs=0.06)
    assert float(two[0].get("width")) == pytest.approx(2 * step, abs=0.06)
    assert first[0].get("x") == "0.0"


def test_sparklines_escape_names():
    svg = sparklines(*a_shop(1), names=['<b> & "quotes"'])[0]
    assert parsed(svg).get("aria-label").endswith('for <b> & "quotes"')


def test_fifty_thousand_sparklines_take_under_five_seconds():
    shop = a_shop(50_000)
    start = time.process_time()
    drawn = sparklines(*shop, names=["Thing"] * 50_000)
    assert time.process_time() - start < 5 and len(drawn) == 50_000
