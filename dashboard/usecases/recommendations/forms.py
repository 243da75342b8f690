"""What merchants type about recommendations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.usecases.recommendations.wish import MOST_IN_CART, Wish
from pipelines.models.usecases.recommendations import PickRule

LARGEST_ID = 2**63 - 1
LONGEST_SEARCH = 100


class WishForm(forms.Form):
    """What the page is asked for; anything odd falls back to the default."""

    q = forms.CharField(max_length=LONGEST_SEARCH, required=False)
    product = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    cart = forms.CharField(max_length=MOST_IN_CART * 20, required=False)

    def clean_cart(self) -> tuple[int, ...]:
        """Read the products of a cart, each once; what is no number of a product is left out."""
        told = [part for part in self.cleaned_data["cart"].split(",") if part.isascii() and part.isdigit()]
        known = [number for number in map(int, told) if 0 < number <= LARGEST_ID]
        return tuple(dict.fromkeys(known))[:MOST_IN_CART]

    @classmethod
    def read(cls, query: QueryDict) -> Wish:
        """Return the wish that an address carries."""
        form = cls(query)
        form.is_valid()
        return Wish(**{name: value for name, value in form.cleaned_data.items() if value})


class PickRuleForm(forms.Form):
    """A rule for what is shown: products by their number from a button, or as somebody typed them."""

    rule = forms.ChoiceField(choices=PickRule.Rule.choices)
    pick_id = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    product_id = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    pick = forms.CharField(max_length=255, required=False)
    product = forms.CharField(max_length=255, required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for what a rule cannot do without."""
        super().clean()
        found = self.cleaned_data
        if not (found.get("pick_id") or found.get("pick")):
            self.add_error("pick", "Say which product.")
        needs_two = found.get("rule") in (PickRule.Rule.PIN, PickRule.Rule.NEVER_TOGETHER)
        if needs_two and not (found.get("product_id") or found.get("product")):
            self.add_error("product", "Say beside which product.")
        return found
