"""Many shops with several models that answer on request, and the log of what they answered, hour by hour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from benchmarks.rig.rehearsal import PEAKS, SPLITS
from pipelines.models import DatasetSnapshot, Deployment, ModelVersion, Shop, ShopSettings
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Monitored

MODELS, FEATURES, ANSWERS = 4, 12, 200  # models of a shop, features of a question, answers of a model in an hour
VISITORS = 150  # who ask for them
ZONES = ("UTC", "Europe/London", "America/New_York", "Asia/Tokyo")  # whose hours end together
NAMES = tuple(f"feature_{number}" for number in range(FEATURES))
SLUGS = tuple(f"watched_{number}" for number in range(MODELS))
WATCHED = Monitored(NAMES, "score", "ordered", timedelta(days=1), "nobody:asks")
ALL_FEATURES, SOME = 256, 26  # first bytes of a visitor's digest of which questions are kept: all, or as the door does

# A question of twelve features, most of which repeat; one unit in a hundred meets an error, one in fifty waits.
LOG = """
    INSERT INTO pipelines_predictionlog (shop_id, use_case, version_id, arm, unit, at, milliseconds, outcome, reason,
        is_shown, score, features)
    SELECT shop_id, use_case, id, 'stable', unit, at, 5 + 20 * random() * random(),
        CASE WHEN dice < .002 THEN 'error' WHEN dice < .012 THEN 'late' ELSE 'answered' END, '', true, random(),
        CASE WHEN get_byte(unit, 0) < %(kept)s THEN jsonb_build_object({pairs}) END
    FROM (
        SELECT v.shop_id, v.use_case, v.id, random() AS dice, %(start)s + (g - .5) * %(apart)s * interval '1 s' AS at,
            decode(md5((g %% %(visitors)s)::text || v.id || %(start)s), 'hex') AS unit
        FROM generate_series(1, %(answers)s) AS g CROSS JOIN pipelines_modelversion v
        ORDER BY g, v.id) AS each
"""


@contextmanager
def models_known() -> Iterator[None]:
    """Let the use cases that are watched be known for a while."""
    with USE_CASES.also(*(replace(SPLITS, slug=slug, monitored=WATCHED) for slug in SLUGS)):
        yield


def shops(count: int, now: datetime) -> None:
    """Write shops with a version of each model, which has run for a while."""
    since = now - timedelta(days=90)
    facts = {"currency": "GBP", "installed_at": since}
    made = Shop.objects.bulk_create(
        Shop(domain=f"watched-{number}.myshopify.com", timezone=ZONES[number % len(ZONES)], **facts)
        for number in range(count)
    )
    ShopSettings.objects.bulk_create(ShopSettings(shop=shop, peak_hours=PEAKS) for shop in made)
    whose = [{"shop": shop, "use_case": slug} for shop in made for slug in SLUGS]
    data = DatasetSnapshot.objects.bulk_create(DatasetSnapshot(**each, digest="d" * 64) for each in whose)
    versions = ModelVersion.objects.bulk_create(
        ModelVersion(**each, number=1, state=ModelVersion.State.VALIDATED, dataset=snapshot)
        for each, snapshot in zip(whose, data, strict=True)
    )
    Deployment.objects.bulk_create(
        Deployment(**each, active=version, active_since=since, revision=1)
        for each, version in zip(whose, versions, strict=True)
    )
    settle()


def empty() -> None:
    """Forget all shops and what was answered."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pipelines_shop, pipelines_predictionlog CASCADE")


def settle() -> None:
    """Do what PostgreSQL does by itself in the hours that pass here in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def answer(start: datetime, length: timedelta = timedelta(hours=1), kept: int = SOME) -> None:
    """Let every model answer its visitors in a stretch of time that begins then, as the door writes it down."""
    drawn = ["floor(8 * random())", "round(random()::numeric, 2)", "md5((8 * random())::int::text)"]
    pairs = ", ".join(f"'{name}', {drawn[number % len(drawn)]}" for number, name in enumerate(NAMES))
    facts: dict[str, Any] = {"start": start, "apart": length.total_seconds() / ANSWERS, "answers": ANSWERS}
    with connection.cursor() as cursor:
        cursor.execute(LOG.format(pairs=pairs), facts | {"visitors": VISITORS, "kept": kept})
