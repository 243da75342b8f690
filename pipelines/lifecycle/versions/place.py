"""Whether this process sees the storage that the others see: an id lies there as a file, and the database knows it.

The first process that starts leaves both. A process with a folder or a bucket of its own finds another id or none, and
must not run: it would take every version of the others for lost, and keep its own from them.
"""

from __future__ import annotations

import logging
from uuid import UUID, uuid4

from django.db import transaction

from pipelines.lifecycle import artifact_storage
from pipelines.lifecycle.errors import ArtifactUnavailable
from pipelines.lifecycle.versions import artifacts
from pipelines.models import ModelVersion, StorageMark

log = logging.getLogger(__name__)

NAME = "artifacts"
FILE = "storage-id"
APART = "The artifacts that this process sees are not those of the other processes."


class Apart(Exception):
    """What lies here is not what the other processes see."""


def trouble() -> str:
    """Return why this process must not run, or nothing; a place that cannot be reached or written now is no reason."""
    try:
        known = StorageMark.objects.filter(name=NAME).first() or leave()
        return "" if found() == known.mark else APART
    except Apart:
        return APART
    except Exception as error:  # of a database or a storage that is away, each in its own way
        log.warning("Nobody can tell now whether all processes share their artifacts: %s", error)
        return ""


def leave() -> StorageMark:
    """Leave the mark where none was ever left; not where versions exist whose files do not lie here."""
    newest = ModelVersion.objects.exclude(state=ModelVersion.State.QUARANTINED).order_by("-pk").first()
    if newest and not artifact_storage.storage().exists(f"{newest.artifact_path}/{artifacts.MANIFEST}"):
        raise Apart
    with transaction.atomic():
        here = found()
        known, is_new = StorageMark.objects.get_or_create(name=NAME, defaults={"mark": here or uuid4()})
        if is_new and here is None:  # whoever comes second waits for this row, and finds the file
            artifact_storage.write(FILE, str(known.mark).encode())
    return known


def adopt() -> None:
    """Make what this process sees the storage of all: for a storage that was lost, and one that was moved without."""
    known, _ = StorageMark.objects.get_or_create(name=NAME)
    artifact_storage.storage().delete(FILE)
    artifact_storage.write(FILE, str(known.mark).encode())


def found() -> UUID | None:
    """Read the id that lies here, nothing where none does."""
    try:
        return UUID(artifact_storage.read(FILE).decode().strip())
    except ValueError:
        raise Apart from None
    except ArtifactUnavailable as absence:
        if isinstance(absence.__cause__, FileNotFoundError):
            return None
        raise
