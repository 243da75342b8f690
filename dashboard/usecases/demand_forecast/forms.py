"""What merchants type about variants and vendors."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.files import LARGEST_FILE
from dashboard.forms.day import DayField
from dashboard.forms.pages import NoteField, ShareField
from dashboard.usecases.demand_forecast.wish import FILTERS, SORTS, Wish
from pipelines.models import StockRule
from pipelines.words import to_major, to_minor

WANTED = [(0, "Never out of stock in a share of cycles"), (1, "Margin against the cost of holding")]


class OrderingForm(forms.Form):
    """How the whole shop buys, and what errors cost it."""

    lead_time_days = forms.IntegerField(min_value=0, max_value=365)
    review_days = forms.IntegerField(min_value=1, max_value=90)
    weighs_costs = forms.TypedChoiceField(choices=WANTED, coerce=lambda text: text == "1")
    service_level = ShareField(min_value=50, max_value=Decimal("99.9"))
    cost_share = ShareField(min_value=1, max_value=100)
    holding_rate = ShareField(min_value=0, max_value=100)
    markdown_rate = ShareField(min_value=0, max_value=100)


class WishForm(forms.Form):
    """What the forecasts list is asked for; anything odd falls back to the default."""

    show = forms.ChoiceField(choices=[(slug, slug) for slug in FILTERS], required=False)
    q = forms.CharField(max_length=100, required=False)
    sort = forms.ChoiceField(choices=[(slug, slug) for slug in SORTS], required=False)
    location = forms.IntegerField(min_value=0, required=False)
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    @classmethod
    def read(cls, query: QueryDict) -> Wish:
        """Return the wish that an address carries."""
        form = cls(query)
        form.is_valid()
        return Wish(**{name: value for name, value in form.cleaned_data.items() if value})


class RuleForm(forms.Form):
    """What a merchant knows of one vendor or variant; an empty field is inherited."""

    lead_time_days = forms.IntegerField(min_value=0, max_value=365, required=False)
    review_days = forms.IntegerField(min_value=1, max_value=90, required=False)
    cover_days = forms.IntegerField(min_value=1, max_value=365, required=False)
    pack_size = forms.IntegerField(min_value=1, max_value=100_000, required=False)
    minimum_order = forms.IntegerField(min_value=1, max_value=1_000_000, required=False)
    service_level = forms.DecimalField(min_value=50, max_value=Decimal("99.9"), decimal_places=1, required=False)
    unit_cost = forms.DecimalField(min_value=0, max_value=10_000_000, required=False)

    LABELS = {
        "lead_time_days": "Lead time, days",
        "review_days": "Days between orders",
        "cover_days": "Days to cover",
        "pack_size": "Pack size",
        "minimum_order": "Minimum order",
        "service_level": "In stock, % of cycles",
        "unit_cost": "Unit cost",
    }

    def values(self, currency: str) -> dict[str, Any]:
        """Return the columns of a rule."""
        found = dict(self.cleaned_data)
        cost, level = found.pop("unit_cost"), found["service_level"]
        found["unit_cost_minor"] = None if cost is None else to_minor(cost, currency)
        found["service_level"] = None if level is None else level / 100
        return found

    def sentence(self) -> str:
        """Say what is wrong, field by field."""
        return " ".join(f"{self.LABELS[name]}: {' '.join(map(str, errors))}" for name, errors in self.errors.items())

    @classmethod
    def shown(cls, rule: StockRule | None, currency: str) -> dict[str, str]:
        """Return a stored rule as the form shows it."""
        if rule is None:
            return dict.fromkeys(cls.base_fields, "")
        stored = {name: getattr(rule, name) for name in cls.base_fields if name != "unit_cost"}
        level = stored["service_level"]
        stored["service_level"] = None if level is None else f"{100 * level:.1f}".removesuffix(".0")
        stored["unit_cost"] = None if rule.unit_cost_minor is None else to_major(rule.unit_cost_minor, currency)
        return {name: "" if value is None else str(value) for name, value in stored.items()}


class OverrideForm(forms.Form):
    """A merchant's own number for a variant and a period."""

    units = forms.IntegerField(min_value=0, max_value=1_000_000)
    first_day = DayField()
    last_day = DayField()
    note = NoteField(max_length=300)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins, or that is too long to mean anything."""
        super().clean()
        found = self.cleaned_data
        if {"first_day", "last_day"} <= found.keys():
            days = (found["last_day"] - found["first_day"]).days
            if days < 0:
                self.add_error("last_day", "The last day lies before the first.")
            if days > 365:
                self.add_error("last_day", "A year at most.")
        return found


class OddOrderForm(forms.Form):
    """What the merchant says of one unusual day."""

    CHOICES = {"full": True, "none": False, "usual": None}

    day = DayField()
    weighs = forms.ChoiceField(choices=[(name, name) for name in CHOICES])

    @property
    def counts(self) -> bool | None:
        """Return whether the day counts in full, not at all, or (None) as we weigh it."""
        return self.CHOICES[self.cleaned_data["weighs"]]


class UploadForm(forms.Form):
    """A file of stock rules."""

    rules = forms.FileField(max_length=200)

    def clean_rules(self) -> Any:
        """Refuse a file that no list of rules needs."""
        if self.cleaned_data["rules"].size > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 4 MB. Upload it in parts.")
        return self.cleaned_data["rules"]
