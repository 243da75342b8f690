"""Lines over time have gaps where nothing is known; verdicts and what happened stand around them."""

from __future__ import annotations

import pytest

from pipelines.charts.timeline import Behind, Line, Stretch, Timeline, draw
from tests.pipelines.charts.drawings import by_class, numbers, parsed, texts

MOMENTS = [Stretch(place / 6, (place + 1) / 6, f"2026-11-0{place + 1} 00:00") for place in range(6)]


def a_timeline(values, **changes):
    facts = {
        "id": "t", "title": "As usual", "subtitle": "By day", "what": "Days", "description": "Even.",
        "moments": MOMENTS, "lines": [Line("answers", "now", values)], "write": lambda value: f"{value:.0f} ms",
        "ticks": [(0.25, "1 Nov"), (0.75, "4 Nov")], "table_head": ("Day", "Value"), "table_rows": (("1 Nov", "1 ms"),),
    }  # fmt: skip
    return draw(Timeline(**facts | changes))


def test_a_line_breaks_where_nothing_is_known():
    figure = a_timeline([1.0, 2.0, None, 4.0, 5.0, None])
    lines = [numbers(path) for path in by_class(parsed(figure.svg), "now") if path.tag == "path"]
    assert [len(points) for points in lines] == [2, 2]
    assert figure.plotly["data"][0]["y"] == [1.0, 2.0, None, 4.0, 5.0, None]
    assert figure.plotly["data"][0]["connectgaps"] is False


def test_a_moment_between_two_gaps_is_a_dot():
    assert len(by_class(parsed(a_timeline([None, 2.0, None, None, None, None]).svg), "dot")) == 1


def test_what_is_unknown_is_no_zero():
    figure = a_timeline([None, 9.0, 9.0, None, None, None])
    (line,) = (numbers(path) for path in by_class(parsed(figure.svg), "now") if path.tag == "path")
    assert {y for _, y in line} == {line[0][1]} and line[0][1] < 164


def test_nothing_known_at_all_can_still_be_drawn():
    assert parsed(a_timeline([None] * 6, verdicts=["quiet"] * 6).svg) is not None


@pytest.mark.parametrize("verdict", ["ok", "breach", "insufficient", "quiet"])
def test_each_verdict_has_a_mark_and_a_word(verdict):
    figure = a_timeline([1.0] * 6, verdicts=[verdict] * 3 + [""] * 3)
    assert len(by_class(parsed(figure.svg), f"said-{verdict}")) == 1
    assert dict(figure.key)[f"i-said-{verdict}"]


def test_no_data_is_hatched():
    figure = a_timeline([None] * 6, verdicts=["no_data"] * 6)
    assert "url(#t-h)" in figure.svg and "no data" in dict(figure.key).values() and "said-ok" not in figure.svg


def test_what_happened_stands_behind():
    behind = Behind(
        peaks=[Stretch(0.1, 0.2)],
        apart=[Stretch(0.4, 0.8, "Black Friday")],
        releases=[Stretch(0.5, 1.0, "Version 5 live")],
        alerts=[(0.6, "Slow")],
    )
    figure = a_timeline([1.0] * 6, behind=behind)
    root = parsed(figure.svg)
    assert len(by_class(root, "apart")) == 1 and len(by_class(root, "rel")) == 1 and len(by_class(root, "alert")) == 1
    assert {"Black Friday", "Version 5 live"} <= set(texts(root))
    assert {"i-peak", "i-apart", "i-rel", "i-alert"} <= set(dict(figure.key))


def test_a_limit_is_within_the_scale():
    root = parsed(a_timeline([10.0] * 6, limit=50).svg)
    (limit,) = by_class(root, "limit")
    assert 30 <= float(limit.get("y1")) < 164 and "Limit" in texts(root)


def test_below_zero_is_below_the_axis():
    (line,) = (p for p in by_class(parsed(a_timeline([-1.0, 1.0] * 3).svg), "now") if p.tag == "path")
    low, high = numbers(line)[0][1], numbers(line)[1][1]
    assert high < low


@pytest.mark.parametrize("value", [100.0, 50.0])
def test_a_name_stands_off_its_line_also_where_that_runs_along_the_top(value):
    root = parsed(a_timeline([value, *[100.0] * 5]).svg)
    (line,) = (numbers(path) for path in by_class(root, "now") if path.tag == "path")
    (name,) = (text for text in root.iter("text") if text.text == "answers")
    beneath = float(name.get("y")) - line[0][1]
    assert beneath <= -6 or beneath >= 16  # the letters stand on it, some ten high


def test_names_at_the_right_edge_stay_within_it_and_apart():
    moments = [Stretch(place / 20, (place + 1) / 20) for place in range(20)]
    newest = [*[None] * 19, 1.0]
    figure = a_timeline(newest, moments=moments, lines=[Line("ours", "now", newest), Line("theirs", "rule", newest)])
    ours, theirs = (each for each in parsed(figure.svg).iter() if each.text in ("ours", "theirs"))
    assert ours.get("text-anchor") == theirs.get("text-anchor") == "end"
    assert abs(float(ours.get("y")) - float(theirs.get("y"))) >= 12


def test_of_releases_close_together_the_newest_is_named():
    starts = {"one": 0.0, "two": 0.4, "three": 0.45, "four": 0.9, "five": 0.95}
    behind = Behind(releases=[Stretch(start, 1.0, words) for words, start in starts.items()])
    assert {*texts(parsed(a_timeline([1.0] * 6, behind=behind).svg))} >= {"one", "three", "five"}
    assert not {*texts(parsed(a_timeline([1.0] * 6, behind=behind).svg))} & {"two", "four"}


def test_the_words_of_days_apart_end_with_them_near_the_right_edge():
    behind = Behind(apart=[Stretch(0.1, 0.2, "Fair"), Stretch(0.85, 0.97, "Black Friday weekend")])
    root = parsed(a_timeline([1.0] * 6, behind=behind).svg)
    fair, friday = (each for each in root.iter("text") if each.text in ("Fair", "Black Friday weekend"))
    assert fair.get("text-anchor") == "start" and (friday.get("text-anchor"), friday.get("x")) == ("end", "97.00%")


def test_names_of_two_short_lines_do_not_lie_on_each_other():
    moments = [Stretch(place / 20, (place + 1) / 20) for place in range(20)]
    late = [*[None] * 16, 1.0, 1.0, 1.0, 1.0]
    lines = [Line("ours", "now", late), Line("theirs", "rule", late)]
    figure = a_timeline(late, moments=moments, lines=lines)
    ours, theirs = (each for each in parsed(figure.svg).iter() if each.text in ("ours", "theirs"))
    assert ours.get("text-anchor") == "start" and theirs.get("text-anchor") == "end"
    assert abs(float(ours.get("y")) - float(theirs.get("y"))) >= 12
