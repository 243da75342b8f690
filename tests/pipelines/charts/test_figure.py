"""A figure is plain JSON that needs no script, no inline style and no model library; its axes are few and round."""

import json
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.charts import Hour, hour_bars, running_difference
from pipelines.charts.figure import plotly_band, plotly_hatch, plotly_line, runs, tick_days
from tests.pipelines.charts.drawings import a_fan, weeks

FIGURES = [
    a_fan(),
    hour_bars([Hour("00:00", 3)] * 24, title="T", description="D"),
    running_difference(weeks([1, 2, 3]), title="T", description="D", names=("a", "b"), currency="GBP"),
]


@given(length=st.integers(10, 800), start=st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_an_axis_has_few_dates_inside_its_span(length, start):
    last = start + timedelta(days=length - 1)
    ticks = tick_days(start, last)
    assert 2 <= len(ticks) <= 8 and ticks == sorted(set(ticks))
    assert start <= ticks[0] and ticks[-1] <= last


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


@given(st.lists(st.booleans(), max_size=30))
def test_runs_are_the_stretches_of_true(flags):
    found = runs(flags)
    assert [place for start, stop in found for place in range(start, stop)] == [
        place for place, flag in enumerate(flags) if flag
    ]
    assert all(stop < start for (_, stop), (start, _) in pairwise(found))


@pytest.mark.parametrize(("days", "step"), [(8, 1), (9, 2), (28, 7), (56, 7), (112, 14), (120, 28)])
def test_dates_on_a_short_axis_stand_whole_steps_apart(days, step):
    ticks = tick_days(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=days - 1))
    assert {(later - earlier).days for earlier, later in pairwise(ticks)} == {step}


def test_a_band_is_filled_from_its_lower_edge_and_lines_have_their_colour():
    lower, upper = plotly_band("Range", ["a"], [1.0], [2.0], "#eee")
    assert (lower["name"], lower["y"], "fill" in lower) == ("Range, lowest", [1.0], False)
    assert (upper["name"], upper["y"], upper["fill"], upper["fillcolor"]) == (
        "Range, highest", [2.0], "tonexty", "#eee",
    )  # fmt: skip
    line = plotly_line("Line", ("a",), (3.0,), "#123456")
    assert (line["x"], line["y"], line["line"]["color"]) == (["a"], [3.0], "#123456")


def test_a_hatch_stands_on_the_zero_line():
    hatch = plotly_hatch("Gone", "a", "b", 9.0)
    assert (hatch["x"], hatch["y"], hatch["fill"]) == (["a", "a", "b", "b"], [0, 9.0, 9.0, 0], "toself")
