"""What came of a version once it was shown or ran: it leads before any test on the past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from dashboard.queries import experiments
from dashboard.queries.words import Badge
from pipelines.models import ModelVersion, Release

SHOPPERS, WEEKS = "What shoppers did with", "How it went with"


@dataclass(frozen=True)
class Lived:
    """What the newest release of a version says of it, of which something was measured or that was taken back."""

    release: Release
    heading: str
    at: datetime | None
    verdict: Badge
    headline: dict[str, Any]  # nothing where no figure speaks
    effect: str
    money: str
    ended: str  # why, where it was taken back

    @property
    def is_proven(self) -> bool:
        return bool(self.headline.get("is_proven"))

    @property
    def is_less(self) -> bool:
        return bool(self.headline.get("is_less"))


def lived(version: ModelVersion) -> Lived | None:
    """Read what came of a version; nothing where neither shoppers nor weeks told anything yet."""
    told = map(told_by, newest_releases(version))
    return next((each for each in told if each.headline or each.release.phase == Release.Phase.ROLLED_BACK), None)


def beside(newer: ModelVersion, older: ModelVersion) -> Lived | None:
    """Read what came of a version where it ran beside another; nothing where no figure speaks."""
    told = map(told_by, newest_releases(newer).filter(evidence__compared_with=older.number))
    return next((each for each in told if each.headline), None)


def newest_releases(version: ModelVersion) -> QuerySet[Release]:
    return version.releases.select_related("shop", "version").defer("evidence").order_by("-pk")


def told_by(release: Release) -> Lived:
    """Say what one release says of its version."""
    found = experiments.as_of_now(release, release.analysis)
    because = release.closed_because.rstrip(".") if release.phase == Release.Phase.ROLLED_BACK else ""
    return Lived(
        release=release,
        heading=f"{SHOPPERS if any((found.get('units') or {}).values()) else WEEKS} version {release.version.number}",
        at=experiments.moment_of(found.get("at")),
        verdict=experiments.verdict_of(release, found),
        headline=experiments.headline_of(found),
        effect=experiments.effect_of(found),
        money=experiments.money_of(found, release.shop.currency),
        ended=f"{because}." if because else "",
    )
