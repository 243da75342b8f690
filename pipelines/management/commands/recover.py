"""Catch up after a restore."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pipelines.management.shops import add_operator, operator
from pipelines.ops.recovery import catch_up, forgotten
from pipelines.ops.recovery.backup import copies


class Command(BaseCommand):
    help = "Put artifacts back, verify, forget again, ask Shopify for what was missed, replay; the last line is JSON."
    requires_system_checks: list[str] = []  # the artifacts are not there yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="backups", type=Path, help="the folder of backups, where artifacts were lost"
        )
        parser.add_argument("--later", metavar="URL", help="a database that knows who asked to be forgotten since")
        parser.add_argument("--because", required=True, help="why, for every shop's ledger")
        add_operator(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        again = forgotten.forget_again(options["later"]) if options["later"] else 0
        found = copies(options["backups"]) if options["backups"] else []
        why = {"by": operator(options), "because": options["because"]}
        done = catch_up.catch_up(found, now=timezone.now(), **why)
        self.stdout.write(json.dumps({"forgotten_again": again, **vars(done)}))
        if done.breaches:
            raise CommandError(f"{len(done.breaches)} breaches: {' '.join(done.breaches)}"[:2000])
