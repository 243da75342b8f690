"""The register of versions: numbers, lineage, the model card, comparison, tags and quarantine."""

from __future__ import annotations

import platform
from importlib.metadata import version as library_version
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from pipelines.lifecycle import artifacts
from pipelines.lifecycle.errors import ArtifactRefused, Refused
from pipelines.models import LifecycleEvent, ModelVersion, Release

LIBRARIES = ("numpy", "pandas", "scipy", "lightgbm", "prophet")
MAX_TAGS = 10


def next_number(shop_id: int, use_case: str) -> int:
    """Return the number of the next version; the unique constraint guards the race."""
    known = ModelVersion.objects.for_shop(shop_id).filter(use_case=use_case)
    return (known.aggregate(newest=Max("number"))["newest"] or 0) + 1


def lineage(seed: int) -> dict[str, Any]:
    """Return what it takes to make the same version again, besides the data."""
    return {
        "code_revision": settings.CODE_REVISION,
        "image_digest": settings.IMAGE_DIGEST,
        "python": platform.python_version(),
        "libraries": {name: library_version(name) for name in LIBRARIES},
        "seed": seed,
    }


def quarantine(version: ModelVersion, *, by: str, because: str) -> bool:
    """Bar a version for good and close its open release; False when it was barred already."""
    with transaction.atomic():
        open_versions = ModelVersion.objects.filter(pk=version.pk).exclude(state=ModelVersion.State.QUARANTINED)
        if not open_versions.update(state=ModelVersion.State.QUARANTINED):
            return False
        version.state = ModelVersion.State.QUARANTINED
        for release in version.releases.select_for_update().filter(phase__in=Release.OPEN):
            release.enter(Release.Phase.REJECTED, closed_because=because[:200], weight=0)
        LifecycleEvent.record(
            version.shop,
            "version.quarantined",
            by=by,
            because=because,
            use_case=version.use_case,
            version_number=version.number,
            artifact_digest=version.artifact_digest,
        )
    return True


def load_files(version: ModelVersion) -> dict[str, bytes]:
    """Return the checked files of a version; one that fails the check is quarantined."""
    if version.state == ModelVersion.State.QUARANTINED:
        raise ArtifactRefused(f"{version} is in quarantine and is never used again.")
    try:
        return artifacts.load(version)
    except ArtifactRefused as refusal:
        quarantine(version, by="system", because=refusal.sentence[:200])
        raise


def set_tags(version: ModelVersion, tags: list[str], *, by: str) -> None:
    """Replace the tags of a version."""
    clean = list(dict.fromkeys(tag.strip()[:40] for tag in tags if tag.strip()))
    if len(clean) > MAX_TAGS:
        raise Refused(f"A version takes up to {MAX_TAGS} tags.")
    with transaction.atomic():
        ModelVersion.objects.filter(pk=version.pk).update(tags=clean)
        version.tags = clean
        record(version, "version.tagged", by=by, because="Tags changed", tags=clean)


def record(version: ModelVersion, kind: str, *, by: str, because: str, **facts: Any) -> LifecycleEvent:
    """Write what happened to a version into its shop's ledger."""
    return LifecycleEvent.record(
        version.shop, kind, by=by, because=because, use_case=version.use_case, version_number=version.number, **facts
    )
