"""Ask a person about a version that says much more than else is to be expected, where what came does not bear it out.

What else is to be expected is what the version before it says of the same days, which knows the same season, holidays
and promotions; of a first version it is what came lately. A version that somebody is asked about is looked at as well,
before it runs. Nothing is taken back by this: a total may be right for a reason that nobody told us.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from pipelines import words
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence import paired
from pipelines.lifecycle.evidence.asked.said import asked_of, said_in
from pipelines.lifecycle.evidence.paired import Pair
from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.monitor import samples
from pipelines.models import Alert, ModelVersion, Release, Shop
from pipelines.stats.inference import level as stats
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, Level

LOOKS_BACK = 7  # days: what a version said before, it says no more
DAY = timedelta(days=1)
NEXT_STEP = (
    "Open the release: {way}, or leave it if you know why there will be so much more. Nothing is taken back by itself."
)


def are_watched(use_case: str) -> bool:
    """Tell whether a use case can say what was expected in all."""
    monitored = USE_CASES[use_case].monitored
    return bool(monitored and monitored.level)


def look(shop: Shop, use_case: str, facts: Frames, now: datetime) -> list[int]:
    """Tell of each version that says too much, and that it is over of others; return the numbers of these versions."""
    newest = freshness.newest_pull_at(shop)
    if newest is None or now - newest > freshness.LIMIT:
        return []
    apart = samples.days_apart(shop)
    found = {pair: too_high(pair, facts, apart) for pair in paired.pairs_of(shop, use_case)}
    doubtful = {pair: level for pair, level in found.items() if level}
    for pair, level in doubtful.items():
        tell(pair, level, now)
    keys = {key_of(pair.version) for pair in doubtful}
    open_ones = Alert.objects.open().for_shop(shop).filter(key__startswith=f"{board.LEVEL}{use_case}:")
    for key in open_ones.exclude(key__in=keys).values_list("key", flat=True):
        board.close(shop, key, now)
    return [pair.version.number for pair in doubtful]


def too_high(pair: Pair, facts: Frames, apart: set[date]) -> Level | None:
    """Give what a version said beside what came, where it is too much; its newest total is looked at first."""
    first = facts.asof - LOOKS_BACK * DAY
    origins = [origin for origin in pair.spoken() if origin >= first]
    if not origins:
        return None
    newest = level_of(pair, facts, [max(origins)])
    if newest.ahead < stats.LARGE * newest.usual_ahead:
        return None
    level = level_of(pair, facts, [each for each in origins if each == max(origins) or each + DAY not in apart])
    found = stats.evidence(level.came, level.said, level.usual, level.spread)
    return level if stats.is_too_high(found, level.ahead, level.usual_ahead) else None


def level_of(pair: Pair, facts: Frames, origins: list[date]) -> Level:
    """Let the use case set what a version said from some origins beside what the one before it did, and what came."""
    use_case = pair.version.use_case
    case = USE_CASES[use_case]
    assert case.monitored
    output, reads = said_in(use_case), asked_of(use_case).reads
    both = [frames.said(pair.shop, output, reads, version, origins) for version in ids_of(pair)]
    level: Level = case.function(case.monitored.level)(facts, *both)
    return level


def ids_of(pair: Pair) -> Iterator[int]:
    """Yield the version of a pair, and the one before it where there is one."""
    yield pair.version.pk
    if pair.against:
        yield pair.against.pk


def tell(pair: Pair, level: Level, now: datetime) -> None:
    """Say how much it expects, what else is to be expected, and what came of it so far."""
    version = pair.version
    release = version.releases.filter(phase__in=[*Release.OPEN, Release.Phase.LIVE]).order_by("pk").last()
    board.tell(
        pair.shop,
        key_of(version),
        title=f"{USE_CASES[version.use_case].title}: version {version.number} may expect "
        f"{words.number(level.ahead / max(level.usual_ahead, 1.0), 1)} times too much",
        text=told(pair, level),
        next_step=NEXT_STEP.format(way=way_back(release)),
        use_case=version.use_case,
        release=release,
        now=now,
    )


def told(pair: Pair, level: Level) -> str:
    """Set what is expected of the next weeks, and what was of the last days, beside each other."""
    other = f"version {pair.against.number}" if pair.against else "your last weeks"
    numbers = {name: words.number(value) for name, value in (("ahead", level.ahead), ("usual", level.usual_ahead))}
    days = words.counted(len(level.came), "day")
    said, usual, came = (words.number(sum(each)) for each in (level.said, level.usual, level.came))
    return (
        f"It expects {numbers['ahead']} units in the next 28 days; {other} would have it {numbers['usual']}. "
        f"Of the last {days} it had expected {said}, {other} {usual}; it was {came}."
    )


def way_back(release: Release | None) -> str:
    """Say what ends a version there: the way back where it runs, else a no."""
    return "go back there with one press" if release and release.phase == Release.Phase.LIVE else "turn it down there"


def key_of(version: ModelVersion) -> str:
    """Name what is told of a version."""
    return f"{board.LEVEL}{version.use_case}:{version.pk}"
