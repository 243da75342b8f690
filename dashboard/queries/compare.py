"""Two versions of a model side by side: which earned more, what differs, and once what does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from dashboard.queries.evidence import worth_of
from dashboard.queries.lived import beside
from dashboard.queries.versions import NEWEST, STATES, cost_of, figures, members, reasons
from dashboard.templatetags.words import short_digest
from pipelines import words
from pipelines.models import ModelVersion, Shop
from pipelines.usecases import USE_CASES

CHECKS = {"passed": "passed", "failed": "not passed", "open": "not decided"}
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Cell:
    """What stands in one line: a value, and a range or other small print under it."""

    value: str
    note: str = ""

    @property
    def shown(self) -> str:
        return NOT_KNOWN if self.value in (words.UNKNOWN, "") else self.value


@dataclass(frozen=True)
class Line:
    """One thing in which two versions may differ."""

    name: str
    left: Cell
    right: Cell

    @property
    def is_same(self) -> bool:
        return (self.left.shown, self.left.note) == (self.right.shown, self.right.note)


@dataclass(frozen=True)
class Part:
    """Lines that belong together."""

    title: str
    lines: list[Line]
    is_technical: bool = False  # for those who build such models; a decision does not need it

    @property
    def differing(self) -> list[Line]:
        return [line for line in self.lines if not line.is_same]

    @property
    def same(self) -> str:
        """Say in one sentence what both have in common."""
        told: dict[str, list[str]] = {}
        for line in self.lines:
            if line.is_same:
                said = f"{line.left.shown} ({line.left.note})" if line.left.note else line.left.shown
                told.setdefault(said, []).append(line.name)
        return "; ".join(f"{', '.join(names)}: {said}" for said, names in told.items())


@dataclass(frozen=True)
class Earned:
    """Which of two versions earned more in the replay, and whether that is proven."""

    sentence: str
    is_proven: bool = False
    is_harm: bool = False


@dataclass(frozen=True)
class ComparePage:
    """Two versions side by side."""

    title: str
    slug: str
    left: ModelVersion
    right: ModelVersion
    earned: Earned
    parts: list[Part]
    numbers: list[int]

    @property
    def is_one(self) -> bool:
        return self.left.pk == self.right.pk

    @property
    def differing(self) -> list[Part]:
        return [part for part in self.parts if part.differing and not part.is_technical]

    @property
    def same(self) -> list[Part]:
        return [part for part in self.parts if part.same and not part.is_technical]

    @property
    def differs_technically(self) -> bool:
        return any(part.differing for part in self.technical)

    @property
    def technical(self) -> list[Part]:
        return [part for part in self.parts if part.is_technical and part.lines]

    @property
    def verdict(self) -> str:
        """Say in a heading whether anything differs."""
        if self.differing:
            return "What differs"
        return "Only technical details differ" if self.differs_technically else "Nothing differs"


def compare_page(shop: Shop, left: ModelVersion, right: ModelVersion) -> ComparePage:
    """Read two versions of the same model."""
    known = ModelVersion.objects.for_shop(shop).filter(use_case=left.use_case).order_by("-number")
    numbers = set(known.values_list("number", flat=True)[:NEWEST]) | {left.number, right.number}
    return ComparePage(
        title=USE_CASES[left.use_case].title,
        slug=left.use_case,
        left=left,
        right=right,
        earned=measured(left, right) or earned(left, right, shop.currency),
        parts=list(parts_of(left, right, shop)),
        numbers=sorted(numbers, reverse=True),
    )


# Which earned more


def measured(left: ModelVersion, right: ModelVersion) -> Earned | None:
    """Say what was measured where one ran beside the other: it goes before any replay."""
    for newer, older in ((right, left), (left, right)):
        if told := beside(newer, older):
            said = f"{told.heading}, beside version {older.number}: {told.effect}"
            return Earned(said, told.is_proven, told.is_proven and told.is_less)
    return None


def earned(left: ModelVersion, right: ModelVersion, currency: str) -> Earned:
    """Say which earned more in the replay of the shop's past: directly where one was set against the other."""
    if left.pk == right.pk:
        return Earned(f"This is version {left.number} twice. Choose another one to compare it with.")
    for newer, older in ((right, left), (left, right)):
        groups = (newer.replay.get("versus") or {}).get("champion")
        if groups and newer.metrics.get("compared_with") == older.number:
            return directly(newer, older, groups[0], currency)
    return by_the_simple_rule(left, right, currency)


def directly(newer: ModelVersion, older: ModelVersion, found: dict[str, Any], currency: str) -> Earned:
    """Compare two versions that were replayed together over the same weeks."""
    said = more(newer, older, found["profit"], currency)
    weeks = words.counted(newer.replay.get("weeks"), "week")
    told = f"{said} in the replay of the same {weeks}"
    interval = found["interval"]
    if not interval:
        return Earned(f"{told}. Not proven: too few weeks for a range.")
    span = spread(interval if found["profit"] >= 0 else [-interval[1], -interval[0]], currency)
    if interval[0] <= 0 <= interval[1]:
        return Earned(f"{told}, very likely {span}. Not proven: the range includes zero.")
    if newer.replay.get("thin"):
        return Earned(f"{told}, very likely {span}. Not proven: {thin_because(newer)}.")
    return Earned(f"{told}, very likely {span}. That is proven on your past.", is_proven=True)


def by_the_simple_rule(left: ModelVersion, right: ModelVersion, currency: str) -> Earned:
    """Compare two versions that were each replayed beside the simple rule only."""
    for version in (left, right):
        if worth_of(version.replay).profit is None:
            reason = f": {version.replay['reason']}" if version.replay.get("reason") else ""
            return Earned(
                f"Which earned more cannot be told: version {version.number} was not replayed{reason}".rstrip(".") + "."
            )
    ours, theirs = worth_of(right.replay), worth_of(left.replay)
    difference = (ours.profit or 0) - (theirs.profit or 0)
    said = f"{more(right, left, difference, currency)}, each measured against the simple rule"
    if weeks_of(left) != weeks_of(right):
        return Earned(f"{said}. Not proven: they were replayed over different weeks, which is no fair race.")
    thin = next((version for version in (right, left) if version.replay.get("thin")), None)
    if not ours.interval or not theirs.interval or thin:
        return Earned(f"{said}. Not proven: {thin_because(thin)}.")
    if max(ours.interval[0], theirs.interval[0]) <= min(ours.interval[1], theirs.interval[1]):
        return Earned(f"{said}. Not proven: what each is worth very likely lies in ranges that overlap.")
    return Earned(
        f"{said} over the same weeks. That is proven on your past: their ranges do not overlap.", is_proven=True
    )


def thin_because(version: ModelVersion | None) -> str:
    """Say why what was replayed can prove nothing."""
    because: str = version.replay.get("thin_because", "") if version else ""
    return because or "the history is too short for a proof"


def more(newer: ModelVersion, older: ModelVersion, profit: int, currency: str) -> str:
    """Say which of two earned how much more."""
    if not profit:
        return f"Versions {newer.number} and {older.number} earned the same"
    best, other = (newer, older) if profit > 0 else (older, newer)
    return f"Version {best.number} earned {words.money(abs(profit), currency)} more than version {other.number}"


def spread(interval: list[int], currency: str) -> str:
    """Say a range of what was earned more; both ends carry their word where they differ."""
    low, high = interval
    if low < 0 < high:
        return f"between {words.money(-low, currency)} less and {words.money(high, currency)} more"
    near, far = sorted((abs(low), abs(high)))
    return f"between {words.money(near, currency)} and {words.money(far, currency)} more"


def weeks_of(version: ModelVersion) -> tuple[Any, Any]:
    """Name the weeks over which a version was replayed."""
    return version.replay.get("first_day"), version.replay.get("weeks")


# What differs


def parts_of(left: ModelVersion, right: ModelVersion, shop: Shop) -> Iterator[Part]:
    """Lay out everything that is known of both."""
    today = timezone.localdate(timezone=shop.zone)
    for title, told in (
        ("Replay in money", lambda version: replay_of(version, shop.currency, today)),
        ("Checks", checks_of),
        ("Methods", lambda version: cells(members(version))),
        ("Data", lambda version: data_of(version, today)),
        ("Size and speed", lambda version: cells(cost_of(version))),
        ("State", state_of),
    ):
        yield Part(title, lines(told(left), told(right)))
    for title, told in (("Errors on past weeks", errors_of), ("Recipe", recipe_of), ("Made with", made_with)):
        yield Part(title, lines(told(left), told(right)), is_technical=True)


def cells(told: list[tuple[str, str]]) -> dict[str, Cell]:
    """Write each thing that is told into a cell."""
    return {name: Cell(value) for name, value in told}


def lines(left: dict[str, Cell], right: dict[str, Cell]) -> list[Line]:
    """Put what is known of two versions side by side; what one lacks is not known."""
    nothing = Cell(words.UNKNOWN)
    return [Line(name, left.get(name, nothing), right.get(name, nothing)) for name in dict.fromkeys([*left, *right])]


def replay_of(version: ModelVersion, currency: str, today: date) -> dict[str, Cell]:
    """Give what the replay of the shop's past found, in money."""
    worth, replay = worth_of(version.replay), version.replay
    policy = (replay.get("policies") or {}).get("candidate") or {}
    span = words.less_range(worth.interval[0], worth.interval[1], currency) if worth.interval else ""
    told = {"Costs against the simple rule": Cell(words.less(worth.profit, currency), span)}
    told["Weeks replayed"] = Cell(weeks_in_words(replay, today))
    named = USE_CASES[version.use_case].words.page.costs
    return told | {name: Cell(words.money(policy.get(key), currency)) for key, name in named.items()}


def weeks_in_words(replay: dict[str, Any], today: date) -> str:
    """Say which weeks were replayed."""
    if not replay.get("weeks"):
        return words.UNKNOWN
    count = words.counted(replay["weeks"], "week")
    if not replay.get("first_day"):
        return count
    first = date.fromisoformat(replay["first_day"])
    return f"{count}, {words.day_range(first, first + timedelta(days=7 * replay['weeks'] - 1), today)}"


def errors_of(version: ModelVersion) -> dict[str, Cell]:
    """Give how far off the version was."""
    return {name: Cell(ours) for name, ours, _ in figures(version)}


def checks_of(version: ModelVersion) -> dict[str, Cell]:
    """Give how each check ended."""
    return {gate["name"]: Cell(CHECKS.get(gate["verdict"], gate["verdict"])) for gate in version.gates}


def recipe_of(version: ModelVersion) -> dict[str, Cell]:
    """Give the settings that it was trained with, and why methods took part."""
    settings = {name.replace("_", " ").capitalize(): Cell(str(value)) for name, value in version.recipe.items()}
    return settings | cells(reasons(version))


def data_of(version: ModelVersion, today: date) -> dict[str, Cell]:
    """Give what it learned from."""
    seen = version.dataset
    return {
        "Sales from": Cell(words.day(seen.first_day, today)),
        "Sales until": Cell(words.day(seen.last_day, today)),
        "Units sold": Cell(words.number(seen.units)),
    }


def made_with(version: ModelVersion) -> dict[str, Cell]:
    """Give the data and the files by their digests, the code and the libraries."""
    made, seen = version.lineage, version.dataset
    pinned = {
        "Digest of the data": short_digest(seen.digest),
        "Series": words.number(seen.series),
        "Digest of the learned files": short_digest(version.content_digest),
    }
    told = {"Code": made.get("code_revision"), "Image": made.get("image_digest"), "Python": made.get("python")}
    return {
        name: Cell(str(value or words.UNKNOWN)) for name, value in (pinned | told | made.get("libraries", {})).items()
    }


def state_of(version: ModelVersion) -> dict[str, Cell]:
    """Give what was decided of it, and what people wrote."""
    return {
        "State": Cell(STATES[version.state].words),
        "Tags": Cell(", ".join(version.tags) or "none"),
    }
