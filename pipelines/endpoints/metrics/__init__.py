"""What Prometheus reads: the fleet as the database knows it, and what the processes of this machine count."""

from __future__ import annotations

from prometheus_client import generate_latest

from pipelines.endpoints.metrics import counted, fleet


def text() -> bytes:
    """Return every figure in Prometheus' text format; the fleet's are the same from every process."""
    return generate_latest(fleet.registry()) + generate_latest(counted.registry())
