"""A heat map is a table that can be read without its colours."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.charts.heat import Cell, HeatRow, heat_table
from tests.pipelines.charts.drawings import parsed

DAYS = [date(2026, 11, 1) + timedelta(days=number) for number in range(8)]


def a_table(*cells):
    return parsed(heat_table([HeatRow("Cart & value", cells)], DAYS, caption="Difference", of_what="What"))


def test_every_day_has_a_head_for_the_ear_and_every_week_one_for_the_eye():
    heads = a_table(Cell(8, "none", "not compared")).findall("./thead/tr/th")
    assert len(heads) == 9
    assert [head.find("span[@aria-hidden]").text for head in heads[1:]].count(None) == 6
    assert heads[1].find("span").text == "Sun 1\u00a0Nov"


def test_a_cell_says_what_it_means_and_leads_to_what_is_behind():
    table = a_table(Cell(1, "h4 over", "changed", "Sun 1 Nov", "/there?a=1&b=2"), Cell(7, "few", "too few"))
    first, second = table.findall("./tbody/tr/td")
    assert first.find("a").get("href") == "/there?a=1&b=2" and first.find("a").get("aria-label") == "Sun 1 Nov: changed"
    assert second.get("colspan") == "7" and second.find("span").text == "too few" and second.find("a") is None


def test_names_are_text():
    assert a_table(Cell(8, "h0", "same")).find("./tbody/tr/th").text == "Cart & value"
