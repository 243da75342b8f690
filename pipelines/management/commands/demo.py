"""The whole product on one machine."""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.ops.clock import moment
from pipelines.ops.demo_settings import DemoPlan
from pipelines.ops.errors import ServiceError
from pipelines.ops.months.month import Month
from pipelines.ops.months.options import add_scenario, begins_at
from pipelines.ops.smoke import reading
from pipelines.ops.supervisor import Demo, supervise, watch


class Command(BaseCommand):
    help = "Runs the app, its services and a development store until Ctrl-C, and prints the address to open."
    requires_system_checks: list[str] = []  # the demo makes its own set-up

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--orders", type=Path, help="fill the store from a file of order lines")
        parser.add_argument("--history", type=int, metavar="DAYS", help="hide orders older than this from the app")
        parser.add_argument("--stores", type=int, choices=(1, 2), default=1, help="2: with one to be the test store")
        parser.add_argument("--port", type=int, default=8000, help="where the app listens")
        parser.add_argument("--store-port", type=int, default=9300, help="where the development store listens")
        parser.add_argument("--at", type=moment, metavar="TIME", help="what its clock shows at the start (ISO, UTC)")
        add_scenario(parser)
        parser.add_argument("--seconds-a-day", type=float, default=8.0, help="how fast it plays, at most")
        parser.add_argument("--approve", action="store_true", help="with a scenario: decide what waits, as smoke does")
        parser.add_argument("--state", type=Path, help="where everything is kept (default: .state, a folder a store)")

    def handle(self, *args: Any, **options: Any) -> None:
        orders, history = options["orders"], options["history"]
        state = options["state"] or default_state(orders, history, options["scenario"])
        if orders is not None and not orders.is_file():
            raise CommandError(f"{orders} is not a file.")
        try:
            ports = options["port"], options["store_port"]
            at = begins_at(options, state)
            plan = DemoPlan(state, *ports, orders, history, at, options["stores"], options["scenario"])
            supervise(plan, self.say, partial(self.month, options) if options["scenario"] else watch)
        except ServiceError as error:
            raise CommandError(str(error)) from None

    def month(self, options: dict[str, Any], demo: Demo) -> None:
        """Play the scenario once a version is live, and go on with the clock standing."""
        with reading(demo) as reader:
            self.say("The month begins when the first version is approved.")
            month = Month(demo, reader, options["approve"], self.say, options["seconds_a_day"])
            found = month.play(options["scenario"], options["days"])
        self.say(json.dumps(found, indent=1))
        self.say("The month is over; the demo goes on.")
        watch(demo)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def default_state(orders: Path | None, history: int | None, scenario: str | None) -> Path:
    """Return a folder of its own for each store that is not the plain one."""
    if orders is None and history is None and scenario is None:
        return settings.STATE_DIR
    made_of = f"{orders.resolve() if orders else ''} {history} {scenario or ''}".rstrip()
    return settings.STATE_DIR / f"store-{hashlib.sha256(made_of.encode()).hexdigest()[:8]}"
