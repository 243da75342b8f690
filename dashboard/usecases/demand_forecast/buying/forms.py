"""What merchants type of suppliers, and of orders to them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.files import LARGEST_FILE
from dashboard.forms.day import DayField
from dashboard.forms.pages import WEEKDAYS
from pipelines.lifecycle.buying.orders import LARGEST
from pipelines.lifecycle.buying.suppliers import Told
from pipelines.words import to_minor

UNITS, COST = re.compile(r"units-(\d{1,18})"), re.compile(r"cost-(\d{1,18})")
NO_LIST = "Choose the list that you ordered by, and a day on which it comes. Nothing was marked."
TOO_LARGE = "The file is larger than 4 MB. Mark it in parts. Nothing was marked."
CURRENCY = {"invalid": "A currency has three letters, for example EUR."}


class DraftForm(forms.Form):
    """Which supplier an order is drafted for, or which vendor where none delivers it."""

    vendor = forms.CharField(max_length=255, required=False, strip=False, empty_value="")
    supplier = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class DayForm(forms.Form):
    """A day: on which an order is expected, or goods came."""

    day = DayField()


class ArrivalForm(DayForm):
    """When and where an order is expected; no place: where most of it sells."""

    place = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class SentForm(DayForm):
    """When an order was sent, and when it is expected; without a day it was sent today."""

    sent_on = DayField(required=False)


class ListForm(SentForm):
    """A list that was ordered by, and of whose part it is told."""

    file = forms.FileField(max_length=200)
    only = forms.CharField(max_length=255, required=False)
    again = forms.BooleanField(required=False)  # it was ordered before, too
    newest = forms.DateTimeField(required=False)  # when the newest order that the page knew was sent

    def clean_file(self) -> Any:
        """Refuse a file that no order list needs."""
        if self.cleaned_data["file"].size > LARGEST_FILE:
            raise forms.ValidationError(TOO_LARGE, code="large")
        return self.cleaned_data["file"]

    @property
    def sentence(self) -> str:
        """Say what is wrong with what was chosen."""
        return TOO_LARGE if self.has_error("file", "large") else NO_LIST

    @property
    def besides(self) -> datetime | None:
        """Return the moment up to which the list may repeat what was sent."""
        return self.cleaned_data["newest"] if self.cleaned_data["again"] else None


class BudgetForm(forms.Form):
    """How much money an order may take; nothing: as much as is advised."""

    budget = forms.DecimalField(max_value=1_000_000_000, required=False)


class ReceiptForm(forms.Form):
    """Which delivery is meant."""

    receipt = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    whole = forms.BooleanField(required=False)  # all that was written down with it


class LinesForm(forms.Form):
    """Which page of an order's lines is meant."""

    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    @classmethod
    def number(cls, fields: QueryDict) -> int:
        """Return the page; the first one where none is told, or none that could be."""
        form = cls(fields)
        return (form.cleaned_data["page"] or 1) if form.is_valid() else 1


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


class CostsForm(forms.Form):
    """What a unit of each line costs, as `cost-<number of the line>`; an empty field is not known."""

    def __init__(self, fields: QueryDict) -> None:
        super().__init__(fields)
        field = forms.DecimalField(min_value=0, max_value=10_000_000, required=False)
        self.fields |= {name: field for name in fields if COST.fullmatch(name)}

    def costs(self, currency: str) -> dict[int, int]:
        """Return the costs by line, in minor units."""
        typed: dict[str, Any] = self.cleaned_data
        return {int(name.removeprefix("cost-")): to_minor(value or 0, currency) for name, value in typed.items()}


class SupplierForm(forms.Form):
    """What a merchant says of a supplier."""

    name = forms.CharField(max_length=255)
    currency = forms.RegexField(r"^[A-Za-z]{3}$", error_messages=CURRENCY)
    lead_time_days = forms.IntegerField(min_value=0, max_value=365, required=False)
    smallest = forms.DecimalField(min_value=0, max_value=10_000_000, required=False)
    order_weekdays = forms.TypedMultipleChoiceField(choices=list(enumerate(WEEKDAYS)), coerce=int, required=False)
    address = forms.CharField(max_length=2000, required=False)
    vendors = forms.MultipleChoiceField(
        required=False, error_messages={"invalid_choice": "No product is from %(value)s."}
    )
    skus = forms.CharField(max_length=20_000, required=False)

    def __init__(self, fields: QueryDict, *, vendors: Collection[str], skus: dict[str, list[int]]) -> None:
        super().__init__(fields)
        self.known_skus = skus
        field = self.fields["vendors"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(vendor, vendor) for vendor in vendors]

    def clean_currency(self) -> str:
        """Write a currency in capital letters."""
        return str(self.cleaned_data["currency"]).upper()

    def clean_skus(self) -> list[int]:
        """Find the variants of the SKUs, one in each line."""
        typed = [line.strip() for line in self.cleaned_data["skus"].splitlines() if line.strip()]
        unknown = [sku for sku in typed if sku.lower() not in self.known_skus]
        if unknown:
            raise forms.ValidationError(f"No variant has the SKU {', '.join(unknown[:5])}.")
        return sorted({variant_id for sku in typed for variant_id in self.known_skus[sku.lower()]})

    @property
    def told(self) -> Told:
        """Return what was said."""
        found = dict(self.cleaned_data)
        smallest, variant_ids = found.pop("smallest") or 0, found.pop("skus")
        return Told(**found, smallest_minor=to_minor(smallest, found["currency"]), variant_ids=variant_ids)
