"""Measure one claim beside its reference; ends with one line of JSON on stdout."""

import importlib
import importlib.util
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError


def known() -> dict[str, str]:
    """Give the benchmarks at hand by name, with their addresses; a production image has none."""
    if importlib.util.find_spec("benchmarks") is None:
        return {}
    found: dict[str, str] = importlib.import_module("benchmarks").benchmarks()
    return found


class Command(BaseCommand):
    help = "Measure one claim beside its reference: ingest, accuracy, orders, pages and so on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help=", ".join(sorted(known())))
        parser.add_argument("--data", help="folder of panels (accuracy), starts (orders) or baskets")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--shops", type=int, help="how many, where there are many (monitoring: 1,000)")
        parser.add_argument("--trainers", type=int, default=2, help="processes that train (fleet)")
        parser.add_argument("--minutes", type=float, default=10, help="how long there is trouble (chaos)")
        parser.add_argument("--full", action="store_true", help="more draws, for an hour or so (evidence)")

    def handle(self, *args: Any, **options: Any) -> None:
        at_hand = known()
        if not at_hand:
            raise CommandError("Benchmarks stand in benchmarks/ of the source; this installation has none.")
        if options["name"] not in at_hand:
            raise CommandError(f"There is no benchmark {options['name']}; there are {', '.join(sorted(at_hand))}.")
        module = importlib.import_module(at_hand[options["name"]])
        checks = module.run(options, lambda text: self.stderr.write(text))
        ok = all(check.ok for check in checks)
        result = {"benchmark": options["name"], "checks": [check.as_dict() for check in checks], "ok": ok}
        self.stdout.write(json.dumps(result))
        if not ok:
            raise CommandError("at least one target was missed", returncode=1)
