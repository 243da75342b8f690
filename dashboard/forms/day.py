"""A day as somebody types it: one that a shop has had or will have, not one at an end of the calendar."""

from __future__ import annotations

from datetime import date

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

FIRST, LAST = date(1970, 1, 1), date(2199, 12, 31)  # a day more or a zone's hours beyond them can still be said
SENTENCE = "Choose a day between 1970 and 2199."


class DayField(forms.DateField):
    """A day, within bounds."""

    default_validators = [MinValueValidator(FIRST, SENTENCE), MaxValueValidator(LAST, SENTENCE)]
