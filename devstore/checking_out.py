"""A checkout goes on: an address is given, then a delivery chosen; the app is told of each."""

from devstore.clock import now
from devstore.store import Store
from devstore.trading import Trade

ADDRESS, DELIVERY = 1, 2  # how far a checkout has come


def reached(store: Store, checkout: int) -> int:
    """Return how far a checkout has come."""
    return store.number("SELECT reached FROM checkout_steps WHERE checkout_id = ?", checkout)


def go_on(trade: Trade, checkout: int, step: int) -> None:
    """Let a buyer give something that is asked for, perhaps once more: nobody falls back behind what was given."""
    reach(trade, checkout, max(step, reached(trade.store, checkout)))


def reach(trade: Trade, checkout: int, step: int) -> None:
    """Let a checkout come so far, and tell the app that it changed."""
    with trade.event() as event, trade.store.writing() as db:
        db.execute("INSERT OR REPLACE INTO checkout_steps VALUES (?, ?)", (checkout, step))
        db.execute("UPDATE checkouts SET updated_at = ? WHERE id = ?", (now(), checkout))
        trade.tell("checkouts/update", trade.writer.checkout(checkout), event)
