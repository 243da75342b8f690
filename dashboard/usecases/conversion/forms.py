"""What merchants set of visits and checkouts."""

from django import forms


class LostForm(forms.Form):
    """From which chance on Shopify Flow is told of a checkout; nothing: it is told of none."""

    lost_below = forms.IntegerField(min_value=1, max_value=99, required=False)
