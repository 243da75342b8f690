"""Experiments: two versions beside each other, as the newest look at them found it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from dashboard.queries.words import PHASES, REASONS, Badge, step_name
from pipelines import words
from pipelines.charts import experiments as charts
from pipelines.charts.figure import Figure
from pipelines.lifecycle.releases import traffic
from pipelines.models import Release, Shop
from pipelines.strategies import Step
from pipelines.strategies.claims import harm_limit
from pipelines.strategies.limits import NON_INFERIOR, UNBALANCED
from pipelines.strategies.reasons import Reason
from pipelines.strategies.stages import DAYS_TO_CONVERT, LARGEST_WEIGHT, ORDERS
from pipelines.usecases import USE_CASES

NEWEST = 12
ORDERS_NEEDED = ceil(ORDERS * 100 / LARGEST_WEIGHT)
ALL = "All shoppers"
PROVEN = ("Proven no worse", "Harm")  # of verdicts
OVER: dict[str, Badge] = {
    Release.Phase.ROLLED_BACK: Badge("Taken away", "critical"),
    Release.Phase.REJECTED: Badge("Ended by you"),
    Release.Phase.EXPIRED: Badge("Ended without an answer"),
}


@dataclass(frozen=True)
class Arm:
    """One side of a comparison."""

    name: str
    units: int
    orders: int

    @property
    def rate(self) -> str:
        return words.of_thousand(self.orders / self.units) if self.units else words.UNKNOWN


@dataclass(frozen=True)
class Segment:
    """One group of shoppers: how the new version does there, in words and drawn."""

    name: str
    units: int
    badge: Badge
    difference: str
    range: str
    drawing: str


@dataclass(frozen=True)
class Measured:
    """What was measured of a release, ready to be shown; empty parts are not shown."""

    analysis: dict[str, Any]
    verdict: Badge
    arms: list[Arm]
    balance: Badge | None
    headline: dict[str, str]
    effect: str
    money: str
    at_peak: str
    segments: list[Segment]
    head: str  # above the drawings of the segments
    over_time: Figure | None
    weeks: Figure | None
    windows: Figure | None
    plan: str

    @property
    def sentence(self) -> str:
        return str(self.analysis.get("sentence", ""))

    @property
    def falls_short(self) -> bool:
        """Tell whether its whole range lies below zero."""
        return bool(self.analysis.get("reason") == Reason.SHORT)

    @property
    def decay(self) -> str:
        """Say whether it grows worse, where that is watched."""
        return str((self.analysis.get("decay") or {}).get("sentence", ""))

    @property
    def at(self) -> datetime | None:
        return moment_of(self.analysis.get("at"))

    @property
    def is_anything(self) -> bool:
        """Tell whether there is something to show besides a sentence."""
        return bool(self.arms or self.weeks or self.windows or self.effect)


def measured(release: Release, analysis: dict[str, Any]) -> Measured:
    """Turn an analysis into what pages show."""
    analysis = as_of_now(release, analysis)
    segments, head = segments_of(analysis)
    return Measured(
        analysis=analysis,
        verdict=verdict_of(release, analysis),
        arms=arms_of(release, analysis),
        balance=balance_of(analysis),
        headline=headline_of(analysis),
        effect=effect_of(analysis),
        money=money_of(analysis, release.shop.currency),
        at_peak=at_peak(analysis),
        segments=segments,
        head=head,
        over_time=over_time_of(release, analysis),
        weeks=weeks_of(release, analysis),
        windows=windows_of(release, analysis),
        plan=plan_of(release, analysis),
    )


def as_of_now(release: Release, analysis: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was said of the step before, once a release has moved since."""
    if release.is_looked_at:
        return analysis
    return {name: value for name, value in analysis.items() if name not in ("reason", "sentence", "next")}


def verdict_of(release: Release, analysis: dict[str, Any]) -> Badge:
    """Say in a word how the comparison stands: proven, not proven, harm, or why it cannot say."""
    known = REASONS.get(analysis.get("reason", ""))
    if release.phase in OVER:
        return known if known and known.tone == "critical" else OVER[release.phase]
    if not analysis.get("speaks") or analysis.get("reason") == Reason.SHORT:
        return known or PHASES[release.phase]
    if (analysis.get("harm") or 0) >= harm_limit(map(Step.from_dict, release.steps)):
        return Badge("Harm", "critical")
    if (analysis.get("non_inferior") or 0) >= NON_INFERIOR:
        return Badge("Proven no worse", "success")
    return known or PHASES[release.phase]


def moment_of(text: str | None) -> datetime | None:
    """Read a moment as it is stored."""
    return datetime.fromisoformat(text) if text else None


def local_day(release: Release, text: str) -> date:
    """Read the day on the shop's clock whose end, or any moment, is stored."""
    at = datetime.fromisoformat(text)
    return (at - timedelta(seconds=1)).astimezone(release.shop.zone).date() if at.tzinfo else at.date()


def arms_of(release: Release, analysis: dict[str, Any]) -> list[Arm]:
    """List both sides with what was counted."""
    units, orders = analysis.get("units") or {}, analysis.get("orders") or {}
    if not any(units.values()):
        return []
    names = {"canary": f"Version {release.version.number}, new", "control": old_name(release)}
    return [Arm(name, units.get(arm, 0), orders.get(arm, 0)) for arm, name in names.items()]


def old_name(release: Release) -> str:
    """Name what the new version is compared with."""
    number = release.evidence.get("compared_with")
    return f"Version {number}, until now" if number else "Simple rule"


def balance_of(analysis: dict[str, Any]) -> Badge | None:
    """Say in words whether shoppers were split as planned."""
    ratio = analysis.get("ratio")
    if ratio is None or not any((analysis.get("units") or {}).values()):
        return None
    if ratio >= UNBALANCED:
        return Badge("Not split as planned: these figures prove nothing", "warning")
    return Badge("Split as planned", "success")


def effect_of(analysis: dict[str, Any]) -> str:
    """Say how much more or less, and the range."""
    (value, low, high), what = difference_of(analysis)
    if value is None:
        return ""
    said = f"{differing(value, what)} {what}" if value else f"No difference in {what}"
    if low is None or high is None:
        return f"{said}. The range is not known yet."
    proven = "" if low > 0 or high < 0 else " Not proven: the range includes zero."
    return f"{said}, very likely (19 of 20 times) between {charts.change(low)} and {charts.change(high)}.{proven}"


def difference_of(analysis: dict[str, Any]) -> tuple[tuple[float | None, ...], str]:
    """Read value, low and high of the effect, and of what; what is saved is turned into what errors cost."""
    effect = analysis.get("effect") or {}
    bounds = tuple(effect.get(name) for name in ("value", "low", "high"))
    what = effect.get("metric", "orders per visitor")
    if what != "loss per week":
        return bounds, what
    value, high, low = (None if bound is None else -bound for bound in bounds)
    return (value, low, high), "cost of errors a week"


def headline_of(analysis: dict[str, Any]) -> dict[str, Any]:
    """Give the one figure to lead with, of what, and whether its range leaves zero out; nothing where none speaks."""
    (value, low, high), what = difference_of(analysis)
    if value is None or not analysis.get("speaks"):
        return {}
    is_proven = low is not None and high is not None and (low > 0 or high < 0)
    big, aside = differing(value, what).capitalize(), f"{what}, as measured"
    return {"big": big, "aside": aside, "is_proven": is_proven, "is_less": value < 0}


def differing(value: float, what: str) -> str:
    """Write a relative difference of what is counted, or of what is a sum."""
    told = charts.change(value)
    return told.replace("less", "fewer") if what.startswith("orders") else told


def money_of(analysis: dict[str, Any], currency: str) -> str:
    """Say what that is in money a week."""
    money = analysis.get("money") or {}
    value, low, high = (money.get(name) for name in ("value", "low", "high"))
    if value is None:
        return ""
    sign, what = (1, "cost of errors") if analysis.get("kind") == "paired" else (-1, "sales if everybody sees it")
    said = f"{words.less(round(sign * value), currency)} {what}, a week"
    if low is None or high is None:
        return said
    least, most = sorted((round(sign * low), round(sign * high)))
    return f"{said}; {words.less_between(least, most, currency)}"


def at_peak(analysis: dict[str, Any]) -> str:
    """Say how the peak hours went."""
    peak = next((one for one in analysis.get("segments") or [] if one["name"] == "Peak hours"), None)
    if peak is None:
        return ""
    if peak.get("value") is None:
        return f"Peak hours: {words.counted(peak.get('units', 0), 'shopper')} so far, too few orders to say."
    return f"Peak hours: {charts.change(peak['value'])}, {charts.change_range(peak['low'], peak['high'])}."


def segments_of(analysis: dict[str, Any]) -> tuple[list[Segment], str]:
    """Lay out the groups: the total first, then the worst."""
    effect, rows = analysis.get("effect") or {}, list(analysis.get("segments") or [])
    if not rows:
        return [], ""
    rows.sort(key=lambda row: (row.get("value") is None, row.get("value") or 0))
    units = (analysis.get("units") or {}).get("canary", 0)
    rows.insert(0, {"name": ALL, "units": units} | {name: effect.get(name) for name in ("value", "low", "high")})
    head, drawings = charts.change_intervals([(row.get("value"), row.get("low"), row.get("high")) for row in rows])
    return [
        Segment(
            name=row["name"],
            units=row.get("units", 0),
            badge=segment_badge(row, is_worst=place == 1),
            difference=charts.change(row.get("value")),
            range=charts.change_range(row.get("low"), row.get("high")),
            drawing=drawing,
        )
        for place, (row, drawing) in enumerate(zip(rows, drawings, strict=True))
    ], head


def segment_badge(row: dict[str, Any], *, is_worst: bool) -> Badge:
    """Say how a group does, only as far as its range allows."""
    low, high = row.get("low"), row.get("high")
    if row.get("value") is None or low is None or high is None:
        return Badge("Too early to say")
    if high < 0:
        return Badge("Worse", "critical")
    if low > 0:
        return Badge("Better", "success")
    return Badge("Worst group", "warning") if is_worst and row["value"] < 0 else Badge("Not proven")


# Charts


def over_time_of(release: Release, analysis: dict[str, Any]) -> Figure | None:
    """Draw the range day by day, from the second day on that has one."""
    days = [
        charts.Day(
            local_day(release, point["at"]),
            point.get("value"),
            point.get("low"),
            point.get("high"),
            canary=point.get("canary", 0),
            control=point.get("control", 0),
        )
        for point in analysis.get("over_time") or []
    ]
    known = [day for day in days if day.value is not None]
    if len(known) < 2:
        return None
    return charts.interval_over_time(
        days,
        title=over_time_title(known),
        subtitle="Difference in orders per visitor at the end of each day. Pale: range that holds whenever you look.",
        description=f"After {words.counted(len(days), 'day')}: {charts.change(known[-1].value)}, "
        f"range {charts.change_range(known[-1].low, known[-1].high)}.",
        what="orders per visitor",
        id=f"time-{release.pk}",
    )


def over_time_title(known: list[charts.Day]) -> str:
    """State the message of the chart."""
    last = known[-1]
    if last.low is not None and last.low > 0:
        return "Better, and the whole range is above zero"
    if last.high is not None and last.high < 0:
        return "Worse, and the whole range is below zero"
    return "No difference proven so far: the range includes zero"


def weeks_of(release: Release, analysis: dict[str, Any]) -> Figure | None:
    """Draw the weeks that are final, in money."""
    weeks = [
        charts.Week(date.fromisoformat(week["first_day"]), week["new"], week["old"])
        for week in analysis.get("weeks") or []
    ]
    if len(weeks) < 2:
        return None
    saved, currency = sum(week.old - week.new for week in weeks), release.shop.currency
    names = (f"Version {release.version.number}", old_name(release).partition(",")[0])
    spoken, counted = USE_CASES[release.use_case].words, words.counted(len(weeks), "week")
    return charts.weeks_compared(
        weeks,
        title=f"{spoken.answer.capitalize()} errors cost {words.less(saved, currency)} in {counted}",
        subtitle=f"Cost of errors by final week, same {spoken.units}. {spoken.page.errors_weigh}".strip(),
        description=f"{names[0]} cost less in {sum(week.new < week.old for week in weeks)} of {len(weeks)} weeks.",
        names=names,
        currency=currency,
        id=f"weeks-{release.pk}",
    )


def windows_of(release: Release, analysis: dict[str, Any]) -> Figure | None:
    """Draw how the windows went, one mark each."""
    windows = analysis.get("windows") or []
    if not windows:
        return None
    zone, today = release.shop.zone, datetime.fromisoformat(windows[-1]["at"]).astimezone(release.shop.zone).date()
    is_batch = not USE_CASES[release.use_case].is_asked
    rows = []
    for window in windows:
        at = datetime.fromisoformat(window["at"]).astimezone(zone)
        day = words.day(at.date(), today)
        rows.append((day if is_batch else f"{day}, {words.clock(at)}", window["health"]))
    breaches, fine = (sum(health == wanted for _, health in rows) for wanted in ("breach", "ok"))
    counted = words.counted(len(rows), "measurement")
    return charts.window_row(
        rows,
        title=f"{breaches} of {counted} over a limit" if breaches else "No measurement was over a limit",
        subtitle=f"Errors, slow answers and silence, {'day by day' if is_batch else 'hour by hour'}.",
        description=f"{counted}, {fine} of them within every limit and {breaches} over one.",
        id=f"windows-{release.pk}",
    )


def plan_of(release: Release, analysis: dict[str, Any]) -> str:
    """Say what the comparison can find and how long a proof takes; first, while it runs, that nothing is proven yet."""
    plan, said = analysis.get("plan") or {}, []
    if not plan:
        return ""
    if release.is_open and not is_proven(release, analysis):
        said.append("Nothing is proven yet.")
    if plan.get("smallest_harm"):
        loss = words.percent(abs(plan["smallest_harm"]))
        found = "is found in the time that it runs" if release.is_open else "could be found in the time that it ran"
        said.append(f"Only a loss of {loss} of orders or more {found}.")
    if plan.get("expected_days") and release.is_open:
        days = words.counted(ceil(plan["expected_days"]), "day")
        said.append(f"To prove it no worse takes about {days} at this traffic.")
    if plan.get("planned_units"):
        said.append(f"Planned for {words.counted(plan['planned_units'], 'shopper')}.")
    return " ".join(said)


def is_proven(release: Release, analysis: dict[str, Any]) -> bool:
    """Tell whether it is proven no worse, or what it does is: good or harm."""
    return verdict_of(release, analysis).words in PROVEN or bool(headline_of(analysis).get("is_proven"))


# The page


@dataclass(frozen=True)
class Experiment:
    """One comparison of the list."""

    release: Release
    title: str
    phase: Badge
    found: Measured
    where: str


@dataclass(frozen=True)
class ExperimentsPage:
    """Every comparison, newest first; what is missing where there is none."""

    experiments: list[Experiment]
    orders: int
    orders_needed: int
    otherwise: list[str]  # how versions are compared where shoppers are not split

    @property
    def running(self) -> int:
        return sum(one.release.is_open for one in self.experiments)

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.orders / self.orders_needed))


def experiments_page(shop: Shop, now: datetime) -> ExperimentsPage:
    """Read the newest releases that compare two versions, on shoppers or on the same products."""
    known = Release.objects.for_shop(shop).select_related("version", "shop").order_by("-pk")
    rows = known.defer("evidence", "version__page", "version__replay", "version__metrics")[: 4 * NEWEST]
    compared = [row for row in rows if is_comparison(row)][:NEWEST]
    return ExperimentsPage(
        experiments=[experiment(row) for row in compared],
        orders=traffic.orders_since(shop.pk, now - timedelta(days=DAYS_TO_CONVERT)).count(),
        orders_needed=ORDERS_NEEDED,
        otherwise=[use_case.words.page.comparing for use_case in USE_CASES.values() if use_case.words.page.comparing],
    )


def is_comparison(release: Release) -> bool:
    """Tell whether shoppers are or were split, or weeks of both versions lie side by side."""
    splits = any(0 < step.get("weight", 0) < 100 for step in release.steps)
    return splits or bool(release.analysis.get("weeks") or release.analysis.get("not_final"))


def experiment(release: Release) -> Experiment:
    """Read one comparison."""
    plan = release.evidence.get("plan") or {}
    return Experiment(
        release=release,
        title=f"{USE_CASES[release.use_case].title}: version {release.version.number}",
        phase=PHASES[release.phase],
        found=measured(release, {"plan": plan} | release.analysis),
        where=f"On step “{step_name(release.steps[release.step])}”" if release.is_open and release.steps else "",
    )
