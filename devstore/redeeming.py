"""Discount codes: a merchant makes them, a checkout uses one."""

from devstore.clock import now
from devstore.trading import CannotTrade, Trade


def add(trade: Trade, code: str, percent: int) -> None:
    """Make a discount code of a share of the order, or change it; of nothing it is deleted."""
    with trade.store.writing() as db:
        db.execute("DELETE FROM percents WHERE shop = ? AND code = ? COLLATE NOCASE", (trade.shop, code))
        if percent:
            trade.store.insert("percents", shop=trade.shop, code=code, percent=percent)


def use(trade: Trade, checkout: int, code: str) -> None:
    """Use a code in a checkout, and tell the app that the checkout changed."""
    found = trade.store.one(
        "SELECT code FROM percents WHERE shop = ? AND code = ? COLLATE NOCASE", trade.shop, code.strip()
    )
    if found is None:
        raise CannotTrade("Enter a valid discount code.")
    with trade.event() as event, trade.store.writing() as db:
        db.execute("INSERT OR REPLACE INTO checkout_discounts VALUES (?, ?)", (checkout, found["code"]))
        db.execute("UPDATE checkouts SET updated_at = ? WHERE id = ?", (now(), checkout))
        trade.tell("checkouts/update", trade.writer.checkout(checkout), event)
