"""Restore for practice: into a folder of its own, by a server of its own, that nobody else sees."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from django.conf import settings

from pipelines.ops import binaries, layout, postgres
from pipelines.ops.demo_settings import ROOT
from pipelines.ops.errors import ServiceError
from pipelines.ops.processes import wait_until
from pipelines.ops.recovery.restore import lay_out

ONLY_HERE = ("hot_standby=off", "archive_mode=off", "ssl=off")  # it answers when it is where it is to go, not before


def rehearse(backups: Path, moment: datetime | None, state: Path) -> str:
    """Restore, catch up there, and return what that says; it is an error where something does not hold."""
    with restored(backups, moment, state) as url:
        words = ["recover", "--from", str(backups), "--by", "rehearsal", "--because", "A rehearsal"]
        apart = {"DATABASE_URL": url, "SHOPMLOPS_STATE": str(state), "REDIS_URL": "redis://127.0.0.1:9/0"}
        apart["ARTIFACT_STORAGE"] = "django.core.files.storage.FileSystemStorage"
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        done = subprocess.run(command, env=os.environ | apart, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise ServiceError(f"The restored copy does not hold: {done.stderr.strip()}")
    return done.stdout.strip()


@contextmanager
def restored(backups: Path, moment: datetime | None, state: Path) -> Iterator[str]:
    """Run a server on a restored copy; yield its address."""
    places = layout.prepare(state)
    data, sockets = places.ground / "postgres", places.sockets / "postgres"
    lay_out(backups, data, moment, places.account)
    (data / "pg_hba.conf").write_text("local all all trust\n")
    (data / "postgresql.conf").touch()
    for name in ("pg_hba.conf", "postgresql.conf"):
        (data / name).chmod(0o644)
    layout.make_private(sockets, mode=0o700, account=places.account)
    programs = binaries.postgres_bin(int((data / "PG_VERSION").read_text()))
    server = postgres.serve(places, postgres.reachable_programs(places, programs), data, ONLY_HERE)
    known = settings.DATABASES["default"]
    try:
        wait_until(lambda: postgres.answers(sockets, known["USER"]), server, postgres.START_SECONDS)
        yield f"postgresql://{quote(known['USER'])}@/{quote(known['NAME'])}?host={quote(str(sockets))}"
    finally:
        server.stop()
