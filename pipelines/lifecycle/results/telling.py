"""A month's figures in a merchant's words, the same on the page, in the PDF, in the file and in the mail.

Standard library only: pages and workers both use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines import words
from pipelines.lifecycle.results.worth import SENTENCES
from pipelines.stats.inference import marks

Told = Mapping[str, Any]
MARKS = {
    marks.PROVEN: ("Proven", "success"),
    marks.SUGGESTIVE: ("Suggestive", "info"),
    marks.NOT_PROVEN: ("Not proven", ""),
    marks.NOT_MEASURED: ("Not measured", ""),
}
MEANING = (
    "Proven: a fair comparison, and the whole range (19 of 20 times) on one side; a loss is called what it is. "
    "Suggestive: points one way, other causes possible. Not proven: the range includes zero. Each claim is judged by "
    "itself: of twenty without anything behind them, one may look proven."
)
NO_RANGE = "no range"
COMPUTED = {
    "training": ("training",),
    "refresh": ("refresh of answers", "refreshes of answers"),
    "watch": ("look at how it does", "looks at how it does"),
    "answer": ("answer to a visitor", "answers to visitors"),
}
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One claim as it is read."""

    about: str
    title: str
    mark: str
    tone: str
    result: str
    range: str
    how: str
    counted: str
    costs_on: bool = False  # a loss that goes on as long as what is claimed runs


def month_name(first: date) -> str:
    """Write a month.

    >>> month_name(date(2026, 10, 1))
    'October 2026'
    """
    return f"{MONTHS[first.month - 1]} {first.year}"


def line(claim: Told, currency: str) -> Line:
    """Bring a claim into words."""
    mark, tone = how_sure(claim, claim)
    result, range_ = figures(claim, currency)
    counted = words.counted(claim["n"], claim["counted"]) if claim["counted"] else ""
    costs_on = marks.is_loss(claim["mark"], claim["high"]) and claim["key"] not in OVER
    return Line(claim["about"], claim["title"], mark, tone, result, range_, claim["how"], counted, costs_on)


def how_sure(claim: Told, figures: Told) -> tuple[str, str]:
    """Say how sure a claim is; of a loss what it does to the merchant, which is no success however sure it is."""
    mark, tone = MARKS[figures["mark"]]
    if not marks.is_loss(figures["mark"], figures["high"]):
        return mark, tone
    loss = LOSSES[claim["key"]]
    return (loss, "critical") if figures["mark"] == marks.PROVEN else (f"{mark}: {loss.lower()}", "warning")


def figures(claim: Told, currency: str) -> tuple[str, str]:
    """Write a claim's figure and its range; of what was not measured there is neither."""
    if claim["mark"] == marks.NOT_MEASURED:
        return words.UNKNOWN, ""
    value, low, high = (parts(claim["key"], claim[name], currency) for name in ("value", "low", "high"))
    if low[1] != high[1]:
        return " ".join(value), f"{' '.join(low)} to {' '.join(high)}"
    near, far = sorted((low, high), key=lambda each: abs(claim["low"] if each is low else claim["high"]))
    return " ".join(value), f"{near[0]} to {far[0]} {far[1]}"


def parts(key: str, value: float, currency: str) -> tuple[str, str]:
    """Write how large a difference is, and in which direction; above zero is good for the shop."""
    is_share, good, bad = SAYS[key]
    size = words.percent(abs(value)) if is_share else words.money(abs(round(value)), currency)
    return size, good if value >= 0 else bad


SAYS = {  # whether it is a share, and what is said above zero and below
    "errors": (False, "less", "more"),
    "revenue": (False, "more", "less"),
    "rollback": (False, "avoided", "given away"),
    "accuracy": (True, "smaller", "larger"),
    "orders": (True, "more", "less"),
}


LOSSES = {
    "errors": "Costs you",
    "revenue": "Costs you",
    "rollback": "Cost you",
    "accuracy": "Misses more",
    "orders": "Fewer orders",
}
OVER = ("rollback",)  # what was claimed of them is over, whatever it brought


def headline(report: Told) -> tuple[str, str]:
    """Say the month in money where some is proven, else in words; never an estimate that is not."""
    proven, currency = report["proven"], report["currency"]
    if proven is None:
        return "", "No money is proven for this month."
    value, low, high = (round(proven[name]) for name in ("value", "low", "high"))
    if value < 0:
        return words.money(-value, currency), f"lost for certain, {between(-high, -low, currency)}"
    return words.money(value, currency), f"proven, {between(low, high, currency)}"


def between(low: int, high: int, currency: str) -> str:
    """Write a range in a sentence."""
    return f"very likely between {words.money(low, currency)} and {words.money(high, currency)}"


def answer(report: Told) -> str:
    """Say whether further investment is justified, as far as the month tells."""
    return SENTENCES[report["verdict"]]


def said(report: Told) -> str:
    """Say the month in two sentences, as a mail begins."""
    figure, rest = headline(report)
    return f"{figure} {rest.rstrip('.')}. {answer(report)}".strip()


def balance(report: Told) -> list[tuple[str, str, str]]:
    """Set what it brought beside what it cost: what, how much, on what ground."""
    currency, cost, proven = report["currency"], report["cost"], report["proven"]
    counted = [line(claim, currency) for claim in report["claims"] if claim["is_counted"]]
    rows = [(f"{each.about}: {each.title}", each.result, f"{each.mark}. {each.range}".strip()) for each in counted]
    if proven:
        value, low, high = (round(proven[name]) for name in ("value", "low", "high"))
        range_ = f"{words.money(low, currency)} to {words.money(high, currency)}"
        rows.append(("Proven in all", words.money(value, currency), range_))
    rows.append(("Computing", computing(cost, currency), hours(cost, currency)))
    rows += [(f"Computing, {each['title']}", computing(each, currency), computed(each)) for each in by_model(cost)]
    rows.append(("Price of your plan", words.UNKNOWN, "We do not know it here: set it beside what is proven."))
    return rows


def computing(cost: Told, currency: str) -> str:
    """Write what computing cost, to the last digit: it is little."""
    return words.UNKNOWN if cost["minor"] is None else words.price(cost["minor"], currency)


def hours(cost: Told, currency: str) -> str:
    """Say what the cost counts, and by which price."""
    told = f"{words.number(cost['hours'], 2)} CPU hours: {computed(cost)}"
    if cost["price"] is None:
        return f"{told}; nobody named a price in {currency}."
    return f"{told}, at {words.symbol(currency)}{cost['price']} an hour. Pages are not counted."


def computed(cost: Told) -> str:
    """Say what computing was for; what a report of before does not know is left out."""
    known = cost.get("parts", [{"what": "training", "hours": cost["hours"], "times": cost.get("runs", 0)}])
    told = [
        f"{words.number(each['hours'], 2)} in {words.counted(each['times'], *COMPUTED[each['what']])}" for each in known
    ]
    return ", ".join(told) or "nothing was computed"


def by_model(cost: Told) -> list[Told]:
    """List the models that took something, where there are several."""
    spent = [each for each in cost.get("models", ()) if each.get("parts")]
    return spent if len(spent) > 1 else []
