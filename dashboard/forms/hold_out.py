"""How many shoppers are shown nothing by a model: a share that may be chosen, in percent."""

from __future__ import annotations

from django import forms

from dashboard.forms.pages import RevisionForm
from pipelines.lifecycle.hold_outs import drawn


class HoldOutForm(RevisionForm):
    """The share of one model; what may be chosen is known where it is kept."""

    use_case = forms.CharField(max_length=40)
    percent = forms.IntegerField(min_value=0, max_value=100)

    @property
    def chosen(self) -> drawn.Chosen:
        """Return what was chosen."""
        return drawn.Chosen(self.cleaned_data["use_case"], self.cleaned_data["percent"])
