"""A shop of 10,000 variants that asks first: how long small ones wait with it and without, and what its trainings take.

On a database and queues of its own, as benchmark fleet does it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from benchmarks.checks import Check, Say
from benchmarks.fleet import beside
from benchmarks.rig.fleet.crew import Crew
from benchmarks.rig.fleet.shops import GIANT, TINY, drawn
from benchmarks.rig.scratch import scratch_database
from pipelines.ops.demo_settings import demo_secrets


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Take small shops through a night with and without a giant, and look at the giant's part of it."""
    with scratch_database() as services:
        settings.ENCRYPTION_KEYS = demo_secrets(Path(settings.STATE_DIR))["ENCRYPTION_KEYS"]
        alone = drawn(options["seed"], TINY, GIANT)
        (giant,) = alone[GIANT]
        say(f"{giant}: {GIANT.variants:,} variants, {GIANT.orders:,} orders a day")
        fair, night = beside(Crew(services, options["trainers"]), giant, alone, say)
        jobs = night.jobs[night.jobs["shop"] == giant.pk].sort_values("seconds", ascending=False)
        for job in jobs.head(6).itertuples():
            say(f"{job.job} {job.args}: {job.seconds:.0f} s, {job.cpu:.0f} of a core, {job.megabytes:.0f} MB")
        return [
            fair,
            Check("giants_night", float(jobs["cpu"].sum()), "s of a core"),
            Check("giants_longest_job", float(jobs["seconds"].max()), "s"),
            Check("giants_memory", float(jobs["megabytes"].max()), "MB"),
            Check("jobs_failed", night.failed, "jobs"),
        ]
