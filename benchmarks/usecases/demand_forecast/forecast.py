"""How fast a large shop is served: 10,000 variants over 540 days, from order lines to stored advice, on one core.

The references are a Prophet for each variant, and one numpy pass of the four cheap members over all variants; the
two take turns. Seconds are printed and are no claim: they are the machine's.
"""

from __future__ import annotations

import base64
import os
import resource
import statistics
import time
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.rig.one_core import copy, database_seconds, one_core
from benchmarks.rig.scratch import scratch_database

VARIANTS, DAYS = 10_000, 540
UNITS_A_DAY = 0.6  # per variant, in the mean
ROUNDS, PROPHETS = 3, 4  # Prophets in each round
USE_CASE = "demand_forecast"
MEGABYTE = 2**20


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Measure the ensemble, the whole pipeline, and Prophet per variant on a sample."""
    settings.SIGNING_KEY = base64.b64encode(os.urandom(32)).decode()
    with scratch_database(), one_core():
        shop = seed_shop(options["seed"], say)
        seconds, cpu_seconds, members = pipeline(shop, say)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
        ensemble, prophet = per_variant(shop, options["seed"], say)
        each = cpu_seconds / VARIANTS
    say(f"LightGBM took part: {'yes' if members['trees']['joined'] else 'no'}")
    return [
        at_least("faster_than_prophet_per_variant", 1 / ensemble, "variants/s", 900, reference=1 / prophet),
        at_least("pipeline_beside_prophet_per_variant", 1 / each, "variants/s", 20, reference=1 / prophet),
        Check("pipeline", cpu_seconds, "s of one core", VARIANTS * ensemble, each / ensemble),
        Check("pipeline_wall_clock", seconds, "s"),
        at_most("memory", memory, "MB", 1_536),
        Check("lightgbm_took_part", float(members["trees"]["joined"]), "0 or 1"),
        Check("shop_total_took_part", float(members["total"]["joined"]), "0 or 1"),
    ]


def seed_shop(seed: int, say: Say) -> Any:
    """Fill the tables as the import would: popularity as in METHODS 6, weekly rhythm, a trend."""
    from pipelines.models import Shop, SyncRun

    now = timezone.now()
    shop = Shop.objects.create(domain="large.myshopify.com", timezone="Europe/London", currency="GBP", country="GB")
    SyncRun.objects.create(shop=shop, kind="orders", trigger="install", state="done", finished_at=now)
    copy_catalogue(shop.pk, now)
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, VARIANTS + 1) ** 0.95
    rate = UNITS_A_DAY * VARIANTS * popularity / popularity.sum()
    first = now.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    lines = 0
    for day in range(DAYS):
        moment = first + timedelta(days=day)
        lift = (1.3 if moment.weekday() >= 5 else 0.9) * (1 + 0.3 * day / DAYS)
        units = rng.negative_binomial(2, 2 / (2 + rate * lift))
        lines += copy_day(shop.pk, moment, day, units)
    say(f"{VARIANTS} variants, {DAYS} days, {lines} order lines")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return shop


def copy_catalogue(shop_id: int, now: datetime) -> None:
    """Write products, variants and their stock."""
    ids, opened = np.arange(1, VARIANTS + 1), (now - timedelta(days=DAYS + 30)).isoformat()
    price = np.random.default_rng(1).lognormal(7.6, 0.9, VARIANTS).astype(int) + 100
    kinds = np.char.add("Type ", (ids % 20).astype(str))
    product = {"shop_id": shop_id, "shopify_id": ids, "title": np.char.add("Product ", ids.astype(str))}
    product |= {"product_type": kinds, "vendor": kinds, "status": "active", "tags": "[]"}
    seen = {"updated_at": opened, "created_at": opened, "source_id": ""}
    copy("product", product | seen)
    variant = {"shop_id": shop_id, "shopify_id": ids, "product_id": ids, "title": "", "price_minor": price}
    variant |= {"sku": np.char.add("SKU-", ids.astype(str)), "inventory_item_id": ids, "is_tracked": True}
    copy("variant", variant | seen)
    level = {"shop_id": shop_id, "inventory_item_id": ids, "location_id": 1, "available": 20}
    copy("stocklevel", level | {"updated_at": now.isoformat()})


def copy_day(shop_id: int, moment: datetime, day: int, units: np.ndarray) -> int:
    """Write one order for every variant that sold on a day."""
    sold = np.flatnonzero(units)
    ids, when = day * VARIANTS + sold + 1, moment.isoformat()
    order = {"shop_id": shop_id, "shopify_id": ids, "name": "", "created_at": when, "processed_at": when}
    order |= {"updated_at": when, "source_id": "", "is_test": False, "financial_status": "", "fulfillment_status": ""}
    order |= {"source_name": "", "currency": "GBP", "subtotal_minor": 0, "total_minor": 0, "discounts_minor": 0}
    copy("order", order | {"refunded_minor": 0})
    line = {"shop_id": shop_id, "line_id": ids, "order_id": ids, "variant_id": sold + 1, "product_id": sold + 1}
    line |= {"sku": "", "title": "", "quantity": units[sold], "current_quantity": units[sold], "removed": 0}
    line |= {"returned": 0, "price_minor": 1000, "discount_minor": 0, "is_gift_card": False, "needs_shipping": True}
    copy("orderline", line | {"processed_at": when})
    return len(sold)


def pipeline(shop: Any, say: Say) -> tuple[float, float, dict[str, Any]]:
    """Run dataset, training, checks, replay and serving.

    Returns the seconds it took, the seconds of one core that it and its database used (what counts on a machine that
    does other things too), and what the forecast is made of.
    """
    from pipelines.lifecycle.serving import refresh
    from pipelines.lifecycle.versions import train, validate
    from pipelines.models import Deployment, TrainingRun
    from pipelines.models.usecases.demand_forecast import StockAdvice

    began, cpu_began, database_began = time.monotonic(), time.process_time(), database_seconds()
    version = train.train_version(shop_id=shop.pk, use_case=USE_CASE, trigger="operator")
    version = validate.validate_version(version)
    deployment = Deployment.of(shop, USE_CASE)
    Deployment.objects.filter(pk=deployment.pk).update(active=version, revision=1)  # a benchmark needs no yes
    served = time.process_time()
    refresh.refresh(shop, USE_CASE)
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu_began
    database = database_seconds() - database_began
    for step in TrainingRun.objects.get(version=version).steps:
        say(f"{step['cpu_seconds']:6.1f} s of this core: {step['name']}")
    say(f"{cpu_began + cpu_seconds - served:6.1f} s of this core: Writing {StockAdvice.objects.count()} rows of advice")
    say(f"{database:6.1f} s of PostgreSQL; {seconds:.1f} s by the clock")
    return seconds, cpu_seconds + database, version.metrics["members"]


def per_variant(shop: Any, seed: int, say: Say) -> tuple[float, float]:
    """Return seconds per variant of the ensemble, and of a Prophet of its own on a sample."""
    from pipelines.lifecycle.data import dataset
    from pipelines.usecases.demand_forecast.judging.accuracy import prophet_per_series
    from pipelines.usecases.demand_forecast.learning.ensemble import spread_over, weekly_profiles
    from pipelines.usecases.demand_forecast.learning.history import history_of

    history = history_of(dataset.read(dataset.Source(shop, timezone.now()), USE_CASE))
    random = np.random.default_rng(seed)
    prophet_per_series(history, some(history, random, 1), 28)  # the first one pays for the imports
    passes, prophets = [], []
    for _ in range(ROUNDS):
        began = used()
        spread_over(weekly_profiles(history.panel, [history.n_days])[history.n_days].mean(axis=1), 28)
        passes.append((used() - began) / len(history.panel.ids))
        began = used()
        prophet_per_series(history, some(history, random, PROPHETS), 28)
        prophets.append(used() - began)
    ensemble, prophet = statistics.median(passes), statistics.median(prophets) / PROPHETS
    say(f"ensemble {1e6 * ensemble:.0f} µs a variant, Prophet {1000 * prophet:.0f} ms (seed {seed})")
    return ensemble, prophet


def used() -> float:
    """Return the seconds of a core that this process and its children have used: Prophet's sampler is a child."""
    return sum(os.times()[:4])


def some(history: Any, random: np.random.Generator, count: int) -> np.ndarray:
    """Choose so many variants at random."""
    chosen = np.zeros(len(history.panel.ids), dtype=bool)
    chosen[random.choice(len(chosen), count, replace=False)] = True
    return chosen
