"""What the web processes of this machine count themselves, added up by whichever of them is asked.

Each worker writes its counts into files of its own in PROMETHEUS_MULTIPROC_DIR, which shopmlops/server.py makes: the
library's own way. Counts of a worker that ended stay, so nothing goes backwards; what it held at the time goes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
FILE = re.compile(r"\w+_(\d+)\.db")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # Shopify waits for five
OWN = CollectorRegistry()

WEBHOOKS = Histogram(
    "shopmlops_webhook_seconds",
    "Time from a delivery's headers to its answer, by the status that it was answered with.",
    ["status"],
    buckets=SECONDS,
    registry=OWN,
)
DROPPED = Counter(
    "shopmlops_rows_dropped", "Rows that nobody waits for and that found no room in memory.", registry=OWN
)
STREAMS = Gauge("shopmlops_streams_open", "Open streams of live pages.", registry=OWN, multiprocess_mode="livesum")


class Memory:
    """The memory that each web process of this machine holds."""

    def collect(self) -> Iterator[Metric]:
        """Read it where the kernel says it."""
        family = GaugeMetricFamily(
            "shopmlops_web_resident_memory_bytes", "Memory that a web process holds.", labels=["process"]
        )
        for pid in processes():
            held = resident_bytes(pid)
            if held is not None:
                family.add_metric([str(pid)], held)
        yield family


def registry() -> CollectorRegistry:
    """Return what the processes count, as one."""
    if FOLDER not in os.environ:
        told = CollectorRegistry()
        told.register(OWN)
    else:
        told = CollectorRegistry()
        for pid in processes():
            if resident_bytes(pid) is None:
                mark_process_dead(pid)
        MultiProcessCollector(told)
    told.register(Memory())
    return told


def processes() -> list[int]:
    """List the processes that count, also those that ended."""
    if FOLDER not in os.environ:
        return [os.getpid()]
    names = [file.name for file in Path(os.environ[FOLDER]).iterdir()]
    return sorted({int(found[1]) for name in names if (found := FILE.fullmatch(name))})


def resident_bytes(pid: int) -> int | None:
    """Return how much memory a process holds; nothing where it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
