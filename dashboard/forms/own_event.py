"""What a merchant types of an event of their own."""

from datetime import date, timedelta

from dashboard.forms.pages import SpanForm

OLDEST = timedelta(days=5 * 366)


class OwnEventForm(SpanForm):
    """Days that are no usual days, of the past or to come."""

    def clean_name(self) -> str:
        """Keep single blanks, so that the same name is the same event."""
        return " ".join(self.cleaned_data["name"].split())

    def wrong(self, first: date, last: date) -> tuple[str, str] | None:
        """Refuse also what lies before everything that is read."""
        if first < self.today - OLDEST and first <= last:
            return "first_day", "Five years back at most: older sales are not read."
        return super().wrong(first, last)
