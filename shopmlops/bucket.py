"""Artifacts in an S3-compatible bucket: ARTIFACT_STORAGE=shopmlops.bucket.Bucket, with requirements-s3.txt."""

from __future__ import annotations

import os
import threading
from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage

PATIENCE = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 2},  # what waits for files is tried again by its own clock
    # Checksums in trailers are Amazon's alone; ours stand in the manifest, and are signed.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class Bucket(S3Storage):
    """A bucket in which no file is written twice, and no connection outlives a fork or is shared by threads."""

    def __init__(self, **options: Any) -> None:
        super().__init__(client_config=PATIENCE, file_overwrite=False, default_acl=None, **options)
        self.opened_by = os.getpid()

    @property
    def connection(self) -> Any:
        """Return this thread's connection; workers fork after their start has looked into the bucket."""
        if self.opened_by != os.getpid():
            self.opened_by, self._connections = os.getpid(), threading.local()
        return super().connection

    @property
    def bucket(self) -> Any:
        """Return the bucket by this thread's connection."""
        return self.connection.Bucket(self.bucket_name)
