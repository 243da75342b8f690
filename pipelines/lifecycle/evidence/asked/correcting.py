"""Once a day: follow with what came since how far each version that answers is off, where its use case can.

Only days whose outcomes are known for good, and only as far as orders were read, are followed: orders that did not
reach us are no orders that did not come.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.evidence import exposures
from pipelines.lifecycle.evidence.asked import asking
from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.versions import artifacts, corrections
from pipelines.models import ModelVersion, Shop
from pipelines.stats import clock
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames

log = logging.getLogger(__name__)
A_DAY = timedelta(days=1)
LOOKS_BACK = timedelta(days=34)  # as long as moments are kept whole


def due() -> Iterator[tuple[int, str]]:
    """Yield each shop and use case whose versions are corrected as they run."""
    yield from ((shop, slug) for shop, slug in asking.due() if USE_CASES[slug].corrects)


def correct(shop: Shop, use_case: str, now: datetime) -> int:
    """Follow what came, for what runs, what ran before and what answers unseen; return how many moved on."""
    newest = freshness.newest_pull_at(shop)
    pointer = next((each for _, each in exposures.pointers([use_case], [shop.pk])), None)
    if newest is None or pointer is None:
        return 0
    asof = min(newest, now).astimezone(shop.zone).date() - A_DAY
    asked = ModelVersion.objects.for_shop(shop).filter(pk__in=[each.version for each in asking.versions(pointer)])
    return sum(follow(version, asof, now) for version in asked)


def follow(version: ModelVersion, asof: date, now: datetime) -> bool:
    """Bring the correction of one version up to the day before the last whole one."""
    before, through = corrections.newest(version.pk), asof - A_DAY
    if before and before.through >= through:
        return False
    case = USE_CASES[version.use_case]
    since = max(before.through if before else date.min, asof - LOOKS_BACK)
    fitted = case.resolve("load")(artifacts.load(version))
    state: dict[str, Any] = case.resolve("corrects")(
        fitted, moments_of(version.shop, case.asks, since, asof), before.state if before else None
    )
    if before and state == before.state:
        return False
    return corrections.keep(version, through, state, now)


def moments_of(shop: Shop, frame: str, since: date, asof: date) -> Frames:
    """Read what was done after a day, with the sessions that had begun."""
    first, last = clock.midnight(since + A_DAY, shop.zone), clock.midnight(asof + A_DAY, shop.zone)
    rows = dataset.LATELY[frame](shop, first - asking.LONGEST, last)
    return Frames({frame: rows}, asof, shop.country)
