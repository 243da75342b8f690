"""Back up the database and the artifacts while everything runs."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.ops.errors import ServiceError
from pipelines.ops.recovery import backup
from pipelines.words import counted


class Command(BaseCommand):
    help = "Copy the database and every artifact into a folder of backups, and end the copies that had their time."
    requires_system_checks: list[str] = []  # a copy is worth having however badly the app is set up

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, required=True, help="the folder of backups, on another machine's disk")
        parser.add_argument("--keep", type=int, default=30, metavar="DAYS", help="how long copies are kept")
        parser.add_argument("--stream", action="store_true", help="write down the log of the database from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        to = options["to"].resolve()
        try:
            if options["stream"]:
                backup.stream(to)
            made = backup.back_up(to, timedelta(days=options["keep"]))
        except ServiceError as error:
            raise CommandError(str(error)) from None
        kept = counted(len(backup.copies(to)), "copy", "copies")
        self.stdout.write(self.style.SUCCESS(f"{made.folder} is whole; {kept} in all."))
