"""Where the files of versions lie, one file at a time."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from pipelines.lifecycle.errors import ArtifactRefused, ArtifactUnavailable


def storage() -> Storage:
    """Return where artifacts live: the file system by default, S3 by setting."""
    return storages["artifacts"]


def write(path: str, content: bytes) -> None:
    """Write one new file under exactly this name; OSError where the storage does not take it."""
    with told_as_a_disk_would():
        saved = storage().save(path, ContentFile(content))
        if saved != path:
            storage().delete(saved)
            raise FileExistsError(errno.EEXIST, "a file of that name exists", path)


def read(path: str) -> bytes:
    """Read one file completely; that it is not to be had here says nothing about what is in it."""
    name = PurePosixPath(path).name
    try:
        with storage().open(path, "rb") as file:
            content: bytes = file.read()
            return content
    except SuspiciousOperation:
        raise ArtifactRefused("A version names files outside the folder of versions.") from None
    except FileNotFoundError as error:
        raise ArtifactUnavailable(f"The file {name} of a version is missing where we look for it.") from error
    except Exception as error:  # a disk, a network, a bucket: each storage fails in ways of its own
        raise ArtifactUnavailable(f"The file {name} of a version cannot be read now.") from error


def remove(path: str, names: list[str]) -> None:
    """Delete what an unfinished attempt left behind."""
    for name in [*names, ""]:
        with suppress(OSError), told_as_a_disk_would():
            storage().delete(f"{path}/{name}".rstrip("/"))


@contextmanager
def told_as_a_disk_would() -> Iterator[None]:
    """Let a storage that fails in ways of its own, as a bucket's network does, fail as a disk does: by an OSError."""
    try:
        yield
    except (OSError, SuspiciousOperation):
        raise
    except Exception as error:
        raise OSError(errno.EIO, "the storage did not take it") from error
