"""What a merchant types of an event of their own."""

from datetime import date, timedelta
from typing import Any

from django import forms

from dashboard.forms.pages import SpanForm
from pipelines.lifecycle import own_events
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.storefront.named import product_called
from pipelines.models import Shop

OLDEST = timedelta(days=5 * 366)
LEAST_OFF, MOST_OFF = 5, 90  # percent
TYPE, VENDOR = "product_type", "vendor"  # what of a product a sale may go by
TOO_MANY = f"Name {own_events.MOST_PRODUCTS} products at most; for more, choose a type or a vendor."


class OwnEventForm(SpanForm):
    """Days that are no usual days, of the past or to come; of a sale, what it takes off."""

    percent_off = forms.IntegerField(min_value=LEAST_OFF, max_value=MOST_OFF, required=False)
    of = forms.ChoiceField(required=False)
    products = forms.CharField(max_length=6000, required=False)

    def __init__(self, *args: Any, shop: Shop, **options: Any) -> None:
        super().__init__(*args, **options)
        self.shop, of = shop, self.fields["of"]
        assert isinstance(of, forms.ChoiceField)
        of.choices = [("", "All products"), *choices(shop)]

    def clean_name(self) -> str:
        """Keep single blanks, so that the same name is the same event."""
        return " ".join(self.cleaned_data["name"].split())

    def wrong(self, first: date, last: date) -> tuple[str, str] | None:
        """Refuse also what lies before everything that is read."""
        if first < self.today - OLDEST and first <= last:
            return "first_day", "Five years back at most: older sales are not read."
        return super().wrong(first, last)

    def clean_products(self) -> list[int]:
        """Find the products that were named, one a line."""
        named = list(dict.fromkeys(line.strip() for line in self.cleaned_data["products"].splitlines() if line.strip()))
        if len(named) > own_events.MOST_PRODUCTS:
            raise forms.ValidationError(TOO_MANY)
        try:
            return sorted({product_called(self.shop, text) for text in named})
        except Refused as refusal:
            raise forms.ValidationError(refusal.sentence) from None

    def clean(self) -> dict[str, Any]:
        """Refuse a sale that takes nothing off, and one of two things at once."""
        found = super().clean()
        of_some = found.get("of") or found.get("products")
        if of_some and "percent_off" in found and found["percent_off"] is None:
            self.add_error("percent_off", "Say how much the sale takes off.")
        if found.get("of") and found.get("products"):
            self.add_error("products", "Choose a type or a vendor, or name products: not both.")
        return found

    def span(self) -> own_events.Span:
        """Return what was typed as an event."""
        told = {name: value for name, value in self.cleaned_data.items() if name not in ("of", "products")}
        name, _, value = self.cleaned_data["of"].partition(":")
        return own_events.Span(
            **told, product_ids=self.cleaned_data["products"] or None, **({name: value} if name else {})
        )


def choices(shop: Shop) -> list[tuple[str, str]]:
    """List what a sale may be of besides all products and single ones."""
    types = [(f"{TYPE}:{name}", f"Type: {name}") for name in own_events.product_types(shop)]
    return types + [(f"{VENDOR}:{name}", f"From {name}") for name in own_events.vendors(shop)]
