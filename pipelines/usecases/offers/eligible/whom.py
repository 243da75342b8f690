"""Who may see an offer: a closed set of rules that a merchant states, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LARGEST = 10**12  # minor units
MOST_PRODUCTS = 50
SHOPPERS = ("", "new", "returning")
NAMES = frozenset({"value_from", "value_to", "shoppers", "products"})

UNKNOWN = "An offer can be limited by cart value, new or returning shoppers, and products in the cart; not by {names}."
NO_AMOUNT = "The cart values of an offer are whole amounts of at least 0."
UPSIDE_DOWN = "The highest cart value of an offer is not below its lowest."
NO_SHOPPERS = "An offer is for new shoppers, for returning ones, or for all."
NO_PRODUCTS = f"The products of an offer are 1 to {MOST_PRODUCTS} of Shopify's ids."


class NotAllowed(ValueError):
    """A merchant asked for what an offer cannot be; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Who may see an offer; money in minor units of the shop's currency."""

    value_from: int | None = None
    value_to: int | None = None  # itself included
    shoppers: str = ""  # new, returning; empty: all
    products: tuple[int, ...] = ()  # one of them lies in the cart; empty: any cart

    def as_dict(self) -> dict[str, Any]:
        """Give plain values, without what is not limited."""
        given: dict[str, Any] = {
            "value_from": self.value_from,
            "value_to": self.value_to,
            "shoppers": self.shoppers or None,
        }
        given |= {"products": list(self.products) or None}
        return {name: value for name, value in given.items() if value is not None}


def read(told: Any) -> Whom:
    """Return the rules that were stated, or raise NotAllowed with a sentence."""
    if not isinstance(told, dict) or told.keys() - NAMES:
        names = ", ".join(sorted(map(str, told.keys() - NAMES))) if isinstance(told, dict) else "a text or a list"
        raise NotAllowed(UNKNOWN.format(names=names))
    low, high = amount(told.get("value_from")), amount(told.get("value_to"))
    if low is not None and high is not None and high < low:
        raise NotAllowed(UPSIDE_DOWN)
    shoppers = told.get("shoppers", "")
    if type(shoppers) is not str or shoppers not in SHOPPERS:
        raise NotAllowed(NO_SHOPPERS)
    return Whom(low, high, shoppers, products(told.get("products")))


def amount(value: Any) -> int | None:
    """Return an amount of money, or nothing where none is stated."""
    if value is not None and not (type(value) is int and 0 <= value <= LARGEST):
        raise NotAllowed(NO_AMOUNT)
    return value


def products(value: Any) -> tuple[int, ...]:
    """Return the ids of products."""
    if value is None:
        return ()
    is_list = isinstance(value, list) and 0 < len(value) <= MOST_PRODUCTS
    if not is_list or not all(type(each) is int and 0 < each < 2**63 for each in value):
        raise NotAllowed(NO_PRODUCTS)
    return tuple(sorted(set(value)))
