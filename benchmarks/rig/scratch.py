"""A database and queues of its own for a benchmark, thrown away afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from pipelines.ops.embedded import Services, embedded_services
from shopmlops.settings import database


@contextmanager
def scratch_database() -> Iterator[Services]:
    """Point Django at a new, migrated database with fsync on, and its files at a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="shopmlops-benchmark-") as folder:
        Path(folder).chmod(0o711)  # run by root, PostgreSQL is another user and must pass
        settings.STATE_DIR = Path(folder)
        settings.STORAGES["artifacts"]["OPTIONS"] = {"location": Path(folder) / "artifacts"}
        with embedded_services(Path(folder) / "services") as services:
            connection = connections["default"]
            connection.close()
            connection.settings_dict.update(database(services.database_url))
            for queue in settings.RQ_QUEUES.values():
                queue["URL"] = services.redis_url
            call_command("migrate", verbosity=0, skip_checks=True)
            yield services
            connection.close()
