"""Somebody wants no decisions made about them by a machine: none is from now on, wherever they ask."""

from __future__ import annotations

from datetime import datetime

from pipelines.endpoints import webhooks
from pipelines.endpoints.answering.door import Refused
from pipelines.endpoints.answering.memory import Memory
from pipelines.endpoints.storefront.limits import Limit
from pipelines.lifecycle.storefront import opt_outs

# Buckets of their own: what else is asked of a shop keeps nobody from it, and who makes units up fills no memory.
BY_SHOP, BY_ADDRESS = Limit(at_once=100, a_second=2), Limit(at_once=5, a_second=1 / 60)


def opt_out(kept: Memory, domain: str, unit: bytes, at: datetime, sender: str) -> None:
    """Decide nothing more about a unit, here at once and in others with their next look; or raise Refused."""
    if (sender and not BY_ADDRESS.takes(sender)) or not BY_SHOP.takes(domain):
        raise Refused(429, "too many opt out at once")
    if not webhooks.outbox().appended.add(opt_outs.KEEP, opt_outs.OptedOut(domain, unit.hex(), at)):
        raise Refused(503, "this cannot be kept now")
    kept.opted_out.add((domain, unit))
