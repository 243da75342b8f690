"""Scenarios as options of a command: their names are the development store's, and so is when they begin."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.ops import clock

# The app imports nothing of the store; tests/ops compare these with devstore/scenarios.py.
BEGINS = dict.fromkeys(("calm", "drift", "bad-model", "stock-outs", "outage"), "2027-05-03T01:00") | {
    "black-friday": "2027-11-08T01:00"
}


def add_scenario(parser: ArgumentParser) -> None:
    """Let a command play a scenario."""
    parser.add_argument("--scenario", choices=BEGINS, help="what happens in the store while its clock runs")
    parser.add_argument("--days", type=int, help="how many days of it (default: the scenario's own)")


def begins_at(options: dict[str, Any], state: Path | None = None) -> datetime | None:
    """Return what the clock shows at the start: as asked, else a scenario's own day where the state is new."""
    asked: datetime | None = options["at"]
    if asked or not options["scenario"] or (state and (state / clock.FILE).exists()):
        return asked
    return clock.moment(BEGINS[options["scenario"]])
