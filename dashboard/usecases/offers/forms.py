"""What merchants type of an offer; money as a person writes it, days of the shop, products by SKU or title."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from dashboard.forms.day import DayField
from dashboard.forms.pages import NoteField
from pipelines.models import Shop
from pipelines.models.usecases.offers import Offer, OwnOffer
from pipelines.models.usecases.offers.tables import LONGEST_CODE, LONGEST_MESSAGE, LONGEST_NAME
from pipelines.stats import clock
from pipelines.usecases.offers.eligible.whom import SHOPPERS
from pipelines.words import to_major, to_minor

MOST = 10_000_000
KINDS = {
    Offer.Kind.CODE: "A discount code",
    Offer.Kind.FREE_SHIPPING: "Free delivery from a cart value on",
    Offer.Kind.PRODUCT: "One more product",
    Offer.Kind.MESSAGE: "A message",
}
WHO = {"": "All shoppers", "new": "New shoppers", "returning": "Returning shoppers"}


class MoneyField(forms.DecimalField):
    """An amount, in whole units and parts of the shop's currency."""

    def __init__(self) -> None:
        super().__init__(min_value=0, max_value=MOST, required=False)


class OfferForm(forms.Form):
    """An offer as it is typed."""

    name = NoteField(max_length=LONGEST_NAME)
    kind = forms.ChoiceField(choices=list(KINDS.items()))
    code = forms.CharField(max_length=LONGEST_CODE, required=False)
    threshold = MoneyField()
    product = forms.CharField(max_length=255, required=False)
    message = NoteField(max_length=LONGEST_MESSAGE, required=False)
    value_from = MoneyField()
    value_to = MoneyField()
    shoppers = forms.ChoiceField(choices=[(each, WHO[each]) for each in SHOPPERS], required=False)
    first_day = DayField(required=False)
    last_day = DayField(required=False)
    cost = MoneyField()
    percent = forms.DecimalField(min_value=0, max_value=100, decimal_places=2, required=False)
    floor = MoneyField()
    budget = MoneyField()
    weekly_cap = forms.IntegerField(min_value=1, max_value=10**9, required=False)

    def own(self, shop: Shop, product_id: int | None, number: int | None) -> OwnOffer:
        """Return what was typed, as it is kept."""
        told = self.cleaned_data
        minor = {name: None if told[name] is None else to_minor(told[name], shop.currency) for name in MONEY}
        whom = {"value_from": minor["value_from"], "value_to": minor["value_to"], "shoppers": told["shoppers"] or None}
        return OwnOffer(
            name=told["name"],
            kind=Offer.Kind(told["kind"]),
            code=told["code"],
            threshold_minor=minor["threshold"],
            product_id=product_id,
            message=told["message"],
            for_whom={name: value for name, value in whom.items() if value is not None},
            starts_at=midnight(shop, told["first_day"]),
            ends_at=midnight(shop, told["last_day"], timedelta(days=1)),
            margin_floor_minor=minor["floor"] or 0,
            cost_minor=minor["cost"] or 0,
            cost_percent=told["percent"] or Decimal(0),
            budget_minor=minor["budget"],
            weekly_cap=told["weekly_cap"],
            number=number,
        )

    @classmethod
    def shown(cls, offer: Offer, shop: Shop, product: str) -> dict[str, str]:
        """Return a stored offer as the form shows it."""
        whom = offer.whom
        minor = {
            "threshold": offer.threshold_minor, "value_from": whom.value_from, "value_to": whom.value_to,
            "cost": offer.cost_minor or None, "floor": offer.margin_floor_minor or None, "budget": offer.budget_minor,
        }  # fmt: skip
        told: dict[str, Any] = {
            name: getattr(offer, name) for name in ("name", "kind", "code", "message", "weekly_cap")
        }
        told |= {name: None if value is None else to_major(value, shop.currency) for name, value in minor.items()}
        told |= {"product": product, "shoppers": whom.shoppers, "percent": plain(offer.cost_percent)}
        told |= {
            "first_day": day(shop, offer.starts_at),
            "last_day": day(shop, offer.ends_at, timedelta(microseconds=1)),
        }
        return {name: "" if value is None else str(value) for name, value in told.items()}


MONEY = [name for name, field in OfferForm.base_fields.items() if isinstance(field, MoneyField)]


def midnight(shop: Shop, day: date | None, later: timedelta = timedelta(0)) -> datetime | None:
    """Return when a day of the shop begins, or the one after it."""
    return None if day is None else clock.midnight(day + later, shop.zone)


def day(shop: Shop, at: datetime | None, before: timedelta = timedelta(0)) -> date | None:
    """Return on which day of the shop something begins, or is still there."""
    return None if at is None else (at - before).astimezone(shop.zone).date()


def plain(percent: Decimal) -> str:
    """Write a share without needless digits.

    >>> plain(Decimal("10.00")), plain(Decimal("2.50")), plain(Decimal(0))
    ('10', '2.5', '')
    """
    return f"{percent:f}".rstrip("0").rstrip(".") if percent else ""


class SwitchForm(forms.Form):
    """Whether an offer is to run."""

    is_live = forms.TypedChoiceField(choices=[("0", "Stop"), ("1", "Start")], coerce=lambda text: text == "1")
