"""A record is known by its values, as a frozen dataclass is; only the type checker keeps anybody from changing one."""

from __future__ import annotations

from dataclasses import replace

from pipelines.records import record


@record(frozen=True, slots=True)
class Point:
    across: int
    down: int = 0


def test_records_are_compared_and_found_by_their_values() -> None:
    assert Point(1) == Point(1, 0) != Point(1, 2) and {Point(1): "here"}[replace(Point(5), across=1)] == "here"
    assert not hasattr(Point(1), "__dict__")
