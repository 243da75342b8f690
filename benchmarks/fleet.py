"""A night of many shops: what it takes beside single nights, who waits how long, and what it leaves behind.

Its database and its queues are its own. What Shopify answers is written straight into the tables, so a night has no
network in it. `manage.py simulate_fleet` is this benchmark by the name that operators look for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from benchmarks.checks import Check, Say, at_most
from benchmarks.rig.fleet.crew import Crew, Night
from benchmarks.rig.fleet.shops import DAYS, LARGE, SIZES, TINY, Size, copied, counts, drawn
from benchmarks.rig.scratch import scratch_database
from pipelines.models import ModelVersion, Shop
from pipelines.ops.demo_settings import demo_secrets

SHOPS, TRAINERS, BESIDE = 60, 2, 12  # small shops beside a giant
MANY, CORES, HOURS = 10_000, 16, 8
CORE_HOUR, GB_MONTH = 0.05, 0.10  # US dollars
GIGABYTE = 2**30
Bytes = dict[str, tuple[int, int]]  # rows and bytes by table


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Take shops through nights one by one, many together, and small ones with and without a giant."""
    wanted = counts(options["shops"] or SHOPS)
    with scratch_database() as services:
        settings.ENCRYPTION_KEYS = demo_secrets(Path(settings.STATE_DIR))["ENCRYPTION_KEYS"]
        alone = drawn(options["seed"])
        say(f"{sum(wanted.values()):,} shops: " + ", ".join(f"{count} {size.name}" for size, count in wanted.items()))
        singles = {size: one_by_one(Crew(services, 1), shops, say) for size, shops in alone.items()}
        crew = Crew(services, options["trainers"])
        (large,) = copied(alone, {LARGE: 1})[LARGE]
        return [
            beside(crew, large, alone, say)[0],
            *together(crew, copied(alone, wanted), singles, random.Random(options["seed"]), say),
        ]


def one_by_one(crew: Crew, shops: list[Shop], say: Say) -> list[Night]:
    """Give each shop a night alone."""
    nights = [crew.work([shop]) for shop in shops]
    for shop, night in zip(shops, nights, strict=True):
        say(f"{shop}: {len(night.jobs)} jobs, {night.cpu:.1f} s of a core, {night.database:.1f} of them in PostgreSQL")
    return nights


def beside(crew: Crew, giant: Shop, alone: dict[Size, list[Shop]], say: Say) -> tuple[Check, Night]:
    """Let small shops wait beside one another, and others as small beside a giant that asks first."""
    waits = []
    for giants in ([], [giant]):
        small = copied(alone, {TINY: BESIDE})[TINY]
        night = crew.work([*giants, *small])
        waits.append(float(night.waits(small).quantile(0.95)))
        told = f"{BESIDE} small shops beside {len(giants)} giants: p95 of waits {waits[-1]:.1f} s"
        say(f"{told}; {night.cpu:.0f} s of a core in {night.seconds:.0f} s")
    return at_most("small_shops_wait_beside_a_giant_p95", waits[1], "s", 2, waits[0]), night


def together(
    crew: Crew, fleet: dict[Size, list[Shop]], singles: dict[Size, list[Night]], chance: random.Random, say: Say
) -> Iterator[Check]:
    """Take the whole fleet through a night, and look after it."""
    shops = [shop for each in fleet.values() for shop in each]
    night = crew.work(chance.sample(shops, len(shops)))
    watch = crew.watch()
    before = tables()
    quiet = crew.work(shops, days=1)
    say(f"{len(shops)} shops: {night.cpu:.0f} s of a core in {night.seconds:.0f} s, {watch.cpu:.0f} to watch them")
    say(f"The night after, when nobody trains: {quiet.cpu:.0f} s")
    alone = {size: sum(each.cpu for each in nights) / len(nights) for size, nights in singles.items()}
    dearer = night.cpu / sum(alone[size] * len(each) for size, each in fleet.items())
    yield at_most("fleet_beside_single_runs", dearer, "times", 1.2)
    yield at_most("jobs_failed", night.failed + watch.failed + quiet.failed, "jobs", 0)
    yield Check("versions", ModelVersion.objects.filter(shop__in=shops).count(), "versions")
    for size, each in fleet.items():
        mine = night.jobs[night.jobs["shop"].isin([shop.pk for shop in each])]
        yield Check(f"{size.name}_alone", alone[size], "s of a core")
        yield Check(f"{size.name}_memory", mine["megabytes"].max(), "MB")
        for share in (0.5, 0.95):
            yield Check(f"{size.name}_waits_p{100 * share:.0f}", float(night.waits(each).quantile(share)), "s")
    watching = watch.cpu / Shop.objects.count()
    training = dearer * sum(size.share * alone[size] for size in SIZES)
    yield from on_paper(training + watching, training * quiet.cpu / night.cpu + watching)
    yield from left_behind(before, shops)


def on_paper(all_train: float, none_trains: float) -> Iterator[Check]:
    """Say what many shops take, from what one of the mix takes in a night when all train and in one when none does."""
    month = 30 * (none_trains + (all_train - none_trains) / 7) / 3600
    yield Check("a_shop_that_trains", all_train, "s of a core a night")
    yield Check("a_shop_that_does_not", none_trains, "s of a core a night")
    yield Check("shops_an_hour_and_core", 3600 / all_train, "shops")
    yield at_most("hours_for_10000_shops_on_16_cores", MANY * all_train / CORES / 3600, "h", HOURS)
    yield Check("computing_a_month", month * CORE_HOUR, "US dollars a shop")


def left_behind(before: Bytes, shops: list[Shop]) -> Iterator[Check]:
    """Say what a night without training adds to the tables, and what orders and versions hold."""
    after = tables()
    rows, size = (sum(after[name][part] - before[name][part] for name in after) / len(shops) for part in (0, 1))
    orders = sum(before[f"pipelines_{name}"][1] for name in ("order", "orderline")) / Shop.objects.count() / DAYS
    files = sum(file.stat().st_size for file in (Path(settings.STATE_DIR) / "artifacts").rglob("*"))
    yield Check("rows_a_night", rows, "rows a shop")
    yield Check("bytes_a_night", size, "bytes a shop")
    yield Check("bytes_of_orders_a_day", orders, "bytes a shop")
    yield Check("bytes_of_a_version", files / max(1, ModelVersion.objects.count()), "bytes")
    yield Check("keeping_a_year_a_month", 365 * (size + orders) / GIGABYTE * GB_MONTH, "US dollars a shop")


def tables() -> Bytes:
    """Count what each table holds."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(
            "SELECT relname, greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) FROM pg_class"
            " WHERE relkind = 'r' AND relname LIKE 'pipelines%'"
        )
        return {name: (rows, size) for name, rows, size in cursor.fetchall()}
