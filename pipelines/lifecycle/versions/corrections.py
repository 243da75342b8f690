"""How what a version says is moved between two trainings: the chain of its corrections, and the newest that holds.

A correction is no new version: what was signed stays as it is, and without a correction that holds it alone speaks.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pipelines.models import Correction, ModelVersion
from pipelines.usecases import USE_CASES

log = logging.getLogger(__name__)
State = Mapping[str, Any]


def digest_of(version: int, through: date, state: State, before: str) -> str:
    """Return the digest of a correction: of what it says, and of the one that it was made from."""
    told = [version, through.isoformat(), state, before]
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def keep(version: ModelVersion, through: date, state: State, now: datetime) -> bool:
    """Write the next correction of a version down; say whether that day had none yet."""
    before = version.corrections.order_by("-through").values_list("digest", flat=True).first()
    facts = {"shop_id": version.shop_id, "version": version, "through": through, "state": state, "made_at": now}
    made_from = before or version.artifact_digest
    row = Correction(**facts, before=made_from, digest=digest_of(version.pk, through, state, made_from))
    Correction.objects.bulk_create([row], ignore_conflicts=True)
    return version.corrections.filter(digest=row.digest).exists()


def newest(version: int) -> Correction | None:
    """Return the newest correction of a version, if it holds."""
    return newest_of([version]).get(version)


def newest_of(versions: Iterable[int]) -> dict[int, Correction]:
    """Return the newest correction of each version, where it is what was written and follows the one before."""
    rows = Correction.objects.filter(version__in=list(versions)).select_related("version")
    found: dict[int, list[Correction]] = {}
    for row in rows.order_by("version", "-through"):
        found.setdefault(row.version_id, []).append(row)
    return {version: each[0] for version, each in found.items() if holds(each)}


def holds(rows: list[Correction]) -> bool:
    """Tell whether a chain, the newest first, is what was written."""
    made_from = [row.digest for row in rows[1:]] + [rows[-1].version.artifact_digest]
    for row, before in zip(rows, made_from, strict=True):
        is_right = row.digest == digest_of(row.version_id, row.through, row.state, row.before)
        if not is_right or row.before != before:
            log.error("the correction of %s through %s is not what was written", row.version, row.through)
            return False
    return True


def moved(use_case: str, parameters: Any, row: Correction | None) -> Any:
    """Return what a version's scorer reads, moved by a correction if there is one."""
    return USE_CASES[use_case].resolve("corrected")(parameters, row.state) if row else parameters
