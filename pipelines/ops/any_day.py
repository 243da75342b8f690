"""The days on which software breaks: the smoke run on each of them, and the tests on two."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from pipelines.ops.demo_settings import ROOT

SATURDAY = 5
SPREAD = ("--numprocesses", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
DAYS_OF_ORDERS, ORDERS_A_DAY, THINGS = 420, 14, 40
COLUMNS = ("invoice", "sku", "description", "qty", "ts", "price", "customer", "country")


@dataclass(frozen=True)
class Day:
    """A moment at which the demo, or the test suite, begins to live."""

    name: str
    at: str
    sells_on_saturdays: bool = True


SMOKE = (
    Day("Black Friday, 17:00 in New York", "2026-11-27T17:00-05:00"),
    Day("31 December, 23:58", "2027-12-31T23:58"),
    Day("29 February", "2028-02-29T09:00"),
    Day("two minutes before the store's clock goes forward", "2027-03-28T00:58"),
    Day("two minutes before the store's clock goes back", "2027-10-31T00:58"),
    Day("a Saturday of a shop that never sells on Saturdays", "2027-03-06T12:00", sells_on_saturdays=False),
)
TESTS = (SMOKE[0], SMOKE[2])


def run(folder: Path, say: Callable[[str], None]) -> list[str]:
    """Run everything on every day, in a folder for the one shop's orders; return what failed."""
    orders = folder / "no-saturdays.csv"
    write_orders(orders)
    failed = []
    for day in SMOKE:
        file = () if day.sells_on_saturdays else ("--orders", str(orders))
        if not passes(f"smoke: {day.name}", say, [sys.executable, "manage.py", "smoke", "--at", day.at, *file]):
            failed.append(f"smoke: {day.name}")
    for day in TESTS:
        tests = [sys.executable, "-m", "pytest", "-q", "-m", "not browser", *SPREAD]
        if not passes(f"tests: {day.name}", say, tests, TESTS_AT=day.at):
            failed.append(f"tests: {day.name}")
    return failed


def passes(name: str, say: Callable[[str], None], command: list[str], **variables: str) -> bool:
    """Run one command, its output with ours, and tell whether it went well."""
    say(f"--- {name}")
    return subprocess.run(command, cwd=ROOT, env=os.environ | variables).returncode == 0  # noqa: S603  our own


def write_orders(path: Path) -> None:
    """Write the orders of a shop that never sells on Saturdays."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(order_lines(random.Random(0)))  # the same orders every time


def order_lines(luck: random.Random) -> Iterator[tuple[object, ...]]:
    """Draw order lines, some things far more often than others."""
    first, wanted = date(2025, 1, 6), [1 / (1 + thing / 4) for thing in range(THINGS)]
    invoice = 1000
    for day in (first + timedelta(days=number) for number in range(DAYS_OF_ORDERS)):
        if day.weekday() == SATURDAY:
            continue
        for _ in range(ORDERS_A_DAY + luck.randint(-5, 5)):
            invoice += 1
            at = datetime(day.year, day.month, day.day, luck.randint(8, 20), luck.randint(0, 59))
            for thing in set(luck.choices(range(THINGS), wanted, k=luck.randint(1, 3))):
                price = 9.5 + thing
                yield (
                    invoice, f"SKU-{thing}", f"Thing {thing}", luck.randint(1, 2), at.isoformat(" "), price,
                    luck.randint(1, 900), "United Kingdom",
                )  # fmt: skip
