"""The demo without eyes."""

import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.ops.clock import moment
from pipelines.ops.demo_settings import DemoPlan
from pipelines.ops.errors import ServiceError
from pipelines.ops.months.month import Month
from pipelines.ops.months.options import add_scenario, begins_at
from pipelines.ops.smoke import Reader, SmokeFailed, run, tell
from pipelines.ops.supervisor import Demo, StopRequested, free_ports, request_stop


class Command(BaseCommand):
    help = "Imports, trains, approves and publishes on a fresh store; the last line on stdout is JSON."
    requires_system_checks: list[str] = []  # the demo makes its own set-up

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--orders", type=Path, help="fill the store from a file of order lines")
        parser.add_argument("--history", type=int, metavar="DAYS", help="hide orders older than this from the app")
        parser.add_argument("--at", type=moment, metavar="TIME", help="what its clock shows at the start (ISO, UTC)")
        add_scenario(parser)
        parser.add_argument("--state", type=Path, help="keep everything in this folder (default: a temporary one)")

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, request_stop)
        if options["orders"] is not None and not options["orders"].is_file():
            raise CommandError(f"{options['orders']} is not a file.")
        folder = options["state"] or Path(tempfile.mkdtemp(prefix="shopmlops-smoke-"))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # run by root, PostgreSQL is another user and must pass
        port, store_port = free_ports(2)
        made_of = options["orders"], options["history"]
        plan = DemoPlan(folder, port, store_port, *made_of, begins_at(options), scenario=options["scenario"])
        result = self.result(plan, options)
        if "error" in result:
            self.stderr.write(f"What it left is in {folder}.")
        elif options["state"] is None:
            shutil.rmtree(folder)
        self.stdout.write(json.dumps(result))
        sys.exit("error" in result)

    def result(self, plan: DemoPlan, options: dict[str, Any]) -> dict[str, Any]:
        def month(demo: Demo, reader: Reader) -> dict[str, Any]:
            return Month(demo, reader, approves=True, say=tell).play(options["scenario"], options["days"])

        try:
            return run(plan, month if options["scenario"] else None)
        except (SmokeFailed, ServiceError, requests.RequestException) as error:
            self.stderr.write(str(error))
            return {"error": " ".join(str(error).split())}
        except StopRequested:
            return {"error": "It was stopped."}
