"""A day is one that a shop can have: at the ends of the calendar no clock has a midnight after it, or before."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms

import dashboard.urls  # its pages bring every form
from dashboard.forms.change import ChangeForm
from dashboard.forms.day import FIRST, LAST, DayField
from pipelines.stats import clock


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", str(LAST + timedelta(days=1))])
def test_a_day_at_an_end_of_the_calendar_is_refused(day: str) -> None:
    form = ChangeForm({"feature": "y", "day": day})
    assert not form.is_valid() and form.errors["day"] == ["Choose a day between 1970 and 2199."]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_each_day_that_is_taken_has_its_hours_everywhere(zone: str) -> None:
    for day in (FIRST, LAST):
        assert clock.day_window(day, ZoneInfo(zone)).ends_at


def test_every_form_asks_for_a_day_in_this_way() -> None:
    assert dashboard.urls.urlpatterns
    waiting, asked = [forms.Form], set()
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        if form.__module__.startswith("dashboard."):
            asked |= {type(field) for field in form.base_fields.values() if isinstance(field, forms.DateField)}
    assert asked == {DayField}
