"""Let what runs speak; where its files are not what was signed, what ran before speaks in its place."""

from __future__ import annotations

from datetime import datetime

from pipelines.lifecycle.errors import ArtifactRefused
from pipelines.lifecycle.releases import rollback
from pipelines.lifecycle.releases.move import SYSTEM
from pipelines.lifecycle.serving import refresh
from pipelines.models import Deployment, Shop


def speak(shop: Shop, use_case: str, *, now: datetime | None = None) -> int:
    """Write what runs now says, and what must speak beside it; return the number of rows."""
    pointer = Deployment.of(shop, use_case)
    try:
        return refresh.refresh(shop, use_case, now=now)
    except ArtifactRefused as refusal:
        because = refusal.sentence
    rollback.roll_back(pointer, by=SYSTEM, because=because, revision=pointer.revision)
    return speak(shop, use_case, now=now)
