"""How the machine itself did in a month, in a merchant's words: what worked, what alarmed, how new versions came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pipelines import words

Told = Mapping[str, Any]
Row = tuple[str, str, str]  # what, how much, of what
SHARES = {
    "availability": "Visitors who got an answer",
    "answered_share": "Answered by the version that was meant to, in time",
    "fallback_share": "Answered by the simple rule instead",
}


def rows(report: Told) -> list[Row]:
    """List what worked and what did not."""
    uptime = report["uptime"]
    told = [row for model in uptime["models"] for row in of_model(model)]
    return [*told, stale(uptime["stale_minutes"]), *alarms(report["alarms"])]


def near(report: Told) -> list[Row]:
    """Say how near answers came over 28 days in all, beside the simple rule; a report of before knows none."""
    return [row for found in report.get("near", []) for row in of_28_days(found)]


def of_28_days(found: Told) -> Iterator[Row]:
    """Say it of one model."""
    name, rule = found["title"], found["simple_rule"]
    first, last = date.fromisoformat(found["first"]), date.fromisoformat(found["last"])
    days = words.day_range(first, last, last)
    of = f"of what happened from {days}, each of {words.number(found['n'])} {found['units']}"
    yield f"{name}: error of 28 days in all", words.exact_percent(found["value"]), of
    yield f"{name}: the same, {rule}", words.exact_percent(found["rule"]), of
    less = found["less"]
    if less is None:
        yield f"{name}: missed less, day by day", words.UNKNOWN, "too few days could be judged"
        return
    span = f"{words.exact_percent(less['low'])} to {words.exact_percent(less['high'])}"
    yield (
        f"{name}: missed less, day by day",
        words.exact_percent(less["value"]),
        f"{span} (19 of 20 times), if {less['n']} days have nothing to do with each other",
    )


def of_model(model: Told) -> list[Row]:
    """Say how one model did its work."""
    name, told = model["title"], []
    if model["is_asked"]:
        told = [(f"{name}: {title}", *share(model[key])) for key, title in SHARES.items()]
        told.append((f"{name}: Nothing heard where visitors should have asked", *silence(model.get("silent_hours"))))
    else:
        days = model["answered_days"]
        said = (words.UNKNOWN, "not measured") if days is None else (f"{days[0]} of {days[1]}", "days measured")
        told = [(f"{name}: days with a sound answer", *said)]
    began = count(model["drifts"], "feature", "began to differ from usual, freezes left out")
    grew = count(model["decays"], "version", "grew worse than its past explains")
    return [*told, (f"{name}: drift", *began), (f"{name}: decay", *grew)]


def count(found: int | None, noun: str, of: str) -> tuple[str, str]:
    """Write a count; of what nobody watched there is none."""
    return (words.UNKNOWN, "not measured") if found is None else (words.counted(found, noun), of)


def share(found: Told | None) -> tuple[str, str]:
    """Write a share with what it is a share of."""
    if found is None:
        return words.UNKNOWN, "not measured"
    return words.exact_percent(found["value"]), f"of {words.counted(found['n'], 'visit')}, hour by hour"


def silence(hours: list[int] | None) -> tuple[str, str]:
    """Say in how many hours a door was not heard of."""
    if hours is None:
        return words.UNKNOWN, "not measured"
    return words.counted(hours[0], "hour"), f"of {words.number(hours[1])} in which somebody asked or should have"


def stale(minutes: int | None) -> Row:
    """Say for how long the data was too old to act on."""
    if minutes is None:
        return "Data too old to act on", words.UNKNOWN, "no reading of your orders yet"
    return "Data too old to act on", words.counted(minutes, "minute"), "older than 26 hours"


def alarms(found: Told) -> list[Row]:
    """Set alarms beside what false ones were promised to be."""
    budget = f"at most {words.number(found['budget'], 2)} a month were to be expected"
    return [
        ("Alarms about models", words.counted(found["opened"], "alarm"), f"{found['open']} still open"),
        ("Alarms with nothing behind them", words.counted(found["unfounded"], "alarm"), budget),
    ]


def delivery(found: Told) -> list[Row]:
    """Say how new versions reached the shop in the last ninety days."""
    return [
        ("Versions that went live", rate(found["a_week"]), counted(found["a_week"], "version")),
        ("From the data to live", span(found["lead_seconds"]), counted(found["lead_seconds"], "version")),
        ("Versions that were taken back", percent(found["failed_share"]), counted(found["failed_share"], "version")),
        (
            "From first shown to taken back",
            span(found["restore_seconds"]),
            counted(found["restore_seconds"], "version"),
        ),
    ]


def counted(figure: Told, noun: str) -> str:
    """Say what a figure counts."""
    return f"of {words.counted(figure['n'], noun)} in 90 days" if figure["n"] else "none in 90 days"


def rate(figure: Told) -> str:
    """Write how often something happens."""
    return words.UNKNOWN if figure["value"] is None else f"{words.number(figure['value'], 1)} a week"


def span(figure: Told) -> str:
    """Write how long something takes, half of the time at most."""
    return words.UNKNOWN if figure["value"] is None else words.duration(max(1.0, figure["value"]))


def percent(figure: Told) -> str:
    """Write a share."""
    return words.percent(figure["value"])
