"""What a merchant types of an event of their own."""

from datetime import date, timedelta
from typing import Any

from django import forms

from dashboard.forms import NoteField

LONGEST, OLDEST, FARTHEST = timedelta(days=92), timedelta(days=5 * 366), timedelta(days=731)


class OwnEventForm(forms.Form):
    """Days that are no usual days, of the past or to come; the last day is part of them."""

    name = NoteField(max_length=80)
    first_day = forms.DateField()
    last_day = forms.DateField()

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_name(self) -> str:
        """Keep single blanks, so that the same name is the same event."""
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        """Refuse an event that ends before it begins, is no event but a season, or lies where nobody looks."""
        super().clean()
        found = self.cleaned_data
        if {"first_day", "last_day"} <= found.keys():
            first, last = found["first_day"], found["last_day"]
            if last < first:
                self.add_error("last_day", "The last day lies before the first.")
            elif last - first > LONGEST:
                self.add_error("last_day", "Three months at most.")
            elif first < self.today - OLDEST:
                self.add_error("first_day", "Five years back at most: older sales are not read.")
            elif first > self.today + FARTHEST:
                self.add_error("first_day", "Two years ahead at most.")
        return found
