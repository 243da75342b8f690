"""A page with the cart asks through the app proxy what a checkout asks with a token.

There Shopify's signature says whose shop it is, and the unit is the digest of the visitor's id, as the cart carries it.
"""

from __future__ import annotations

import time
from datetime import datetime

from pipelines.endpoints.answering import door as answering
from pipelines.endpoints.checkout import deciding
from pipelines.endpoints.checkout import door as checkout
from pipelines.endpoints.patience import Send, answer
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


def asked_there(use_case: str) -> UseCase | None:
    """Return a use case of which something is picked for a cart, if it is one."""
    case = USE_CASES.get(use_case)
    return case if case and case.till and case.till.choose else None


async def respond(case: UseCase, domain: str, unit: bytes, question: str, at: datetime, send: Send) -> None:
    """Answer what is picked for a cart, or raise Refused; then ask who answers unseen."""
    ends = time.monotonic() + deciding.BUDGET
    body = checkout.body_of(question.encode()) | {"unit": unit.hex()}
    reply = await deciding.decide(case, domain, checkout.moment(domain, body, at), ends)
    await answer(send, 200, reply.body, JSON)
    if reply.asking:
        await answering.mirror(reply.asking, reply.seen)
