"""A disk for artifacts that is full now and then: half of a file is written, and no more."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

FULL = "disk-is-full"  # a file of this name beside the artifacts says so


class FillingFileSystemStorage(FileSystemStorage):
    """Writes like any other, until its disk is full."""

    def __init__(self) -> None:
        super().__init__(location=Path(settings.STATE_DIR) / "artifacts")

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        if not Path(self.location).with_name(FULL).exists():
            return super().save(name, content, max_length)
        raw = content.read()
        super().save(name, ContentFile(raw[: len(raw) // 2]), max_length)
        raise OSError(errno.ENOSPC, "No space left on device", name)
