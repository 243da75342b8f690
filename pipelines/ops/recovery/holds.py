"""What can be verified of a shop: its ledger's chain with the signed heads, and the files of every version."""

from __future__ import annotations

from pipelines.lifecycle.alerts import heads
from pipelines.lifecycle.errors import ArtifactRefused, ArtifactUnavailable
from pipelines.lifecycle.versions import artifacts
from pipelines.models import ModelVersion, Shop


def breaches_of(shop: Shop) -> list[str]:
    """Name everything of a shop that is not as it was recorded."""
    if shop.redacted_at:
        return []
    found = heads.breaches(shop)
    for version in ModelVersion.objects.for_shop(shop).exclude(state=ModelVersion.State.QUARANTINED):
        try:
            artifacts.load(version)
        except (ArtifactRefused, ArtifactUnavailable) as absence:
            found.append(f"{shop}: {absence.sentence}")
    return found
