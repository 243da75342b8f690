"""Somebody wants no decisions made about them by a machine: none is from now on, wherever they ask."""

from __future__ import annotations

from datetime import datetime

from pipelines.endpoints import webhooks
from pipelines.endpoints.answering.memory import Memory
from pipelines.lifecycle.storefront import opt_outs


def opt_out(kept: Memory, domain: str, unit: bytes, at: datetime) -> None:
    """Decide nothing more about a unit: in this process at once, in others with their next look."""
    kept.opted_out.add((domain, unit))
    webhooks.outbox().appended.add(opt_outs.KEEP, opt_outs.OptedOut(domain, unit.hex(), at))
