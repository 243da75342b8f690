"""What the merchant may ask the page for: a search, a product, a cart."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

MOST_IN_CART = 8


@dataclass(frozen=True)
class Wish:
    """What the merchant looks at."""

    q: str = ""
    product: int | None = None
    cart: tuple[int, ...] = ()

    def query(self, *, product: int | None = None, cart: tuple[int, ...] | None = None) -> str:
        """Return this wish as a query string, with another product or cart; a choice ends the search."""
        told = {"product": product or self.product, "cart": ",".join(map(str, self.cart if cart is None else cart))}
        return urlencode({name: value for name, value in told.items() if value})

    @property
    def here(self) -> str:
        """Return what leads back to the same product and cart."""
        return self.query()

    @property
    def in_cart(self) -> str:
        """Return the cart as a form carries it."""
        return ",".join(map(str, self.cart))

    def with_in_cart(self, product: int) -> str:
        """Return what leads to the cart with one product more; it holds so many at most."""
        kept = tuple(each for each in self.cart if each != product)
        return self.query(cart=(*kept[: MOST_IN_CART - 1], product))

    def without_in_cart(self, product: int) -> str:
        """Return what leads to the cart without a product."""
        return self.query(cart=tuple(each for each in self.cart if each != product))
