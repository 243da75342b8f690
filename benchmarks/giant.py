"""A shop of 10,000 variants: what its trainings take, and how long small ones wait where it asks first.

On a database and queues of its own, as benchmark fleet does it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from benchmarks.checks import Check, Say
from benchmarks.fleet import beside
from benchmarks.rig.fleet.crew import Crew
from benchmarks.rig.fleet.shops import GIANT, TINY, copied, drawn
from benchmarks.rig.scratch import scratch_database
from pipelines.ops.demo_settings import demo_secrets


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Take a giant through a night alone, then small shops through one with and without another as large."""
    with scratch_database() as services:
        settings.ENCRYPTION_KEYS = demo_secrets(Path(settings.STATE_DIR))["ENCRYPTION_KEYS"]
        alone, crew = drawn(options["seed"], TINY, GIANT), Crew(services, options["trainers"])
        (giant,), (another,) = alone[GIANT], copied(alone, {GIANT: 1})[GIANT]
        say(f"{giant}: {GIANT.variants:,} variants, {GIANT.orders:,} orders a day")
        night = crew.work([giant])  # beside others it comes again only when each of them has had as much
        jobs = night.jobs.sort_values("cpu", ascending=False)
        for job in jobs.head(6).itertuples():
            say(f"{job.job} {job.args}: {job.seconds:.0f} s, {job.cpu:.0f} of a core, {job.megabytes:.0f} MB")
        fair, busy = beside(crew, another, alone, say)
        return [
            fair,
            Check("giants_night", night.cpu, "s of a core"),
            Check("giants_longest_job", float(jobs["seconds"].max()), "s"),
            Check("giants_memory", float(jobs["megabytes"].max()), "MB"),
            Check("jobs_failed", night.failed + busy.failed, "jobs"),
        ]
