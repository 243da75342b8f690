"""What is typed on the pages of alerts."""

from __future__ import annotations

from typing import Any

from django import forms

from pipelines.lifecycle.alerts import channels, lives
from pipelines.models import Alert, AlertChannel


class AnswerForm(forms.Form):
    """What somebody says to an alert."""

    wish = forms.TypedChoiceField(choices=[(wish, wish) for wish in lives.Wish], coerce=lives.Wish)
    snooze = forms.ChoiceField(choices=[(name, name) for name in lives.SNOOZES], required=False)


class ChannelForm(forms.Form):
    """A way to tell somebody, whom of what, and when not."""

    kind = forms.ChoiceField(choices=[kind for kind in AlertChannel.Kind.choices if kind[0] != AlertChannel.Kind.LOST])
    target = forms.CharField(required=False, max_length=1000)
    least = forms.ChoiceField(choices=Alert.Severity)
    quiet_from = forms.TimeField(required=False)
    quiet_until = forms.TimeField(required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse what nothing can be sent to, and quiet hours with one end."""
        super().clean()
        found = self.cleaned_data
        if {"kind", "target"} <= found.keys():
            why_not = channels.why_not(found["kind"], found["target"])
            if why_not:
                self.add_error("target", why_not)
        begins, ends = found.get("quiet_from"), found.get("quiet_until")
        if not self.errors and (begins is None) != (ends is None):
            self.add_error("quiet_until" if ends is None else "quiet_from", "Quiet hours need both ends, or none.")
        return found
