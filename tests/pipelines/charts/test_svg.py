"""The parts of a drawing: round scales, layers in order, and nothing that a merchant typed is markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.charts.svg import Canvas, Scale, area_path, line_path, nice_step, number, share
from tests.pipelines.charts.drawings import parsed, texts

SCALE = Scale.over(0, 10, top=10, bottom=110)


@given(low=st.integers(-(10**7), 10**7), span=st.integers(0, 10**7), lines=st.integers(3, 6))
def test_a_scale_covers_its_values_with_few_round_lines(low, span, lines):
    scale = Scale.over(low, low + span, top=10, bottom=110, lines=lines)
    assert scale.lowest <= low + 1e-6 * scale.step and scale.highest >= low + span - 1e-6 * scale.step
    assert 2 <= len(scale.lines) <= lines + 2
    assert scale.y(scale.highest) == pytest.approx(10) and scale.y(scale.lowest) == pytest.approx(110)


def test_coordinates_are_short():
    assert [number(value) for value in (12.0, 3.14159, -0.04, -0.06, 100.0, 10.05)] == [
        "12", "3.1", "0", "-0.1", "100", "10.1",
    ]  # fmt: skip
    assert share(1 / 3) == "33.33%"


def test_lines_join_points_and_areas_come_back_along_the_lower_one():
    upper, lower = [(0.0, 10.0), (1.0, 20.0)], [(0.0, 30.0), (1.0, 40.0)]
    assert line_path(upper) == "M0 10L1000 20"
    assert area_path(upper, lower) == "M0 10L1000 20L1000 40L0 30Z"


@given(span=st.floats(1e-6, 1e9), most=st.integers(2, 6))
def test_a_step_is_one_two_or_five_times_a_power_of_ten_and_covers_the_span(span: float, most: int) -> None:
    step = nice_step(span, most)
    first = f"{step:.0e}"[0]
    assert first in "125" and step * most >= span * (1 - 1e-8)
    assert step / 2.5 * most < span * (1 + 1e-8), "the next smaller one would have done"


def test_a_scale_of_units_has_no_halves():
    assert Scale.over(0, 1, top=0, bottom=1, whole=True).lines == [0, 1]
    assert Scale.over(0, 1, top=0, bottom=1).step < 1


def test_layers_stand_one_upon_the_other():
    canvas = Canvas(120, "What <is> shown", "id")
    canvas.text(0.5, 100, "<b>", css="on", anchor="end", dx=3)
    canvas.path("new", "M0 0", stroke="red")
    canvas.upright(0.5, 10, 110)
    canvas.bar(0.1, 0.2, SCALE, 5)
    canvas.band(-0.5, 0.25, SCALE)
    root = parsed(canvas.svg())
    assert root.get("aria-label") == "What <is> shown" and root.get("aria-describedby") == "id-d"
    kinds = [element.tag for element in root]
    assert kinds == ["rect", "rect", "svg", "text", "line"]
    assert texts(root) == ["<b>"] and root.find("text").get("dx") == "3"
    bar, band = root.findall("rect")
    assert (bar.get("x"), bar.get("width"), bar.get("y"), bar.get("height")) == ("10.00%", "20.00%", "60", "50")
    assert (band.get("x"), band.get("width"), band.get("height")) == ("0.00%", "25.00%", "100")
    path = root.find("svg").find("path")
    assert (path.get("class"), path.get("stroke"), path.get("d")) == ("new", "red", "M0 0")


def test_the_hatch_is_defined_once_however_often_it_is_used():
    canvas = Canvas(120, "", "x")
    canvas.hatch(0, 0.5, SCALE)
    canvas.hatch(0.9, 1.5, SCALE)
    root = parsed(canvas.svg())
    assert [pattern.get("id") for pattern in root.iter("pattern")] == ["x-h"]
    hatched = [rect for rect in root.findall("rect") if rect.get("fill") == "url(#x-h)"]
    assert [rect.get("width") for rect in hatched] == ["50.00%", "10.00%"]


def test_the_zero_line_is_darker():
    canvas = Canvas(120, "", "x")
    scale = Scale.over(-5, 5, top=10, bottom=110, lines=2)
    canvas.grid(scale, [str(value) for value in scale.lines])
    root = parsed(canvas.svg())
    assert {line.get("y1"): line.get("class") for line in root.iter("line")} == {"110": "g", "60": "ax", "10": "g"}
    assert texts(root) == ["-5.0", "0.0", "5.0"]


def test_an_alert_keeps_its_shape_where_the_drawing_stretches():
    canvas = Canvas(120, "", "x")
    canvas.triangle(0.25, 9)
    mark = parsed(canvas.svg()).findall("svg")[1]
    assert (mark.get("x"), mark.get("y"), mark.get("overflow")) == ("25.00%", "9", "visible")


@pytest.mark.parametrize(
    ("labels", "least", "room"),
    [
        (["0", "10"], "slim", "slim"),
        (["0", "1,000"], "slim", "wide"),
        (["\u2212£500", "£0"], "slim", "wide"),
        (["\u2212£1,000", "£0"], "slim", "wider"),
        (["0", "+10,000\u00a0kr"], "slim", "widest"),
        (["0", "\u2212CHF\u00a0100,000,000"], "slim", "widest"),
        (["0", "1"], "wide", "wide"),
    ],
)
def test_the_room_beside_the_scale_is_as_wide_as_its_labels(labels, least, room):
    canvas = Canvas(120, "", "id")
    canvas.grid(Scale(0, 1, 1, top=10, bottom=110), labels)
    assert canvas.gutter(least) == room
