"""Every figure in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import generate_latest

from pipelines.endpoints.metrics import counted, fleet


def text() -> bytes:
    """Write what the fleet is, the same from every process, and what the processes of this machine count."""
    return generate_latest(fleet.registry()) + generate_latest(counted.registry())
