"""Evidence by group: all rows share one scale, less cost to the left."""

from pipelines.charts import group_intervals
from tests.pipelines.charts.drawings import parsed


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


def test_everything_stays_inside_and_the_ends_are_marked():
    _, rows = group_intervals([(100, (0, 200)), (-300, (-400, -200))], "GBP")
    for row in map(parsed, rows):
        places = [float(line.get(name)[:-1]) for line in row.findall("line") for name in ("x1", "x2")]
        assert min(places) >= 7 and max(places) <= 93
        whisker, left, right = row.findall("line")[1:]
        assert (left.get("x1"), right.get("x1")) == (whisker.get("x1"), whisker.get("x2"))
        assert left.get("x1") == left.get("x2")
    assert parsed(rows[0]).findall("line")[1].get("x1") == "7.00%"  # saves most
    assert parsed(rows[1]).findall("line")[1].get("x2") == "93.00%"  # costs most


def test_a_group_without_a_range_is_its_dot_alone():
    _, (row,) = group_intervals([(500, None)], "JPY")
    drawn = parsed(row)
    assert drawn.get("aria-label") == "¥500 less" and drawn.find("circle").get("cx") == "7.00%"
