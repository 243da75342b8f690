"""Restore the database's files as of a moment, or rehearse that."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.ops import layout
from pipelines.ops.clock import moment
from pipelines.ops.errors import ServiceError
from pipelines.ops.recovery.rehearse import rehearse
from pipelines.ops.recovery.restore import lay_out


class Command(BaseCommand):
    help = "Lay out a data folder as of a moment, for a PostgreSQL to be started on; then run `recover`."
    requires_system_checks: list[str] = []  # the database may be gone

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="backups", type=Path, required=True, help="the folder of backups")
        parser.add_argument("--at", type=moment, metavar="TIME", help="as of when (ISO, UTC); default: the newest")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--data", type=Path, help="the data folder to fill, empty or new")
        where.add_argument("--rehearse", action="store_true", help="restore aside, catch up there, say what holds")

    def handle(self, *args: Any, **options: Any) -> None:
        backups, at = options["backups"].resolve(), options["at"]
        try:
            if options["rehearse"]:
                with tempfile.TemporaryDirectory(prefix="shopmlops-restored-") as state:
                    Path(state).chmod(0o711)  # run by root, PostgreSQL is another user and must pass
                    self.stdout.write(rehearse(backups, at, Path(state)))
                return
            copy = lay_out(backups, options["data"].resolve(), at, layout.postgres_account())
        except ServiceError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{options['data']} goes on from {copy.folder}. Start PostgreSQL on it, then run recover.")
