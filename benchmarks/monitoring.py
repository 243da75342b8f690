"""What it costs to know how models are doing: one pass beside one plain aggregation, drift beside scipy.

The pass is what a worker does every 15 minutes. Its reference asks PostgreSQL for the same counts and quantiles in one
statement, once of the hour that is new and once of both hours that the pass looks at. Both are counted in seconds of a
core, ours and PostgreSQL's, and take turns: what else this machine does then is the same for both.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from django.db import connection
from django.utils import timezone
from scipy.stats import ks_2samp, wasserstein_distance

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.rig import watched
from benchmarks.rig.one_core import database_seconds
from benchmarks.rig.scratch import scratch_database
from pipelines.lifecycle.data import frames, tables
from pipelines.lifecycle.monitor import counting, keep, measure
from pipelines.lifecycle.monitor.watch import answers
from pipelines.stats import clock
from pipelines.stats.drift import table

SHOPS, FEW = 1_000, 10  # as many as are asked for, and a tenth
HOURS, ROUNDS = 4, 5
ROWS = 100_000
LATE = timedelta(minutes=5)  # after an hour ended
MEGABYTE = 2**20
PLAIN = """
    SELECT shop_id, use_case, version_id, date_trunc('hour', at), count(*), count(DISTINCT unit),
        count(DISTINCT unit) FILTER (WHERE outcome = 'error'), count(DISTINCT unit) FILTER (WHERE outcome = 'late'),
        percentile_disc(ARRAY[.5, .95, .99]) WITHIN GROUP (ORDER BY milliseconds)
    FROM pipelines_predictionlog WHERE at >= %s AND at < %s AND outcome <> 'alive' GROUP BY 1, 2, 3, 4
"""


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Measure the pass first (its memory is this process's peak), then drift."""
    with scratch_database():
        return [*passes(options["shops"] or SHOPS, say), *drift(options["seed"], say)]


# One pass over many shops


def passes(shops: int, say: Say) -> Iterator[Check]:
    """Let shops answer for some hours and measure each hour as it ends; yield the checks."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:  # nothing works beside us, so that all that is done is counted
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    with watched.models_known():
        few = statements_for(max(1, shops // FEW), now)
        watched.empty()
        watched.shops(shops, now)
        for ago in range(HOURS + 1, 0, -1):
            watched.answer(now - ago * clock.HOUR)
            say(f"{shops:,} shops x {watched.MODELS} models x {watched.ANSWERS} answers an hour: {ago - 1} to go")
        watched.settle()
        one_pass(now - HOURS * clock.HOUR + LATE)
        half = medians([measured(now - ago * clock.HOUR, say) for ago in range(HOURS - 1, -1, -1)])
        with counted() as many:
            one_pass(now + LATE + timedelta(minutes=30))
    yield at_most("pass", half["new"], "s of a core", 3, half["plain_looked_at"])
    alone = half["plain_new"]
    yield Check("pass_beside_the_new_hour_alone", half["new"], "s of a core", alone, half["new"] / alone)
    yield at_most("pass_without_anything_new", half["again"], "s of a core", 3, half["plain_looked_at"])
    yield at_most("pass_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE, "MB", 500)
    yield at_most("statements_more_for_ten_times_the_shops", len(many) - few, "statements", 0)
    yield Check("statements_of_a_pass", len(many), "statements")


def one_pass(now: datetime) -> None:
    """Do what the job of every 15 minutes does."""
    measure.measure(now)
    answers.look(now)


def measured(over: datetime, say: Say) -> dict[str, float]:
    """Measure the hour that ended just then, each time beside its reference."""
    taken = {
        "plain_new": seconds(lambda: plain(over - clock.HOUR, over)),
        "new": seconds(lambda: one_pass(over + LATE)),
        "plain_looked_at": seconds(lambda: plain(over - measure.LOOKS_BACK, over)),
        "again": seconds(lambda: one_pass(over + LATE + timedelta(minutes=15))),
    }
    say(", ".join(f"{name} {each:.2f} s" for name, each in taken.items()))
    return taken


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds of a core that this process and its part of PostgreSQL work."""
    began = time.process_time() + database_seconds()
    work()
    return time.process_time() + database_seconds() - began


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Give the median of each figure."""
    return {str(name): float(value) for name, value in pd.DataFrame(rounds).median().items()}


def plain(since: datetime, until: datetime) -> None:
    """Ask for the counts and quantiles of a stretch in one statement, with the memory to sort in that the pass has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET work_mem = '{counting.SORTED_IN}'")
        cursor.execute(PLAIN, [since, until])
        cursor.fetchall()
        cursor.execute("RESET work_mem")


def statements_for(shops: int, now: datetime) -> int:
    """Count the statements of a pass over fewer shops, in which an hour is measured, and one in which none is new."""
    watched.shops(shops, now)
    watched.answer(now - clock.HOUR)
    one_pass(now + LATE)
    with counted() as asked:
        one_pass(now + LATE + timedelta(minutes=30))
    return len(asked)


@contextmanager
def counted() -> Iterator[list[str]]:
    """List the statements that are sent meanwhile, those that carry rows by COPY too."""
    asked: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    def copied(work: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*rest: Any, **facts: Any) -> Any:
            asked.append("COPY")
            return work(*rest, **facts)

        return noted

    with (
        connection.execute_wrapper(note),
        mock.patch.object(frames, "read", copied(frames.read)),
        mock.patch.object(keep, "copy_rows", copied(tables.copy_rows)),
    ):
        yield asked


# Drift of one model


def drift(seed: int, say: Say) -> Iterator[Check]:
    """Compare the features of many rows, all distances at once and two of them by scipy; yield time and difference."""
    rng = np.random.default_rng(seed)
    reference, current = (features(rng, shift) for shift in (0.0, 0.1))
    found = [
        {"ours": used(lambda: table.compare(reference, current)), "scipy": used(lambda: by_scipy(reference, current))}
        for _ in range(ROUNDS)
    ]
    half = medians(found)
    say(f"drift of {ROWS:,} rows x {watched.FEATURES} features: {half['ours']:.2f} s, scipy {half['scipy']:.2f} s")
    ours, theirs = table.compare(reference, current), by_scipy(reference, current)
    apart = (ours[theirs.columns].astype(float) - theirs).abs() / theirs.abs().clip(lower=1e-300)
    yield at_least("drift_faster_than_scipy", half["scipy"], "s", 3, half["ours"])
    yield at_most("drift_differs_from_scipy", float(apart.to_numpy().max()), "of scipy's figure", 1e-9)


def features(rng: np.random.Generator, shift: float) -> pd.DataFrame:
    """Draw features of three shapes, a third of each."""
    normal = rng.normal(size=(ROWS, watched.FEATURES)) + shift
    normal[:, 4:8] = np.exp(normal[:, 4:8])
    normal[:, 8:] = rng.standard_t(4, size=(ROWS, watched.FEATURES - 8)) + shift
    return pd.DataFrame(normal, columns=list(watched.NAMES))


def by_scipy(reference: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Ask scipy, feature by feature."""
    rows = {}
    for name in reference:
        ks = ks_2samp(reference[name], current[name], method="asymp")
        rows[name] = ks.statistic, ks.pvalue, wasserstein_distance(reference[name], current[name])
    return pd.DataFrame.from_dict(rows, orient="index", columns=["ks", "ks_p", "wasserstein"])


def used(work: Callable[[], object]) -> float:
    """Return the seconds of a core that some work of this process takes."""
    began = time.process_time()
    work()
    return time.process_time() - began
