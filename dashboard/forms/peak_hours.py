"""What a merchant types of their peak hours: spans of the clock, such as 10-12, 18-22."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from pipelines.stats.peak_hours import WEEKDAY, WEEKEND

SPAN = re.compile(r"(\d{1,2})(?::00)?(?:\s*(?:-|–|to)\s*(\d{1,2})(?::00)?)?")
NOT_HOURS = "Write full hours from 0 to 24, such as 10-12, 18-22."
DAY = 24


class HoursField(forms.CharField):
    """Hours of the day; one number is the hour that begins then, and a span may pass midnight."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=120)

    def clean(self, value: Any) -> list[int]:
        """Read the hours.

        >>> HoursField().clean("22-1, 10"), HoursField().clean("")
        ([0, 10, 22, 23], [])
        """
        typed = super().clean(value)
        hours = [hour for part in typed.replace(";", ",").split(",") if part.strip() for hour in self.span(part)]
        return sorted(set(hours))

    def span(self, part: str) -> list[int]:
        """Read one span."""
        found = SPAN.fullmatch(part.strip())
        if not found:
            raise forms.ValidationError(NOT_HOURS)
        first = int(found[1])
        last = int(found[2]) if found[2] else first + 1
        if first >= DAY or last > DAY or first == last:
            raise forms.ValidationError(NOT_HOURS)
        return [hour % DAY for hour in range(first, last if last > first else last + DAY)]

    @staticmethod
    def shown(hours: list[int]) -> str:
        """Return stored hours as they are typed.

        >>> HoursField.shown([10, 18, 19])
        '10-11, 18-20'
        """
        spans: list[tuple[int, int]] = []
        for hour in hours:
            joins = bool(spans) and spans[-1][1] == hour
            spans[-1:] = [(spans[-1][0], hour + 1)] if joins else [*spans[-1:], (hour, hour + 1)]
        return ", ".join(f"{first}-{last}" for first, last in spans)


class PeakHoursForm(forms.Form):
    """The hours of both kinds of day."""

    weekday = HoursField()
    weekend = HoursField()

    @classmethod
    def typed(cls, hours: dict[str, Any]) -> dict[str, str]:
        """Return stored hours as they are typed."""
        return {name: HoursField.shown(hours.get(name, [])) for name in (WEEKDAY, WEEKEND)}
