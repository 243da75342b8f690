"""The running sum of a month: readable as words and as a table, freezes shaded."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.charts.saved_days import saved_days

FIRST = date(2026, 10, 1)


def drawn(minors, apart=()):
    days = [(FIRST + timedelta(days=place), minor) for place, minor in enumerate(minors)]
    return saved_days(days, frozenset(apart), currency="GBP", title="Errors cost less")


def test_words_and_table_add_up():
    figure = drawn([10_000] * 30 + [-5_000])
    assert figure.description == "By 31\u00a0Oct errors had cost £2,950 less than the simple rule’s."
    assert len(figure.table_rows) == 31
    assert figure.table_rows[-1] == ("31\u00a0Oct", "£50 more", "£2,950 less")


def test_freezes_and_events_are_shaded_and_add_nothing():
    figure = drawn([100_00] * 31, {FIRST})
    assert figure.table_rows[0] == ("1\u00a0Oct", "£100 less", "no difference")
    assert "£3,000 less" in figure.description
    assert drawn([100] * 31).svg.count('class="band"') == 0
    assert drawn([100] * 31, {FIRST, FIRST + timedelta(days=1)}).svg.count('class="band"') == 2


@pytest.mark.parametrize("minors", [[0] * 14, [-100] * 14, [1], [10**12, -(10**12)]])
def test_odd_months_can_be_drawn(minors):
    svg = drawn(minors).svg
    assert svg.startswith("<svg") and "nan" not in svg.lower()
