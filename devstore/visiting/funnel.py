"""How far a visitor goes on the way to an order, and what can be seen of it: device, road, pages, cart, checkout.

Who buys is decided before, by luck and by what was shown; here it only shows. As many fill a cart and begin a checkout
as in a usual shop: of 100 visitors 9 fill a cart, of those 45 in 100 check out, of those half buy. Who does not buy
stops early in the checkout: half of them before an address is given, three in ten before a delivery is chosen.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from devstore.scenarios import CHECKS_OUT, FILLS
from devstore.visiting.visit import Visit

# Shares among all others and among those who buy; nothing of it tells for sure.
DEVICES = {"phone": (0.68, 0.45), "desktop": (0.27, 0.5), "tablet": (0.05, 0.05)}
SOURCES = {
    "direct": (0.22, 0.34),
    "search": (0.31, 0.30),
    "social": (0.25, 0.09),
    "email": (0.06, 0.16),
    "ads": (0.12, 0.09),
    "other": (0.04, 0.02),
}
MORE_PAGES = (0.5, 1.2)  # that are looked at beside the products, on average
STOPS_BEFORE = (0.5, 0.8)  # an address, a delivery: of those who check out and do not buy
SEARCHES = (0.08, 0.18)  # of visitors search


@dataclass(frozen=True)
class Way:
    """What one visitor does beside looking at products."""

    device: str
    source: str
    pages: int
    searches: bool
    cart: dict[int, int] = field(default_factory=dict)  # units by variant
    checks_out: bool = False
    reaches: int = 0  # of a checkout's steps


def way(came: Visit, wanted: Mapping[int, int], fills_a_cart: float = FILLS, goes_on: float = CHECKS_OUT) -> Way:
    """Draw how a visitor goes, by whether anything is bought."""
    (luck,) = came.visitor.luck.spawn(1)
    buys = bool(wanted)
    device, source = (chosen(shares, buys, luck) for shares in (DEVICES, SOURCES))
    pages, searches = int(luck.poisson(MORE_PAGES[buys])), bool(luck.random() < SEARCHES[buys])
    fills, checks_out, stops = luck.random(3)
    reaches = sum(bool(stops >= before) for before in STOPS_BEFORE)
    if buys:
        return Way(device, source, pages, searches, dict(wanted), True, reaches)
    cart = dict(came.visitor.basket.units) if fills < fills_a_cart else {}
    return Way(device, source, pages, searches, cart, bool(cart) and checks_out < goes_on, reaches)


def chosen(shares: Mapping[str, tuple[float, float]], buys: bool, luck: np.random.Generator) -> str:
    """Draw one of several by its share."""
    names, weights = [*shares], np.array([each[buys] for each in shares.values()])
    return names[int(luck.choice(len(names), p=weights / weights.sum()))]


def told_on_the_way(
    going: Way, looked: list[dict[str, Any]], product_of: Mapping[int, int], prices: Mapping[int, int], currency: str
) -> Iterator[dict[str, Any]]:
    """Yield all that a web pixel hears of a visit until a checkout, as the pixel sends it."""
    about: dict[str, Any] = {"device": going.device, "value": 0.0, "currency": currency, "lines": 0, "units": 0}
    yield {"name": "page_viewed", **about, "source": going.source}
    for number in range(going.pages):
        yield {"name": "collection_viewed" if number % 2 == 0 else "page_viewed", **about}
    if going.searches:
        yield {"name": "search_submitted", **about}
    for event in looked:
        yield event if event["name"] == "block_clicked" else event | about
    for variant, units in going.cart.items():
        about |= {"lines": about["lines"] + 1, "units": about["units"] + units}
        about["value"] = round(about["value"] + units * prices.get(variant, 0) / 100, 2)
        product = {"product": str(product_of[variant]), "variant": str(variant)}
        yield {"name": "product_added_to_cart", **product, **about}
    if going.cart:
        yield {"name": "cart_viewed", **about}


def checkout_event(going: Way, token: str, prices: Mapping[int, int], currency: str) -> dict[str, Any]:
    """Shape what a web pixel hears of a checkout that began."""
    value = sum(units * prices.get(variant, 0) for variant, units in going.cart.items()) / 100
    size = {"value": value, "currency": currency, "lines": len(going.cart), "units": sum(going.cart.values())}
    return {"name": "checkout_started", "device": going.device, **size, "discount": False, "checkout": token}
