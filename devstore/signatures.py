"""How a request of a storefront is signed on its way to the app."""

import hmac
from urllib.parse import urlencode

from devstore.clock import now


def signed(told: list[tuple[str, str]], shop: str, prefix: str, secret: str) -> str:
    """Return a query with what Shopify adds to it, and its signature."""
    added = {"shop": shop, "logged_in_customer_id": "", "path_prefix": prefix, "timestamp": str(int(now()))}
    pairs = [(name, value) for name, value in told if name not in (*added, "signature")] + [*added.items()]
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    message = "".join(sorted(f"{name}={','.join(held)}" for name, held in values.items()))
    signature = hmac.new(secret.encode(), message.encode(), "sha256").hexdigest()
    return urlencode([*pairs, ("signature", signature)])
