"""How long Monitoring takes with 90 days of history of a model that visitors ask, beside an empty view.

Both take turns, as other work on the machine comes and goes; medians are compared.
"""

from __future__ import annotations

import statistics
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.checks import Check, Say, at_most
from benchmarks.ingest import web_process
from benchmarks.rig.merchant import REFERENCE, a_shop, collect_static, timed
from benchmarks.rig.scratch import scratch_database
from pipelines.lifecycle.monitor.judging import NAMES
from pipelines.ops import demo_settings
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

DAYS, ROUNDS, MOST = 90, 25, 5  # times the empty view
KINDS = ("peak_weekday", "offpeak_weekday", "peak_weekend", "offpeak_weekend")  # of hours: each is of one
FIGURES = """
    INSERT INTO pipelines_measurement (shop_id, use_case, version_id, metric, segment, starts_at, ends_at, n, value,
        low, high, verdict, made_at)
    SELECT %(shop)s, %(use_case)s, %(version)s, metric, segment, at, at + %(length)s * interval '1 hour', 200,
        random(), 0, 1, 'ok', at
    FROM unnest(%(metrics)s::text[]) AS m(metric) CROSS JOIN unnest(%(segments)s::text[]) AS s(segment)
    CROSS JOIN generate_series(%(since)s::timestamptz, %(until)s::timestamptz, %(length)s * interval '1 hour') AS at
    WHERE segment <> ALL(%(kinds)s) OR segment = CASE WHEN extract(hour FROM at) >= 17 THEN 'peak' ELSE 'offpeak' END
        || CASE WHEN extract(isodow FROM at) < 6 THEN '_weekday' ELSE '_weekend' END
"""


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Fill a shop with figures, and ask for the page."""
    with scratch_database():
        secrets = demo_settings.demo_secrets(settings.STATE_DIR)
        case = next(case for case in USE_CASES.values() if case.is_asked and case.monitored)
        rows = fill(case)
        collect_static(secrets)
        pages = {"reference": REFERENCE, "monitoring": f"/monitoring/{case.slug}"}
        taken: dict[str, list[float]] = {name: [] for name in pages}
        with web_process(secrets, "benchmarks.rig.reference.settings") as port:
            for number in range(ROUNDS + 3):
                for name, path in pages.items():
                    seconds = timed(port, path, secrets)
                    if number >= 3:
                        taken[name].append(1000 * seconds)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    say(f"{rows:,} figures: {medians['monitoring']:.0f} ms beside {medians['reference']:.0f} ms")
    return [at_most("monitoring", medians["monitoring"], "ms", MOST, medians["reference"])]


def fill(case: UseCase) -> int:
    """Give a shop a version that has run for 90 days, with every figure of every hour and of every day."""
    from pipelines.models import DatasetSnapshot, Deployment, Measurement, ModelVersion, SyncRun

    now = timezone.now()
    since, watched = now - timedelta(days=DAYS), case.monitored
    assert watched
    shop = a_shop(now)
    SyncRun.objects.create(shop=shop, kind="orders", trigger="daily", state="done", finished_at=now)
    data = DatasetSnapshot.objects.create(shop=shop, use_case=case.slug, digest="0" * 64, last_day=now.date())
    facts = {"use_case": case.slug, "number": 1, "state": "validated", "dataset": data}
    version = ModelVersion.objects.create(shop=shop, **facts, artifact_path="", artifact_digest="0" * 64, signature="")
    Deployment.objects.create(shop=shop, use_case=case.slug, active=version, active_since=since, revision=1)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    values: dict[str, Any] = {"shop": shop.pk, "use_case": case.slug, "since": midnight - timedelta(days=DAYS)}
    values["kinds"] = [*KINDS]
    hourly = {"version": version.pk, "metrics": NAMES, "segments": ["all", *KINDS], "length": 1, "until": now}
    daily = {"length": 24, "until": midnight - timedelta(days=1)}
    accuracy = {"version": version.pk, "metrics": [f"{each.key}_1d" for each in case.words.page.watched]}
    drift = {"version": None, "metrics": ["drift", "drift_lasting"], "segments": [*watched.features]}
    with connection.cursor() as cursor:
        for each in (hourly, daily | accuracy | {"segments": ["all"]}, daily | drift):
            cursor.execute(FIGURES, values | each)
        cursor.execute("VACUUM ANALYZE")
    return Measurement.objects.count()
