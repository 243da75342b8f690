"""A checkout uses a discount code."""

from devstore import discounts
from devstore.clock import now
from devstore.trading import CannotTrade, Trade


def use(trade: Trade, checkout: int, code: str) -> None:
    """Use a code in a checkout, and tell the app that the checkout changed."""
    found = discounts.found(trade.store, trade.shop, code.strip())
    if found is None or discounts.status(found) != "ACTIVE":
        raise CannotTrade("Enter a valid discount code.")
    with trade.event() as event, trade.store.writing() as db:
        db.execute("INSERT OR REPLACE INTO checkout_discounts VALUES (?, ?)", (checkout, found["code"]))
        db.execute("UPDATE checkouts SET updated_at = ? WHERE id = ?", (now(), checkout))
        trade.tell("checkouts/update", trade.writer.checkout(checkout), event)
