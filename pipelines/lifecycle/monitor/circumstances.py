"""Whether the newest version still fits what it was learned for: lead times, a catalogue, as its use case names them.

A row is written when that changes, to and fro, and stands; `retrain` reads the last one of each.
"""

from __future__ import annotations

from datetime import datetime

from pipelines.lifecycle import causes
from pipelines.lifecycle.monitor import retrain
from pipelines.models import Measurement, ModelVersion, Shop
from pipelines.stats.drift.findings import Finding
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames


def look(shop: Shop, use_case: str, facts: Frames, now: datetime) -> list[str]:
    """Compare what the newest version was learned for with how it is now; return what is so no more."""
    case = USE_CASES[use_case]
    versions = ModelVersion.objects.for_shop(shop).filter(use_case=use_case)
    version = versions.only("shop", "use_case", "metrics").order_by("-number").first()
    if version is None or case.monitored is None:
        return []
    noted, moved = version.metrics.get(causes.NOTED) or {}, []
    for each in case.monitored.circumstances:
        if each.name not in noted:  # a version from before this was noted
            continue
        share = float(case.function(each.share)(noted[each.name], facts))
        has_moved = share > each.most
        note(version, each.name, share, Finding.DRIFT if has_moved else Finding.OK, now)
        moved += [each.name] * has_moved
    return moved


def note(version: ModelVersion, name: str, share: float, verdict: Finding, now: datetime) -> None:
    """Write down that something changed, or is again as the version knows it; what was found before is found once."""
    mine = {"use_case": version.use_case, "version": version, "metric": retrain.CIRCUMSTANCE, "segment": name[:40]}
    before = Measurement.objects.for_shop(version.shop_id).filter(**mine, release=None).order_by("starts_at")
    last = before.values_list("verdict", flat=True).last() or Finding.OK
    if last != verdict:
        row = Measurement(shop_id=version.shop_id, **mine, starts_at=now, ends_at=now, value=share, verdict=verdict)
        Measurement.objects.bulk_create([row], ignore_conflicts=True)
