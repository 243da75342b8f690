"""The checks of a version, as pure functions of what its training stored and of what its use case asks for.

A missing figure, NaN or infinity leaves a check open: what was not measured never passes. A difference to what runs
now, or to the simple rule in a part of the shop, refuses only where the spread over past origins says that chance does
not explain it (decision 22); a difference of money only where its whole range says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from scipy.stats import binom, t

from pipelines.usecases.contract import Budget, Calibration, Gates, Limit, Slice, UseCase, Words

CANDIDATE, CHAMPION = "candidate", "champion"
LEAST_SERIES = 5  # a part of the shop with fewer has no average worth judging
LEVEL = 0.95


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"  # not proven, or not measured


@dataclass(frozen=True)
class Gate:
    """One check of a version, in words that a merchant can read, with its figure, its limit and what it was beside."""

    name: str
    verdict: Outcome
    text: str
    value: Any = None
    threshold: Any = None
    compared: Any = None


@dataclass(frozen=True)
class Measured:
    """What the training of a version stored, beside what its use case asks for.

    `live` is the number of the version that runs now: a comparison with another one, or with none, proves nothing.
    """

    use_case: UseCase
    metrics: Mapping[str, Any]
    replay: Mapping[str, Any]
    live: int | None = None

    @property
    def asked(self) -> Gates:
        """Give what the use case asks for."""
        return self.use_case.gates

    @property
    def words(self) -> Words:
        """Give the words of the use case."""
        return self.use_case.words

    @property
    def errors(self) -> str:
        """Name what the first metric counts, at the beginning of a sentence."""
        return self.words.errors.capitalize()

    @property
    def names_live(self) -> bool:
        """Say whether training compared with what runs now."""
        return self.metrics.get("compared_with") == self.live

    @property
    def rule(self) -> str:
        """Give the simple rule that a version is held to: the strongest on this shop's past, where training chose."""
        return str(self.metrics.get("simple_rule") or self.asked.baseline)

    @property
    def rule_words(self) -> str:
        """Name that rule in brackets, where training did."""
        words = self.metrics.get("simple_rule_words")
        return f" ({words})" if words else ""

    @property
    def is_thin(self) -> bool:
        """Say whether the history is too short to prove anything."""
        return self.metrics.get("evidence") == "thin"


def gates_of(measured: Measured) -> list[Gate]:
    """Run every check that needs nothing but stored figures."""
    return [
        no_leak(measured),
        better_than_the_simple_rule(measured),
        *(within(limit, measured) for limit in measured.asked.limits),
        *([covers(measured.asked.calibration, measured)] if measured.asked.calibration else []),
        not_worse_than_live(measured),
        *slices(measured),
        quick_and_small(measured.asked.budget, measured.metrics.get("serving")),
        worth_money(measured),
        not_worth_less_than_live(measured),
    ]


# Learning without the future


def split_in_time(metrics: Mapping[str, Any], last_day: date) -> bool | None:
    """Say whether every scored day lay after what it was told from, and was over; None where nothing was scored."""
    origins, horizon = metrics.get("origins"), number(metrics, "horizon")
    if not origins or horizon is None or horizon < 1:
        return None
    return max(date.fromisoformat(origin) for origin in origins) + timedelta(days=int(horizon)) <= last_day


def no_leak(measured: Measured) -> Gate:
    """Check by trial that later days change nothing in what would have been said before them."""
    name = "Blind to the future"
    rows, changed = (number(measured.metrics, "leakage", key) for key in ("rows", "changed"))
    if not rows or changed is None:
        return Gate(name, Outcome.OPEN, "Not tried whether days to come change what is said about an earlier one.")
    if changed > 0:
        text = "Days to come change what it says about an earlier day, so its record on the past proves nothing."
        return Gate(name, Outcome.FAILED, text, changed, 0, rows)
    text = "Asked about an earlier day, it says the same with and without the days since."
    return Gate(name, Outcome.PASSED, text, changed, 0, rows)


# Errors


def better_than_the_simple_rule(measured: Measured) -> Gate:
    """Check the primary metric against the plain rule's."""
    name = measured.words.beats_the_simple_rule
    ours, naive = primary(measured, CANDIDATE), primary(measured, measured.rule)
    change = worsening(measured, ours, naive)
    if change is None:
        return Gate(name, Outcome.OPEN, f"{measured.words.too_few} to compare with a simple rule.", ours, 0, naive)
    if change < 0:
        size = f"{100 * -change:.0f}" if change <= -0.01 else "less than 1"
        text = f"{measured.errors} are {size} % smaller than the best simple rule's{measured.rule_words}."
        return Gate(name, Outcome.PASSED, text, change, 0, naive)
    text = f"{measured.errors} are not smaller than those of the best simple rule{measured.rule_words}"
    beyond = mean_range(origin_changes(measured, "all", measured.rule))
    if beyond is None:
        told = f"{text}, but too few past weeks were tried to tell that from chance."
        return Gate(name, Outcome.OPEN, told, change, 0, naive)
    if beyond[0] <= 0:
        told = f"{text}, and months differ enough for chance to explain it."
        return Gate(name, Outcome.OPEN, told, change, 0, naive)
    return Gate(name, Outcome.FAILED, f"{text}, so it is not worth its trouble.", change, 0, naive)


def within(limit: Limit, measured: Measured) -> Gate:
    """Check one figure against its bounds; refuse only where its whole range lies outside."""
    value, bounds = number(measured.metrics, CANDIDATE, limit.figure), [limit.low, limit.high]
    if value is None:
        return Gate(limit.name, Outcome.OPEN, limit.unknown, None, bounds)
    text = limit.words.format(percent=100 * abs(value), side="high" if value > 0 else "low")
    if limit.low <= value <= limit.high:
        return Gate(limit.name, Outcome.PASSED, text, value, bounds)
    if may_be_chance(limit, measured):
        told = f"{text} Its range reaches into the limit: chance may explain it."
        return Gate(limit.name, Outcome.OPEN, told, value, bounds)
    return Gate(limit.name, Outcome.FAILED, text, value, bounds)


def may_be_chance(limit: Limit, measured: Measured) -> bool:
    """Say whether a figure within its bounds would explain what was seen; a thin history tells nothing."""
    known = measured.metrics.get(limit.spread) if limit.spread else None
    if known is None:
        return measured.is_thin
    low, high = known
    return bool(low <= limit.high and high >= limit.low)


def covers(asked: Calibration, measured: Measured) -> Gate:
    """Check that a quantile covers what it promises: in a binomial band, else beyond chance over the origins."""
    level, low = 100 * asked.level, 100 * asked.low
    name = asked.name.format(level=level)
    pairs = counted_pairs(measured.metrics.get("covered"))
    hits, trials = sum(hit for hit, _ in pairs), sum(of for _, of in pairs)
    if not trials:
        return Gate(name, Outcome.OPEN, asked.unknown, None, asked.low)
    share = hits / trials
    text = asked.words.format(level=level, percent=100 * share, low=low)
    if share >= asked.low or hits >= binom.ppf((1 - LEVEL) / 2, trials, asked.level):
        return Gate(name, Outcome.PASSED, text, share, asked.low, trials)
    worst = mean_range([asked.low - hit / of for hit, of in pairs if of])
    if worst is None or worst[0] <= 0:
        told = f"{text} Months differ enough for chance to explain it."
        return Gate(name, Outcome.OPEN, told, share, asked.low, trials)
    return Gate(name, Outcome.FAILED, text, share, asked.low, trials)


# Beside what runs now


def not_worse_than_live(measured: Measured) -> Gate:
    """Check the primary metric against the live version's, in all."""
    name = f"No larger {measured.words.errors} than what runs now"
    limit = measured.asked.worse_in_all
    if measured.live is None:
        return Gate(
            name, Outcome.PASSED, "The simple rule runs now: there is no version to be worse than.", None, limit
        )
    ours, theirs = primary(measured, CANDIDATE), primary(measured, CHAMPION)
    change = worsening(measured, ours, theirs)
    if change is None or not measured.names_live:
        text = f"Version {measured.live}, which runs now, could not be compared with."
        return Gate(name, Outcome.OPEN, text, None, limit, measured.live)
    value = {"relative": change, "absolute": (ours or 0.0) - (theirs or 0.0)}
    text = f"{measured.errors} are {size_of(change)} those of version {measured.live}, which runs now."
    verdict = judged(change, limit, origin_changes(measured, "all", CHAMPION))
    return Gate(name, verdict, f"{text}{DOUBT[verdict]}", value, limit, theirs)


def slices(measured: Measured) -> Iterator[Gate]:
    """Check each part of the shop that is large enough, against the simple rule and against what runs now."""
    for part in measured.asked.slices:
        known = number(part_of(measured, part).get(CANDIDATE, {}), "series")
        if known is not None and known < LEAST_SERIES:
            continue
        yield slice_gate(measured, part, measured.rule, "the best simple rule")
        if measured.live is not None:
            yield slice_gate(measured, part, CHAMPION, "what runs now")


def slice_gate(measured: Measured, part: Slice, who: str, words: str) -> Gate:
    """Check the primary metric of one part of the shop."""
    name, limit = f"{part.title.capitalize()} beside {words}", measured.asked.worse_in_a_slice
    metric = measured.use_case.primary_metric.name
    ours, theirs = (number(part_of(measured, part), whose, metric) for whose in (CANDIDATE, who))
    change = worsening(measured, ours, theirs)
    if change is None or (who == CHAMPION and not measured.names_live):
        return Gate(
            name, Outcome.OPEN, f"{measured.errors} of {part.title} could not be compared.", None, limit, theirs
        )
    verdict = judged(change, limit, origin_changes(measured, part.key, who))
    text = f"{measured.errors} of {part.title} are {size_of(change)} those of {words}.{DOUBT[verdict]}"
    return Gate(name, verdict, text, {"relative": change, "absolute": (ours or 0.0) - (theirs or 0.0)}, limit, theirs)


DOUBT = {
    Outcome.PASSED: "",
    Outcome.OPEN: " That is over the limit, and months differ enough for chance to explain it.",
    Outcome.FAILED: " That is over the limit, and more than chance explains.",
}


def judged(change: float, limit: float, by_origin: Sequence[float]) -> Outcome:
    """Pass what is within the limit; refuse what is over it where the range over origins lies wholly above none."""
    if change <= limit:
        return Outcome.PASSED
    known = mean_range(by_origin)
    return Outcome.FAILED if known is not None and known[0] > 0 else Outcome.OPEN


def size_of(change: float) -> str:
    """Say a relative change of errors in words.

    >>> size_of(0.123), size_of(-0.2), size_of(0.001)
    ('12 % larger than', '20 % smaller than', 'as large as')
    """
    size = f"{100 * abs(change):.0f}"
    return "as large as" if size == "0" else f"{size} % {'larger' if change > 0 else 'smaller'} than"


# Speed, size and money


def quick_and_small(budget: Budget, serving: Any) -> Gate:
    """Check what loading and answering once took, and how large the files are."""
    name = "Quick and small enough"
    seconds, units, size = (number({"serving": serving}, "serving", key) for key in ("seconds", "units", "bytes"))
    if seconds is None or units is None or size is None:
        return Gate(name, Outcome.OPEN, "Not measured how long an answer takes.", None)
    allowed = budget.seconds + budget.seconds_per_thousand * units / 1000
    text = f"One answer took {seconds:.1f} seconds (limit: {allowed:.0f}) and its files {weight(size)}"
    text += f" (limit: {weight(budget.bytes)})."
    verdict = Outcome.PASSED if seconds <= allowed and size <= budget.bytes else Outcome.FAILED
    value, limits = {"seconds": seconds, "bytes": size}, {"seconds": allowed, "bytes": budget.bytes}
    return Gate(name, verdict, text, value, limits, units)


def weight(size: float) -> str:
    """Say how large files are, to a tenth.

    >>> weight(132), weight(23_400), weight(430_000), weight(50_000_000)
    ('0.1 kB', '23.4 kB', '0.4 MB', '50.0 MB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def worth_money(measured: Measured) -> Gate:
    """Check the replayed profit against the simple rule's, with its interval."""
    name, replay, acting = "Worth money on your own past", measured.replay, measured.words.acting
    verdict, known = str(replay.get("verdict", "not_measured")), profit_change(replay, "naive")
    if verdict == "worse":
        text = f"{acting} would have earned less than the best simple rule, over the whole range."
        return Gate(name, Outcome.FAILED, text, known, 0)
    if verdict == "not_measured" or known is None:
        text = f"Not measured: {replay.get('reason') or 'the history is too short.'}"
        return Gate(name, Outcome.OPEN, text, known, 0)
    if verdict == "better" and known["interval"][0] > 0:
        text = f"{acting} would have earned more than the best simple rule, over the whole range."
        return Gate(name, Outcome.PASSED, text, known, 0)
    because = "the range of what it would have earned includes zero"
    if known["interval"][0] > 0 or known["interval"][1] < 0:
        because = replay.get("thin_because") or "the evidence is thin"
    return Gate(name, Outcome.OPEN, f"Not proven: {because}.", known, 0)


def not_worth_less_than_live(measured: Measured) -> Gate:
    """Check the replayed profit against the live version's: a sure loss refuses, a surely small one passes."""
    name = "Worth no less than what runs now"
    if measured.live is None:
        return Gate(name, Outcome.PASSED, "The simple rule runs now: see the check before this one.", None)
    known, acting = profit_change(measured.replay, CHAMPION), measured.words.acting
    cost = number(measured.replay, "policies", CHAMPION, "cost_of_errors")
    if known is None or cost is None or not measured.names_live:
        text = f"Not measured beside version {measured.live}, which runs now."
        return Gate(name, Outcome.OPEN, text, known, None, measured.live)
    least = -measured.asked.money_margin * cost
    low, high = known["interval"]
    if high < 0 and not measured.replay.get("thin"):
        text = f"{acting} would have earned less than by version {measured.live}, over the whole range."
        return Gate(name, Outcome.FAILED, text, known, least, measured.live)
    if low >= least:
        text = f"{acting} would have earned as much as by version {measured.live}, or more."
        return Gate(name, Outcome.PASSED, text, known, least, measured.live)
    text = f"Not proven: it may earn noticeably less than version {measured.live}, which runs now."
    return Gate(name, Outcome.OPEN, text, known, least, measured.live)


def profit_change(replay: Mapping[str, Any], policy: str) -> dict[str, Any] | None:
    """Read the replayed profit beside another policy's with its interval; nothing where either is missing."""
    groups = replay.get("versus", {}).get(policy) or [{}]
    interval = [number({"bound": bound}, "bound") for bound in groups[0].get("interval") or ()]
    profit = number(groups[0], "profit")
    if profit is None or len(interval) != 2 or None in interval:
        return None
    return {"profit": profit, "interval": interval}


# Figures


def primary(measured: Measured, who: str) -> float | None:
    """Read the primary metric of one of those compared."""
    return number(measured.metrics, who, measured.use_case.primary_metric.name)


def part_of(measured: Measured, part: Slice) -> Mapping[str, Any]:
    """Read the figures of one part of the shop: some of its units, or some of its days."""
    kinds = (measured.metrics.get(kind, {}) for kind in ("slices", "days"))
    return next((known[part.key] for known in kinds if part.key in known), {})


def worsening(measured: Measured, ours: float | None, theirs: float | None) -> float | None:
    """Give how much worse we are, relative to the other; nothing where that is not defined."""
    if ours is None or theirs is None or theirs <= 0:
        return None
    change = ours / theirs - 1
    return change if measured.use_case.primary_metric.lower_is_better else -change


def origin_changes(measured: Measured, which: str, who: str) -> list[float]:
    """Give how much worse we were, origin by origin."""
    by_name = measured.metrics.get("by_origin", {}).get(which, {})
    pairs = zip(by_name.get(CANDIDATE, ()), by_name.get(who, ()), strict=False)
    known = (worsening(measured, number({"a": a}, "a"), number({"b": b}, "b")) for a, b in pairs)
    return [change for change in known if change is not None]


def mean_range(values: Sequence[float]) -> tuple[float, float] | None:
    """Give the 95 % range of a mean over origins (Student's t), to the millionth; nothing with fewer than two.

    >>> mean_range([0.1, 0.1, 0.1]), mean_range([0.1])
    ((0.1, 0.1), None)
    """
    count = len(values)
    if count < 2:
        return None
    mean = math.fsum(values) / count
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    reach = float(t.ppf((1 + LEVEL) / 2, count - 1)) * spread / math.sqrt(count)
    return round(mean - reach, 6), round(mean + reach, 6)


def counted_pairs(stored: Any) -> list[tuple[float, float]]:
    """Read hits and trials by origin; what is not a pair of numbers does not count."""
    pairs = []
    for pair in stored or ():
        hit, of = (number({"n": n}, "n") for n in pair)
        if hit is not None and of is not None:
            pairs.append((hit, of))
    return pairs


def number(stored: Mapping[str, Any], *path: str) -> float | None:
    """Read a finite number from stored figures; anything else is nothing.

    >>> number({"a": {"b": 1}}, "a", "b"), number({"a": float("nan")}, "a"), number({}, "a", "b")
    (1.0, None, None)
    """
    value: Any = stored
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
