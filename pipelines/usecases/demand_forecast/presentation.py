"""A version in a merchant's words: what it is worth, where that comes from, who gains least, and how to undo it.

Made by a worker and stored with the version; pages only lay it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from pipelines import words
from pipelines.charts import Figure, ReplayWeek, group_intervals, running_difference
from pipelines.usecases.demand_forecast.judging.replay_result import Difference, Replay

NAMES = {"naive": "the best simple rule", "champion": "the live version"}
SIMPLE_RULE = "The best simple rule: order by {}."


@dataclass(frozen=True)
class Badge:
    """A state in a word, with Polaris' tone."""

    words: str
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """A small table; the last row may be a total."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    has_total: bool = False


@dataclass(frozen=True)
class Card:
    """One card of the page, drawn as it stands: heading, figure, sentences, table."""

    name: str
    heading: str
    subheading: str = ""
    badge: Badge | None = None
    big: str = ""
    aside: str = ""
    sentences: tuple[str, ...] = ()
    table: Table | None = None
    drawings: tuple[str, ...] = ()  # SVG: the head of a column, then one per row of the table


@dataclass(frozen=True)
class Page:
    """What a merchant sees of a version."""

    badge: Badge
    cards: tuple[Card, ...]
    figure: Figure | None

    def as_dict(self) -> dict[str, Any]:
        """Give plain JSON."""
        figure = None if self.figure is None else self.figure.as_dict()
        return {"badge": asdict(self.badge), "cards": [asdict(card) for card in self.cards], "figure": figure}


def present(evaluation: Any, replay: Replay, *, currency: str) -> Page:
    """Tell what a version is worth on the shop's own past, against what runs now, else against the simple rule."""
    rival = "champion" if "champion" in replay.versus else "naive"
    figures = evaluation.as_dict()
    told = _Story(replay, rival, currency, SIMPLE_RULE.format(figures.get("simple_rule_words", "last week's sales")))
    cards = [told.headline(), told.parts(), told.groups(), told.if_wrong(), how_to_undo(), method(figures)]
    return Page(told.badge, tuple(card for card in cards if card), told.figure())


@dataclass(frozen=True)
class _Story:
    """One replay against one rival."""

    replay: Replay
    rival: str
    currency: str
    rule: str

    @property
    def against(self) -> str:
        return NAMES[self.rival]

    @property
    def difference(self) -> Difference | None:
        return self.replay.against(self.rival)

    @property
    def weeks(self) -> str:
        return words.counted(self.replay.weeks, "week")

    @property
    def today(self) -> date:
        return self.replay.first_day + timedelta(days=7 * self.replay.weeks)

    @property
    def is_proven(self) -> bool:
        difference = self.difference
        return difference is not None and difference.verdict == "better" and not self.replay.is_thin

    @property
    def badge(self) -> Badge:
        if self.difference is None or self.difference.verdict == "not_measured":
            return Badge("Not measured")
        if self.difference.verdict == "worse":
            return Badge("Costs more", "critical")
        return Badge("Proven", "success") if self.is_proven else Badge("Not proven")

    # Cards

    def headline(self) -> Card:
        difference = self.difference
        if difference is None or difference.interval is None:
            return Card("headline", "Not measured", badge=self.badge, sentences=(self.why_not_measured(), self.rule))
        saved = self.costs()[-1][-1]
        return Card(
            "headline",
            f"{'Not proven. ' if not self.is_proven else ''}Use this version for all variants?",
            badge=self.badge,
            big=words.less(saved, self.currency),
            aside=f"{'' if saved else 'in '}cost of ordering mistakes {'than with' if saved else 'to'} {self.against}, "
            f"on your last {self.weeks}",
            sentences=tuple(self.evidence(difference)),
        )

    def evidence(self, difference: Difference) -> list[str]:
        """Say the range, what it was measured on, and what it does not cover."""
        replay = self.replay
        days = words.day_range(replay.first_day, self.today - timedelta(days=1), self.today)
        said = [self.range_of(difference)]
        said += [f"Both ordered for the same {words.counted(replay.variants, 'variant')} on your own sales, {days}."]
        if self.rival == "naive":
            said.append(self.rule)
        if replay.imputed_share >= 0.001:
            share = words.percent(replay.imputed_share)
            said.append(f"On {share} of days there was no stock; there we count what that weekday usually sells.")
        if replay.left_out:
            left_out = words.counted(replay.left_out, "variant")
            said.append(
                f"{left_out} left out: their past is too short for their lead time or for how slowly they sell."
            )
        return said

    def range_of(self, difference: Difference) -> str:
        low, high = (round(bound) for bound in difference.interval or ())
        between = words.less_between(low, high, self.currency)
        if difference.verdict == "not_proven":
            return f"Not proven: the range includes zero. Very likely (19 of 20 times) {between}."
        if self.replay.is_thin:
            return f"Not proven: {self.replay.thin_because}. Very likely (19 of 20 times) {between}."
        return f"Very likely (19 of 20 times) {between}."

    def why_not_measured(self) -> str:
        return f"Not measured: {self.replay.reason or 'there is too little history to replay.'}"

    def costs(self) -> list[tuple[int, int, int]]:
        """Give too little, too much and total: (rival, this version, saved), rounded so that all sums add up.

        What is saved in all is rounded as everywhere else; a larger cost takes what is left over.
        """
        exact = [
            [getattr(self.replay.outcomes[name], part) for name in (self.rival, "candidate")]
            for part in ("too_little", "too_much")
        ]
        rows, saved = (
            [[round(cell) for cell in row] for row in exact],
            round(sum(other - mine for other, mine in exact)),
        )
        totals = [sum(column) for column in zip(*rows, strict=True)]
        if not words.shows_decimals([*totals, *(cell for row in rows for cell in row)], self.currency):
            rows = [[words.whole_major(cell, self.currency) for cell in row] for row in rows]
            saved = words.whole_major(saved, self.currency)
        left_over = saved - sum(other - mine for other, mine in rows)
        whose = int(left_over < 0)  # a cost is only ever made larger, so none is below nothing
        max(rows, key=lambda row: row[whose])[whose] += abs(left_over)
        rows.append([sum(column) for column in zip(*rows, strict=True)])
        return [(other, mine, other - mine) for other, mine in rows]

    def parts(self) -> Card | None:
        if self.difference is None:
            return None
        names = ("Too little stock: margin of lost sales", "Too much stock: holding and markdown", "Total")
        rows = [
            (
                name,
                words.money(other, self.currency),
                words.money(mine, self.currency),
                words.less(saved, self.currency),
            )
            for name, (other, mine, saved) in zip(names, self.costs(), strict=True)
        ]
        head = (f"Cost of mistakes, {self.weeks}", _capital(self.against), "This version", "Difference")
        return Card("parts", "Where the money comes from", table=Table(head, tuple(rows), has_total=True))

    def groups(self) -> Card | None:
        found = self.replay.versus.get(self.rival, ())
        if len(found) < 2:
            return None
        worst = self.replay.worst_group(self.rival)
        ordered = [found[0], *([worst] if worst else []), *(group for group in found[1:] if group is not worst)]
        rows = [self.group_row(group, is_worst=group is worst) for group in ordered]
        head, drawings = group_intervals(
            [(round(group.profit), _whole(group.interval)) for group in ordered], self.currency
        )
        return Card(
            "groups",
            self.groups_message(worst),
            subheading=f"Difference in cost against {self.against}, with range. Left of the line is better.",
            table=Table(("Group", "Variants", "Verdict", "Difference", "Range"), tuple(rows)),
            drawings=(head, *drawings),
        )

    def group_row(self, group: Difference, *, is_worst: bool) -> tuple[str, ...]:
        interval = _whole(group.interval)
        verdict = "Worst group" if is_worst and _may_lose(group) else GROUP_VERDICTS[group.verdict]
        return (
            group.group,
            words.number(group.variants),
            verdict,
            words.less(round(group.profit), self.currency),
            words.less_range(*interval, self.currency) if interval else words.UNKNOWN,
        )

    def groups_message(self, worst: Difference | None) -> str:
        losers = [group.group for group in self.replay.versus[self.rival][1:] if _may_lose(group)]
        if not losers:
            return "No group gets worse"
        if worst and len(losers) == 1:
            return f"{losers[0]} are the only group that may get worse"
        return f"{len(losers)} groups may get worse"

    def if_wrong(self) -> Card:
        difference, sentences = self.difference, []
        if difference and difference.interval:
            low = round(difference.interval[0])
            even = "Even at" if low > 0 else "At"
            said = words.less(low, self.currency) if low else "the same"
            sentences.append(
                f"{even} the cautious end of the range it costs {said} in {self.weeks} than {self.against}."
            )
        else:
            sentences.append(f"Nothing tells yet whether it orders better than {self.against}.")
        sentences.append("It changes the numbers on the Forecasts page. We place no orders with your suppliers.")
        sentences.append("Your own numbers stay in force, and we keep measuring both.")
        return Card("if_wrong", "If this is wrong", sentences=tuple(sentences))

    def figure(self) -> Figure | None:
        """Draw the weeks one after the other; none where they do not differ."""
        if self.difference is None or self.difference.interval is None:
            return None
        weeks = [
            ReplayWeek(self.replay.first_day + timedelta(days=7 * place), week.saved, week.running, week.interval)
            for place, week in enumerate(self.replay.weekly(self.rival))
        ]
        if not any(week.saved for week in weeks):
            return None
        better = sum(week.saved > 0 for week in weeks)
        said = f"{words.less(weeks[-1].running, self.currency)} after {self.weeks}"
        return running_difference(
            weeks,
            title=f"It would have cost less in {better} of {len(weeks)} weeks",
            description=f"The running difference against {self.against} ends at {said}.",
            names=("this version", self.against),
            currency=self.currency,
        )


GROUP_VERDICTS = {
    "better": "Better",
    "worse": "Worse",
    "not_proven": "Too early to say",
    "not_measured": "Too few to say",
}


def how_to_undo() -> Card:
    """Say how to go back."""
    return Card(
        "undo",
        "How to undo",
        sentences=(
            "Roll back returns to what ran before, at once and at any time.",
            "Orders that you placed with suppliers stay as they are.",
            "What you roll back can be used again; only a version that did harm is barred.",
        ),
    )


def method(figures: Mapping[str, Any]) -> Card | None:
    """Say in plain words how far off the forecast was, beside the simple rule that was the strongest then."""
    ours, naive = figures.get("candidate") or {}, figures.get(figures.get("simple_rule", "")) or {}
    sentences = [
        _compared("Errors per day", ours.get("rmsse"), naive.get("rmsse")),
        _compared("Errors of the 28-day total", ours.get("wape28"), naive.get("wape28")),
        f"The best simple rule on these weeks: {figures['simple_rule_words']}." if naive else "",
        _leaning(ours.get("bias")),
    ]
    known = tuple(sentence for sentence in sentences if sentence)
    return Card("method", "How far off it was on past weeks", sentences=known) if known else None


def _compared(what: str, ours: float | None, naive: float | None) -> str:
    if ours is None or not naive:
        return ""
    change = 1 - ours / naive
    if abs(change) < 0.005:
        return f"{what} are as large as those of the best simple rule."
    size = f"{words.percent(abs(change))} {'smaller' if change > 0 else 'larger'}"
    return f"{what} are {size} than those of the best simple rule."


def _leaning(bias: float | None) -> str:
    if bias is None:
        return ""
    if abs(bias) < 0.005:
        return "In all, forecasts were neither too high nor too low."
    return f"In all, forecasts were {words.exact_percent(abs(bias))} too {'high' if bias > 0 else 'low'}."


def _may_lose(group: Difference) -> bool:
    return group.interval is not None and group.interval[0] < 0


def _whole(interval: Sequence[float] | None) -> tuple[int, int] | None:
    return None if interval is None else (round(interval[0]), round(interval[1]))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
