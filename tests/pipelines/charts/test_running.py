"""The replayed past: what was saved week by week, added up."""

import pytest

from pipelines.charts import running_difference
from tests.pipelines.charts.drawings import by_class, numbers, parsed, texts, weeks


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


@pytest.mark.parametrize("saved", [[1_000] * 12, [-1_000] * 12, [-3_000] * 11 + [5_000]])
def test_the_sum_is_written_off_the_line_that_ends_there(saved):
    root = parsed(drawn(weeks(saved)).svg)
    (line,) = [numbers(mark) for mark in by_class(root, "new") if mark.tag == "path"]
    (said,) = (text for text in root.iter("text") if text in by_class(root, "new"))
    near = [y for _, y in line[-3:]]
    assert float(said.get("y")) <= min(near) - 8 or float(said.get("y")) - 10 >= max(near) + 8


def test_a_loss_rises_above_zero():
    figure = running_difference(weeks([-2_000] * 3), title="More", description="", names=("a", "b"), currency="JPY")
    assert "¥6,000 more" in texts(parsed(figure.svg)) and "A costs more" in texts(parsed(figure.svg))


def drawn(past, currency="GBP"):
    return running_difference(past, title="T", description="D", names=("this", "that"), currency=currency)


def test_one_week_with_a_range_is_no_area():
    assert not by_class(parsed(drawn(weeks([1_000], [(500, 1_500)])).svg), "fan2")
    assert by_class(parsed(drawn(weeks([1_000] * 2, [(500, 1_500)] * 2)).svg), "fan2")


def test_a_weeks_table_says_what_is_not_known_yet():
    rows = drawn(weeks([100, -300], [None, (-400, 100)])).table_rows
    assert [row[1:] for row in rows] == [
        ("£1 less", "£1 less", "—"),
        ("£3 more", "£2 more", "£1 less to £4 more"),
    ]


def test_at_most_six_weeks_are_named():
    root = parsed(drawn(weeks([100] * 30)).svg)
    assert 4 <= sum("\u00a0" in (text or "") and "£" not in text for text in texts(root)) <= 6


def test_what_is_explored_falls_with_what_is_saved_in_whole_pounds():
    plotly = drawn(weeks([1_000, 500], [None, (1_000, 2_000)])).plotly
    lowest, highest, line = plotly["data"]
    assert line["y"] == [-10.0, -15.0] and line["x"] == ["2026-09-06", "2026-09-13"]
    assert (lowest["y"], highest["y"]) == ([None, -20.0], [None, -10.0])
    assert plotly["layout"]["yaxis"]["tickprefix"] == "£"
    assert drawn(weeks([1_000]), "JPY").plotly["data"][-1]["y"] == [-1_000.0]
