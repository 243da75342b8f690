"""Whether the evidence that merchants are asked to trust keeps its promises: simulated rates beside what was promised.

A subject is a module here, or in the evidence folder of a use case's benchmarks, with `rows(quick) -> list[Row]`, told
one after the other; the suite runs the same functions on less. The short form of all subjects takes less than ten
minutes of one core.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from benchmarks import folders, modules_in
from benchmarks.checks import Check, Say

ABSENT = "not measured: there is no {folder} beside the project"


@dataclass(frozen=True)
class Row:
    """One simulated rate beside its promise; `holds` is None where it is only told, or could not be measured."""

    subject: str
    case: str
    measured: float | None
    promise: str
    holds: bool | None

    def __str__(self) -> str:
        rate = "-" if self.measured is None else f"{self.measured:.4g}"
        verdict = {True: "holds", False: "MISSED", None: ""}[self.holds]
        return f"{self.subject:10} {self.case:70} {rate:>9}  {self.promise:32} {verdict}".rstrip()


def at_most(subject: str, case: str, measured: float, limit: float) -> Row:
    """Return a row of a rate that may not be above its limit."""
    return Row(subject, case, measured, f"<= {limit:g}", measured <= limit)


def at_least(subject: str, case: str, measured: float, limit: float) -> Row:
    """Return a row of a rate that may not be below its limit."""
    return Row(subject, case, measured, f">= {limit:g}", measured >= limit)


def told(subject: str, case: str, measured: float) -> Row:
    """Return a row of a rate that is printed and not promised."""
    return Row(subject, case, measured, "told, not promised", None)


def absent(subject: str, case: str, folder: str) -> Row:
    """Return a row that says which data is not here."""
    return Row(subject, case, None, ABSENT.format(folder=folder), None)


def real_data(name: str) -> Path | None:
    """Return a folder of the real data beside the project, or nothing where it is not here."""
    folder = Path(settings.BASE_DIR).parent / "shared" / "data" / name
    return folder if folder.is_dir() else None


def subjects() -> Iterator[tuple[str, Callable[[bool], list[Row]]]]:
    """Yield what is simulated, by name."""
    for name, module in sorted(modules_in(__name__, *(f"{folder}.evidence" for folder in folders()))):
        yield name, importlib.import_module(module).rows


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Simulate every subject, print each rate beside its promise, and return the rates as checks."""
    found = []
    for name, rows in subjects():
        say(f"{name} …")
        for row in rows(not options["full"]):
            say(str(row))
            found.append(row)
    return [as_check(row) for row in found]


def as_check(row: Row) -> Check:
    """Put a row into the form of the other benchmarks."""
    return Check(f"{row.subject}: {row.case}", row.measured, "share", target=row.promise, ok=row.holds is not False)
