"""How fast shoppers are assigned, 1,000 releases weighed, a version flipped; and what 200 killed processes leave.

The evaluation pass reads what 1,000 shops with a canary of 90 days would have: 2,160,000 closed hours.
"""

from __future__ import annotations

import base64
import hashlib
import os
import resource
import statistics
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.rig import fire, killing, rehearsal
from benchmarks.rig.one_core import copy, database_seconds, one_core
from benchmarks.rig.scratch import scratch_database
from pipelines import strategies
from pipelines.endpoints.answering import memory
from pipelines.lifecycle import look
from pipelines.lifecycle.evidence import exposures, weigh
from pipelines.models import DatasetSnapshot, ModelVersion, Release, Shop, ShopSettings
from pipelines.stats import assignment, assignment_many
from pipelines.strategies import Evidence, Health, Situation, Step, Window, policy

MEGABYTE = 2**20
UNITS, ROUNDS = 1_000_000, 3
RELEASES, DAYS, AT_ONCE, LOOKS = 1_000, 90, 50, 50
HARMFUL = 10  # each tenth release loses a tenth of its orders
FLIPS, KILLS = 20, 200
RAMP = (Step("5", weight=5, hours=24), Step("50", weight=50, hours=24), Step("all", weight=100))
SUMS = """
    SELECT release_id, step, sum(control_units), sum(control_orders), sum(canary_units), sum(canary_orders),
        sum(control_revenue), sum(canary_revenue), sum(control_errors), sum(canary_errors), sum(control_slow),
        sum(canary_slow), sum(control_refunds), sum(canary_refunds)
    FROM pipelines_evidenceblock GROUP BY release_id, step
"""


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Measure the pass first (its memory is this process's peak), then assignment, flip and kills."""
    settings.SIGNING_KEY = base64.b64encode(os.urandom(32)).decode()
    with scratch_database(), rehearsal.use_case():
        seed_releases(RELEASES, DAYS, options["seed"], say)
        with one_core():
            checks = evaluation(say)
        checks += assigned(UNITS)
        checks += flip(FLIPS, say)
        return checks + kills(KILLS, say)


# Assignment


def assigned(count: int) -> list[Check]:
    """Measure the arms of many units at once and of one after the other, beside a checksum of each unit."""
    units = [hashlib.md5(b"%d" % number, usedforsecurity=False).hexdigest() for number in range(count)]
    array = np.array(units, dtype="S32")
    many = fastest(lambda: assignment_many.arms(assignment_many.buckets("seed", array), 0.05))
    few = units[: max(1, count // 20)]
    one = fastest(lambda: [assignment.arm(assignment.bucket("seed", unit), 0.05) for unit in few]) / len(few)
    checksum = fastest(lambda: [zlib.crc32(unit.encode()) % 10_000 for unit in units]) / count
    return [
        beside(at_least("assignment", count / many, "units/s", 1_000_000), 1 / checksum),
        beside(at_most("assignment_of_one", 1e6 * one, "µs", 10), 1e6 * checksum),
    ]


def fastest(work: Any) -> float:
    """Return the seconds of the fastest of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def beside(check: Check, reference: float) -> Check:
    """Show a check of an absolute target beside its reference."""
    return replace(check, reference=reference, ratio=check.value / reference if check.value is not None else None)


# One look at a thousand releases


def seed_releases(count: int, days: int, seed: int, say: Say) -> None:
    """Give each of many shops one canary with its closed hours: half the time at 5 %, half at 50 %."""
    first = midnight() - timedelta(days=days + 2)
    ids = [row.pk for row in rows_of(count, first)]
    rng = np.random.default_rng(seed)
    shops = dict(Release.objects.values_list("pk", "shop_id"))
    for place in range(0, count, AT_ONCE):
        copy_blocks([(shops[pk], pk) for pk in ids[place : place + AT_ONCE]], min(ids), first, days, rng)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say(f"{count} releases with {days} days of closed hours each: {count * days * 24:,} blocks")


def midnight() -> datetime:
    """Return when today began."""
    return timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def rows_of(count: int, first: datetime) -> list[Release]:
    """Write shops, versions and releases that stand on the second step of their ramp."""
    known = {"timezone": "UTC", "currency": "GBP", "installed_at": first}
    shops = Shop.objects.bulk_create(Shop(domain=f"weighed-{n}.myshopify.com", **known) for n in range(count))
    ShopSettings.objects.bulk_create(ShopSettings(shop=shop, peak_hours=rehearsal.PEAKS) for shop in shops)
    mine = [{"shop": shop, "use_case": rehearsal.SLUG} for shop in shops]
    data = DatasetSnapshot.objects.bulk_create(DatasetSnapshot(**each, digest="d" * 64) for each in mine)
    versions = ModelVersion.objects.bulk_create(
        ModelVersion(**each, number=1, state=ModelVersion.State.VALIDATED, dataset=snapshot)
        for each, snapshot in zip(mine, data, strict=True)
    )
    facts = {"strategy": "canary", "steps": [step.as_dict() for step in RAMP], "step": 1, "weight": 50}
    facts |= {"phase": Release.Phase.CANARY, "exposed_at": first, "entered_at": first, "is_proven": True}
    facts |= {"evidence": {"plan": {"margin": 0.1, "cap_minor": 50_000, "risk_budget_minor": 10**9}}}
    pairs = zip(mine, versions, strict=True)
    return Release.objects.bulk_create(Release(**each, version=version, **facts) for each, version in pairs)


def copy_blocks(
    keys: Sequence[tuple[int, int]], lowest: int, first: datetime, days: int, rng: np.random.Generator
) -> None:
    """Write the closed hours of some releases; every tenth one from the lowest on does harm, whatever its number is."""
    hours = 24 * days
    hour = np.tile(np.arange(hours), len(keys))
    shop_id, release_id = (np.repeat(np.array(column), hours) for column in zip(*keys, strict=True))
    step = (hour >= hours // 2).astype(int)
    starts = np.datetime64(first.replace(tzinfo=None), "s") + np.arange(hours).astype("timedelta64[h]")
    is_weekend = (first.weekday() + hour // 24) % 7 >= 5
    at_peak = np.where(is_weekend, hour % 24 == 15, np.isin(hour % 24, [11, 12]))
    columns: dict[str, Any] = {
        "shop_id": shop_id,
        "release_id": release_id,
        "step": step,
        "is_peak": at_peak,
        "is_weekend": is_weekend,
    }
    columns |= {"starts_at": np.tile(np.char.add(starts.astype(str), "+00"), len(keys))}
    columns |= {"closed_at": timezone.now().isoformat()}
    rate = np.where((release_id - lowest) % HARMFUL == 0, 0.025, 0.03)  # a sixth less is found in nearly every draw
    control = arm_of("control", rng, np.full(len(hour), 500), np.full(len(hour), 0.03))
    copy("evidenceblock", columns | control | arm_of("canary", rng, np.where(step == 1, 500, 50), rate))


def arm_of(arm: str, rng: np.random.Generator, mean: np.ndarray, rate: np.ndarray) -> dict[str, np.ndarray]:
    """Draw what an arm did in each hour."""
    units = rng.poisson(mean)
    orders = rng.binomial(units, rate)
    counted = {"units": units, "orders": orders, "revenue": 3000 * orders, "revenue_squared": 3500**2 * orders}
    rare = {"errors": rng.binomial(units, 0.002), "slow": rng.binomial(units, 0.01)}
    refunds = {"refunds": rng.binomial(orders, 0.03)}
    return {f"{arm}_{name}": values for name, values in (counted | rare | refunds).items()}


def evaluation(say: Say) -> list[Check]:
    """Weigh and decide on every release; beside it, PostgreSQL's plain sums of the same rows."""
    reference = grouped()
    began, cpu_began, database_began = time.monotonic(), time.process_time(), database_seconds()
    decided = decisions(timezone.now())
    wall = time.monotonic() - began
    cpu = time.process_time() - cpu_began + database_seconds() - database_began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    say(
        f"decided: {', '.join(f'{number} {what}' for what, number in decided.most_common())}; {wall:.1f} s by the clock"
    )
    return [
        beside(at_most("evaluation_pass", cpu, "s of one core", 60), reference),
        Check("evaluation_pass_wall_clock", wall, "s"),
        Check("evaluated", decided.total(), "releases"),
        at_most("evaluation_memory", memory, "MB", 500),
        Check("one_look_by_itself", one_by_one(), "ms"),
    ]


def grouped() -> float:
    """Return how long the same sums take as one statement."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(SUMS)
        cursor.fetchall()
    return time.monotonic() - began


def decisions(now: datetime) -> Counter[str]:
    """Ask the policy about every release that shoppers see."""
    seen = Release.objects.filter(phase=Release.Phase.CANARY).select_related("shop")
    decided: Counter[str] = Counter()
    for row, measured, _ in weigh.many(list(seen), now):
        decision = policy.decide(strategies.strategy(row.strategy), situation_of(row, measured, now))
        decided[f"{decision.action.value} ({decision.reason})"] += 1
    return decided


def situation_of(row: Release, measured: Evidence, now: datetime) -> Situation:
    """Put the evidence into a day that went well otherwise."""
    hours = (now - timedelta(hours=ago) for ago in range(24, 0, -1))
    return Situation(
        now=now,
        phase=row.phase,
        steps=tuple(Step.from_dict(step) for step in row.steps),
        step=row.step,
        stepped_at=row.entered_at,
        exposed_at=row.exposed_at,
        maximum=timedelta(days=2 * DAYS),
        windows=tuple(Window(hour, hour + timedelta(hours=1), Health.OK) for hour in hours),
        evidence=measured,
        is_proven=True,
        is_approved=True,
        data_age=timedelta(hours=1),
        risk_budget=row.evidence["plan"]["risk_budget_minor"],
    )


def one_by_one() -> float:
    """Return the milliseconds of a whole look of the job at one release: read, weigh, decide, act, write down."""
    some = list(Release.objects.filter(phase=Release.Phase.CANARY).values_list("pk", flat=True)[:LOOKS])
    began = time.monotonic()
    for pk in some:
        look.evaluate(pk, timezone.now())
    return 1000 * (time.monotonic() - began) / len(some)


# The flip


def flip(count: int, say: Say) -> list[Check]:
    """Measure from Approve to the first answer by the new version in another process; report the slowest of some."""
    shop = rehearsal.a_shop("flips")
    rehearsal.approve(rehearsal.a_card(rehearsal.a_version(shop), "blue_green"))
    with another_process(shop) as answers:
        taken = [flipped(shop, answers) for _ in range(count)]
    say(f"{count} flips: median {1000 * statistics.median(taken):.0f} ms, slowest {1000 * max(taken):.0f} ms")
    began = time.monotonic()
    list(exposures.pointers([rehearsal.SLUG]))
    return [beside(at_most("flip", max(taken), "s", 2), time.monotonic() - began)]


def flipped(shop: Shop, answers: Any) -> float:
    """Approve one more version; return the seconds until the other process answers with it."""
    card = rehearsal.a_card(rehearsal.a_version(shop), "blue_green")
    began = time.monotonic()
    rehearsal.approve(card)
    while answers.poll(fire.PATIENCE):
        version, at = answers.recv()
        if version == card.version_id:
            return float(at - began)
    raise RuntimeError("the other process never answered with the new version")


@contextmanager
def another_process(shop: Shop) -> Iterator[Any]:
    """Let another process follow what runs as the web process does; it tells each new answer with its moment."""
    ours, theirs = fire.fork.Pipe(duplex=False)

    def ask() -> None:
        kept, key, seen = memory.memory(), (shop.domain, rehearsal.SLUG), None
        while True:
            there = (kept.pointers or {}).get(key)
            answer = there and exposures.assign(there, "somebody", at=timezone.now()).version
            if answer != seen:
                theirs.send((answer, time.monotonic()))
            seen = answer
            time.sleep(0.001)

    process = fire.in_a_process(ask)
    try:
        yield ours
    finally:
        process.kill()
        process.join()


# Kill -9


def kills(least: int, say: Say) -> list[Check]:
    """Kill processes at every statement of every move, shop after shop, until there were enough."""
    tallies: list[killing.Tally] = []
    while sum(tally.kills for tally in tallies) < least:
        shop = rehearsal.a_shop(f"killed-{len(tallies)}")
        tallies += [killing.killed(move) for move in killing.moves(shop)]
    violations = [violation for tally in tallies for violation in tally.violations]
    for name in dict.fromkeys(tally.move for tally in tallies):
        say(f"{name}: {sum(tally.kills for tally in tallies if tally.move == name)} processes killed")
    for violation in violations:
        say(violation)
    return [
        at_least("kills", sum(tally.kills for tally in tallies), "processes", least),
        at_most("violations_after_a_kill", len(violations), "violations", 0),
    ]
