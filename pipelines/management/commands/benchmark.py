"""Measure one claim beside its reference; ends with one line of JSON on stdout."""

import importlib
import importlib.util
import json
import pkgutil
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

NOT_BENCHMARKS = {"checks", "rig"}


def names() -> list[str]:
    """List the benchmarks at hand; a production image has none."""
    if importlib.util.find_spec("benchmarks") is None:
        return []
    found = pkgutil.iter_modules(importlib.import_module("benchmarks").__path__)
    return sorted(module.name for module in found if module.name not in NOT_BENCHMARKS)


class Command(BaseCommand):
    help = "Measure one claim beside its reference: ingest, accuracy, orders, pages and so on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help=", ".join(names()))
        parser.add_argument("--data", help="folder of demand panels (accuracy) or of starts of the game (orders)")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--full", action="store_true", help="more draws, for an hour or so (evidence)")

    def handle(self, *args: Any, **options: Any) -> None:
        known = names()
        if not known:
            raise CommandError("Benchmarks stand in benchmarks/ of the source; this installation has none.")
        if options["name"] not in known:
            raise CommandError(f"There is no benchmark {options['name']}; there are {', '.join(known)}.")
        module = importlib.import_module(f"benchmarks.{options['name']}")
        checks = module.run(options, lambda text: self.stderr.write(text))
        ok = all(check.ok for check in checks)
        result = {"benchmark": options["name"], "checks": [check.as_dict() for check in checks], "ok": ok}
        self.stdout.write(json.dumps(result))
        if not ok:
            raise CommandError("at least one target was missed", returncode=1)
