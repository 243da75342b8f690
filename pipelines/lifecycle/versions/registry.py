"""The register of versions: numbers, lineage, the model card, comparison, tags and quarantine."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version as library_version
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.errors import ArtifactRefused, ArtifactUnavailable, Refused
from pipelines.lifecycle.versions import artifacts
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, Release, Shop

LIBRARIES = ("numpy", "pandas", "scipy", "lightgbm", "prophet")
MAX_TAGS = 10
LONGEST_TAG = 40


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
    """Bar a version for good, take it from shoppers and close its open release; False when it was barred already."""
    with transaction.atomic():
        Shop.objects.lock(version.shop_id)
        pointer = Deployment.objects.select_for_update(no_key=True).filter(
            shop=version.shop_id, use_case=version.use_case
        )
        was_shown = any(row.canary_id == version.pk for row in pointer)
        if not bar(version):
            return False
        if was_shown:
            pointer.update(canary=None, revision=F("revision") + 1)
        phase = Release.Phase.ROLLED_BACK if was_shown else Release.Phase.REJECTED
        for release in version.releases.select_for_update(no_key=True).filter(phase__in=Release.OPEN):
            release.enter(phase, closed_because=because[:200], weight=0, held="", is_paused=False)
        tell_barred(version, by=by, because=because)
    return True


def bar(version: ModelVersion) -> bool:
    """Put a version into quarantine, from which none returns; False when it was there already."""
    open_versions = ModelVersion.objects.filter(pk=version.pk).exclude(state=ModelVersion.State.QUARANTINED)
    is_new = bool(open_versions.update(state=ModelVersion.State.QUARANTINED))
    version.state = ModelVersion.State.QUARANTINED
    return is_new


def tell_barred(version: ModelVersion, *, by: str, because: str) -> None:
    """Write into the ledger that a version was barred; last in the transaction that barred it."""
    facts = {"artifact_digest": version.artifact_digest, "content_digest": version.content_digest}
    record(version, "version.quarantined", by=by, because=because[:200], **facts)


def barred_twin(version: ModelVersion) -> ModelVersion | None:
    """Return a barred version of this shop that learned the very same files, under whatever number."""
    barred = ModelVersion.objects.for_shop(version.shop_id).filter(
        use_case=version.use_case, state=ModelVersion.State.QUARANTINED, content_digest=version.content_digest
    )
    return barred.exclude(pk=version.pk).order_by("number").first() if version.content_digest else None


def load_files(version: ModelVersion) -> dict[str, bytes]:
    """Return the checked files of a version; one that fails the check is barred, one that cannot be read waits."""
    if version.state == ModelVersion.State.QUARANTINED:
        raise ArtifactRefused(f"{version} is blocked and is never used again.")
    try:
        files = artifacts.load(version)
    except ArtifactRefused as refusal:
        bar_unsafe(version, refusal.sentence)
        raise
    except ArtifactUnavailable as absence:
        tell_unavailable(version, absence.sentence)
        raise
    board.close(version.shop_id, unavailable_key(version), timezone.now())
    return files


def unavailable_key(version: ModelVersion) -> str:
    """Name the alert that a version's files cannot be read."""
    return f"version:{version.pk}:unavailable"


def tell_unavailable(version: ModelVersion, why: str) -> None:
    """Say that a version's files cannot be read; it is worse where the shop lives by them."""
    mine = Deployment.objects.for_shop(version.shop_id).filter(use_case=version.use_case)
    is_live = mine.filter(active=version).exists()
    board.tell(
        version.shop,
        unavailable_key(version),
        title=f"The files of version {version.number} cannot be read",
        text=f"{why} That says nothing about the version: what runs goes on with its last answers, and nothing new "
        "goes live.",
        next_step="Nothing to do: we try again by ourselves, and all goes on once the files are back.",
        severity=board.Severity.CRITICAL if is_live else board.Severity.WARNING,
        use_case=version.use_case,
        now=timezone.now(),
    )


def bar_unsafe(version: ModelVersion, why: str) -> None:
    """Quarantine a version whose files are not what was signed, and say so at once."""
    with transaction.atomic():
        Shop.objects.lock(version.shop_id)
        quarantine(version, by="system", because=why[:200])
        board.tell(
            version.shop,
            f"version:{version.pk}:files",
            title=f"The files of version {version.number} are not safe",
            text=f"{why} It is barred for good. If it was live, the shop goes back to what ran before.",
            next_step="Nothing to do now: the next training makes a new version. You can start one on Versions.",
            severity=board.Severity.CRITICAL,
            use_case=version.use_case,
            now=timezone.now(),
        )


def annotate(version: ModelVersion, *, tags: list[str], note: str, by: str) -> bool:
    """Replace the tags and the note of a version; False where they were just that.

    What people type may have to be erased one day, so the ledger holds only digests of it.
    """
    clean = list(dict.fromkeys(tag.strip()[:LONGEST_TAG] for tag in tags if tag.strip()))
    if len(clean) > MAX_TAGS:
        raise Refused(f"A version takes up to {MAX_TAGS} tags. Nothing was changed.")
    changes: dict[str, Any] = {"tags": clean, "note": note.strip()}
    with transaction.atomic():
        Shop.objects.lock(version.shop_id)
        if not ModelVersion.objects.filter(pk=version.pk).exclude(**changes).update(**changes):
            return False
        version.tags, version.note = changes["tags"], changes["note"]
        facts = {f"{name}_digest": value_digest(value) for name, value in changes.items()}
        record(version, "version.annotated", by=by, because="Tags and note changed", **facts)
    return True


def value_digest(value: Any) -> str:
    """Return the digest of what the ledger does not hold itself."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def record(version: ModelVersion, kind: str, *, by: str, because: str, **facts: Any) -> LifecycleEvent:
    """Write what happened to a version into its shop's ledger."""
    return LifecycleEvent.record(
        version.shop, kind, by=by, because=because, use_case=version.use_case, version_number=version.number, **facts
    )
