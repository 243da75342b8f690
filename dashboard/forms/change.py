"""Which window of what is watched somebody looks into."""

from django import forms

from dashboard.forms.day import DayField


class ChangeForm(forms.Form):
    """Which window of what is watched somebody looks into."""

    feature = forms.CharField(max_length=100)
    day = DayField()
