"""What merchants type of an order to a supplier."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http import QueryDict

from pipelines.lifecycle.buying.orders import LARGEST

UNITS = re.compile(r"units-(\d{1,18})")


class DraftForm(forms.Form):
    """Which vendor an order is drafted for."""

    vendor = forms.CharField(max_length=255, required=False, strip=False, empty_value="")


class DayForm(forms.Form):
    """A day: on which an order is expected, or goods came."""

    day = forms.DateField()


class ArrivalForm(DayForm):
    """When and where an order is expected; no place: where most of it sells."""

    place = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class ReceiptForm(forms.Form):
    """Which delivery is meant."""

    receipt = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class UnitsForm(forms.Form):
    """Units of each line, as `units-<number of the line>`."""

    def __init__(self, fields: QueryDict) -> None:
        super().__init__(fields)
        field = forms.IntegerField(max_value=LARGEST, required=False)
        self.fields |= {name: field for name in fields if UNITS.fullmatch(name)}

    @property
    def units(self) -> dict[int, int]:
        """Return the units by line; an empty field stands for none."""
        typed: dict[str, Any] = self.cleaned_data
        return {int(name.removeprefix("units-")): value or 0 for name, value in typed.items()}
