"""Whether Shopify's own field of products is filled, too."""

from django import forms


class StandardFieldForm(forms.Form):
    """Yes, or what stood there comes back."""

    fills = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda said: said == "yes")
