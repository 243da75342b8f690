"""What may be offered in a checkout, what each would earn, and why the others are left out."""

from __future__ import annotations

from math import ceil, floor

from pipelines.usecases.offers.eligible.shelf import OnOffer, Shelf
from pipelines.usecases.tills import Cart, Chosen

PRODUCT = "product"

CONSENT, OPT_OUT, CURRENCY, EMPTY = "no consent", "opted out", "other currency", "empty cart"
NOT_YET, OVER, CODE = "not yet", "over", "code gives nothing"
VALUE, SHOPPER, NOT_IN_CART, IN_CART, STOCK = "cart value", "shopper", "product not in cart", "already in cart", "stock"
BUDGET, WEEK, FLOOR = "budget", "weekly cap", "margin floor"
TOO_LARGE = "larger than any order"
REACHED = "has it anyway"  # free shipping that the cart has reached


def choose(shelf: Shelf, cart: Cart) -> Chosen:
    """Keep the offers that a checkout may see."""
    if whole := reason_for_all(shelf, cart):
        return Chosen([], {}, {offer.id: whole for offer in shelf.offers})
    earned = cart_margin(shelf, cart)
    eligible: list[dict[str, int]] = []
    costs: dict[int, int] = {}
    left_out: dict[int, str] = {}
    for offer in shelf.offers:
        cost = cost_of(offer, cart)
        margin = earned + added(shelf, offer) - cost
        if reason := reason_against(offer, cart, cost, margin):
            left_out[offer.id] = reason
        else:
            costs[offer.id] = cost
            eligible.append({"id": offer.id, "margin": margin, "shown": offer.shown, "accepted": offer.accepted})
    return Chosen(eligible, costs, left_out)


def reason_for_all(shelf: Shelf, cart: Cart) -> str:
    """Say why a checkout is offered nothing at all, or nothing."""
    if not cart.has_consent:
        return CONSENT
    if cart.is_out:
        return OPT_OUT
    if cart.currency != shelf.currency:  # a market's own currency: costs and budgets are in the shop's
        return CURRENCY
    if not cart.value:
        return EMPTY
    return TOO_LARGE if shelf.largest is not None and cart.value > shelf.largest else ""


def reason_against(offer: OnOffer, cart: Cart, cost: int, margin: int) -> str:
    """Say why a checkout may not see an offer, or nothing."""
    return (
        dates(offer, cart)
        or (CODE if offer.is_code_lost else "")
        or rules(offer, cart)
        or product(offer, cart)
        or left(offer, cost)
        or (FLOOR if margin <= 0 or margin < offer.floor else "")
    )


def dates(offer: OnOffer, cart: Cart) -> str:
    """Say whether an offer has not begun, or is over."""
    if offer.starts_at and cart.at < offer.starts_at:
        return NOT_YET
    return OVER if offer.ends_at and cart.at >= offer.ends_at else ""


def rules(offer: OnOffer, cart: Cart) -> str:
    """Say which of the merchant's rules leaves a checkout out; what is not known fits no rule."""
    whom, value = offer.whom, cart.value or 0
    if (whom.value_from is not None and value < whom.value_from) or (
        whom.value_to is not None and value > whom.value_to
    ):
        return VALUE
    if whom.shoppers and cart.is_returning is not (whom.shoppers == "returning"):
        return SHOPPER
    if whom.products and not {line.product for line in cart.lines} & {*whom.products}:
        return NOT_IN_CART
    return REACHED if offer.kind == "free_shipping" and value >= (offer.threshold or 0) else ""


def product(offer: OnOffer, cart: Cart) -> str:
    """Say why a product cannot be offered: nothing is left of it, or it lies in the cart."""
    if offer.kind != PRODUCT:
        return ""
    if offer.product in cart.closed or offer.variant is None:
        return STOCK
    return IN_CART if any(line.product == offer.product for line in cart.lines) else ""


def left(offer: OnOffer, cost: int) -> str:
    """Say what of an offer is used up."""
    if offer.left_minor is not None and cost > offer.left_minor:
        return BUDGET
    return WEEK if offer.left_times is not None and offer.left_times < 1 else ""


def cost_of(offer: OnOffer, cart: Cart) -> int:
    """Say what an offer costs if it is accepted, rounded against us; never below nothing."""
    return max(0, offer.cost_minor + ceil((cart.value or 0) * offer.cost_percent / 100))


def cart_margin(shelf: Shelf, cart: Cart) -> int:
    """Say what a cart earns: its value without what its lines cost; what discounts took is gone from its value.

    What of the value no line with a known cost explains costs the stated share, whatever price its line is told with.
    """
    value, known, explained, told = cart.value or 0, 0, 0, 0
    for line in cart.lines:
        cost = shelf.costs.of(line.variant) if line.variant is not None else None
        if cost is None:
            told += line.quantity * line.price
        else:
            known += line.quantity * cost
            explained += line.quantity * line.price
    return floor(value - known - max(told, value - explained) * shelf.cost_share)


def unit_cost(shelf: Shelf, variant: int | None, price: int) -> float:
    """Say what a unit costs: what the shop says, else the stated share of its price."""
    known = shelf.costs.of(variant) if variant is not None else None
    return float(known) if known is not None else price * shelf.cost_share


def added(shelf: Shelf, offer: OnOffer) -> int:
    """Say what a product that is added earns before the offer's cost; other offers add nothing."""
    if offer.kind != PRODUCT or offer.variant is None or offer.price is None:
        return 0
    return floor(offer.price - unit_cost(shelf, offer.variant, offer.price))
