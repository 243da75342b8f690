"""A page with the cart asks through the app proxy what a checkout asks with a token.

There Shopify's signature says whose shop it is, and the unit is the digest of the visitor's id, as the cart carries it.
All else is the word of anybody: no checkout is known there, and a cart is worth no more than its lines.
"""

from __future__ import annotations

import time
from datetime import datetime

from pipelines.endpoints.answering.door import Refused
from pipelines.endpoints.checkout import deciding
from pipelines.endpoints.checkout import door as checkout
from pipelines.endpoints.patience import Send, answer
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase
from pipelines.usecases.tills import Cart

MOST_LINES = 50  # that our block tells of
JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


def asked_there(use_case: str) -> UseCase | None:
    """Return a use case of which something is picked for a cart, if it is one."""
    case = USE_CASES.get(use_case)
    return case if case and case.till and case.till.choose else None


def adds_up(cart: Cart) -> bool:
    """Tell whether a cart is worth no more than its lines, each unit rounded; of a longer one not all are told."""
    most = sum(line.quantity * (line.price + 1) for line in cart.lines)
    return (cart.value or 0) <= most or len(cart.lines) >= MOST_LINES


async def respond(case: UseCase, domain: str, unit: bytes, question: str, at: datetime, send: Send) -> None:
    """Answer what is picked for a cart, or raise Refused; then ask who answers unseen."""
    ends = time.monotonic() + deciding.BUDGET
    body = checkout.body_of(question.encode()) | {"unit": unit.hex(), "checkout": None}
    told = checkout.moment(domain, body, at)
    if not adds_up(told.cart):
        raise Refused(400, "value is more than the lines come to")
    reply = await deciding.decide(case, domain, told, ends)
    await answer(send, 200, reply.body, JSON)
    await deciding.ask_unseen(reply)
