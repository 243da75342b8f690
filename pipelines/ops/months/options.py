"""Scenarios as options of a command: their names are the development store's, and so is when they begin."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.ops import clock

# Scenarios are the store's: it knows their names, and what a store is made of for each. Only when one begins stands
# here, since the clock is set before the store is made; tests/ops compare it with devstore/scenarios.py.
USUALLY, BEGINS = "2027-05-03T01:00", {"black-friday": "2027-11-08T01:00"}


def add_scenario(parser: ArgumentParser) -> None:
    """Let a command play a scenario."""
    told = "what happens in the store while its clock runs; devstore/README.md names what can"
    parser.add_argument("--scenario", metavar="NAME", help=told)
    parser.add_argument("--days", type=int, help="how many days of it (default: the scenario's own)")


def begins_at(options: dict[str, Any], state: Path | None = None) -> datetime | None:
    """Return what the clock shows at the start: as asked, else a scenario's own day where the state is new."""
    asked: datetime | None = options["at"]
    if asked or not options["scenario"] or (state and (state / clock.FILE).exists()):
        return asked
    return clock.moment(begins(options["scenario"]))


def begins(scenario: str) -> str:
    """Say on which day a scenario plays where nobody says otherwise."""
    return BEGINS.get(scenario, USUALLY)
