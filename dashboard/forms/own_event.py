"""What a merchant types of an event of their own."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms

from dashboard.forms.pages import SpanForm

OLDEST = timedelta(days=5 * 366)
LEAST_OFF, MOST_OFF = 5, 90  # percent


class OwnEventForm(SpanForm):
    """Days that are no usual days, of the past or to come; of a sale, what it takes off."""

    percent_off = forms.IntegerField(min_value=LEAST_OFF, max_value=MOST_OFF, required=False)
    product_type = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, types: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        kind = self.fields["product_type"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [("", "All products"), *((name, name) for name in types)]

    def clean_name(self) -> str:
        """Keep single blanks, so that the same name is the same event."""
        return " ".join(self.cleaned_data["name"].split())

    def wrong(self, first: date, last: date) -> tuple[str, str] | None:
        """Refuse also what lies before everything that is read."""
        if first < self.today - OLDEST and first <= last:
            return "first_day", "Five years back at most: older sales are not read."
        return super().wrong(first, last)

    def clean(self) -> dict[str, Any]:
        """Refuse a sale that takes nothing off."""
        found = super().clean()
        if found.get("product_type") and "percent_off" in found and found["percent_off"] is None:
            self.add_error("percent_off", "Say how much the sale takes off.")
        return found
