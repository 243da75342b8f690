"""What chances expect of themselves before it is known who ordered (CBPE, METHODS 4d): it may warn, and never clears.

A thousand units are estimated at a time, within a week; fewer say nothing. Chances that were off by more than 2 % on
5,000 units whose outcome is known are corrected by them first: of fewer, chance alone is so far off. An estimate is
compared with those before it of its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.db.models import QuerySet

from pipelines.lifecycle.monitor.accuracy import number
from pipelines.lifecycle.monitor.logged import Asked, labels, scores
from pipelines.models import Measurement
from pipelines.stats.drift import windows
from pipelines.stats.drift.accuracy import calibration, estimated
from pipelines.stats.drift.findings import Finding

METRIC = "expected_auc"
DAY = timedelta(days=1)
COMPARED = 24  # estimates before one
LEAST_KNOWN = 5000  # outcomes by which chances are corrected


def estimate(asked: Asked, version: int, units: Mapping[date, int]) -> int:
    """Write what each new chunk of a version's answers expects; return how many are new."""
    first = max(min(units), next_day(asked, version) or min(units))
    chunks = windows.windows(units, first, asked.today - DAY, estimated.LEAST_ROWS)
    full = [chunk for chunk in chunks if chunk.rows >= estimated.LEAST_ROWS]
    for chunk in full:
        write(asked, version, chunk)
    return len(full)


def estimates(asked: Asked, version: int) -> QuerySet[Measurement]:
    """Give what was expected of a version, the newest first."""
    mine = Measurement.objects.for_shop(asked.shop).filter(use_case=asked.use_case, version=version, release=None)
    return mine.filter(metric=METRIC).order_by("-starts_at")


def next_day(asked: Asked, version: int) -> date | None:
    """Return where the next chunk begins: where the last one ended."""
    ended = estimates(asked, version).values_list("ends_at", flat=True).first()
    return ended.astimezone(asked.shop.zone).date() if ended else None


def write(asked: Asked, version: int, chunk: windows.Window) -> None:
    """Write one estimate, judged by those before it that were no warning themselves."""
    after = chunk.last + DAY
    rows = asked.chances(asked.first, after, known=min(chunk.first, asked.today - asked.within))
    mine = rows[rows["version_id"] == version]
    said, past = mine[mine["day"] >= chunk.first], mine[mine["came"].notna()]
    chances = scores(said)
    if len(past) >= LEAST_KNOWN:
        chances = calibration.recalibrated(chances, labels(past), scores(past))
    value = estimated.expected_auc(chances)
    before = estimates(asked, version).filter(value__isnull=False).exclude(verdict=Finding.DRIFT)
    usual = [each for each in before.values_list("value", flat=True)[:COMPARED] if each is not None]
    low, high = estimated.limits(usual)
    figures = {"n": len(said), "value": number(value), "low": number(low), "high": number(high)}
    row = Measurement(
        shop=asked.shop,
        use_case=asked.use_case,
        version_id=version,
        metric=METRIC,
        starts_at=asked.midnight(chunk.first),
        ends_at=asked.midnight(after),
        verdict=estimated.judge(value, usual).value,
        **figures,
    )
    Measurement.objects.bulk_create([row], ignore_conflicts=True)
