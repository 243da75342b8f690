"""A checkout goes on: an address is given, then a delivery chosen; the app is told of each."""

from devstore.clock import now
from devstore.trading import Trade

ADDRESS, DELIVERY = 1, 2  # how far a checkout has come


def reach(trade: Trade, checkout: int, step: int) -> None:
    """Let a checkout come so far, and tell the app that it changed."""
    with trade.event() as event, trade.store.writing() as db:
        db.execute("INSERT OR REPLACE INTO checkout_steps VALUES (?, ?)", (checkout, step))
        db.execute("UPDATE checkouts SET updated_at = ? WHERE id = ?", (now(), checkout))
        trade.tell("checkouts/update", trade.writer.checkout(checkout), event)
