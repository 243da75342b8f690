"""A version in a merchant's words: how much better it knows who buys, whether its chances hold, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.usecases.stored import Stored

PARTS = {
    "events_1": "Visits, at the first step",
    "events_3": "Visits, after three steps",
    "events_5": "Visits, after five steps",
    "session": "Visits, all steps",
    "checkout": "Checkouts, when they start",
    "peak": "At peak hours",
    "off_peak": "At other hours",
}
LEAST = 30  # orders, below which nothing is told


def present(evaluation: Any, replay: None, *, currency: str) -> Stored:
    """Say what past days say of a version."""
    figures = evaluation.as_dict()
    better = gain(figures)
    badge = {"words": "Surer than the usual share" if (better or 0) > 0 else "Not proven", "tone": ""}
    cards = [headline(figures, better), *parts(figures), *calibration(figures), *lacks(figures), undo()]
    return Stored({"badge": badge, "cards": cards, "figure": None})


def gain(figures: Mapping[str, Any]) -> float | None:
    """Give by how much it was less surprised than the usual share."""
    ours, rule = (figures[who].get("log_loss") for who in ("candidate", "baseline"))
    return 1 - ours / rule if ours is not None and rule else None


def headline(figures: Mapping[str, Any], better: float | None) -> dict[str, Any]:
    """Say how much surer it is of who orders."""
    card: dict[str, Any] = {"name": "headline", "heading": "Use these chances of an order?"}
    ours = figures["candidate"]
    if better is None or ours["series"] < LEAST:
        few = f"Too few past orders to tell whether it is better than the usual share ({ours['series']})."
        return card | {"sentences": [few, SHOWN]}
    aside = "than the usual share that orders, on past days that it did not know"
    side = "surer" if better > 0 else "less sure"
    said, came = 100 * ours["said"], 100 * ours["ordered"]
    seen = f"Seen on {ours['rows']:,} moments: it said that {said:.1f} of 100 order, and {came:.1f} did."
    return card | {"big": f"{100 * abs(better):.0f} % {side}", "aside": aside, "sentences": [seen, SHOWN]}


SHOWN = "Shoppers see nothing of it. What is done with a chance is measured where it is done."


def parts(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what was said and what came by step and hour, and how sure it was beside the usual share."""
    rows = [row for key, title in PARTS.items() if (row := line(title, figures.get("slices", {}).get(key, {})))]
    if rows:
        head = ["Moments", "Said to order, of 100", "Ordered, of 100", "Surer than the usual share", "Seen on"]
        yield {
            "name": "parts",
            "heading": "By step and hour",
            "table": {"head": head, "rows": rows, "has_total": False},
        }


def line(title: str, told: Mapping[str, Any]) -> list[str]:
    """Write one row, or nothing where too few orders tell."""
    ours, better = told.get("candidate", {}), gain(told) if "candidate" in told else None
    if better is None or ours["series"] < LEAST:
        return []
    shares = [f"{100 * ours[key]:.1f}" for key in ("said", "ordered")]
    return [title, *shares, f"{100 * better:+.0f} %", f"{ours['rows']:,}"]


def calibration(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what was said and what came, from the least likely to the most likely moments."""
    for of, title in (("session", "Visits"), ("checkout", "Checkouts")):
        told = figures.get("bins", {}).get(of) or []
        if sum(each["orders"] for each in told) < LEAST:
            continue
        head = ["Least likely first", "Said, of 100", "Ordered, of 100", "19 of 20 times", "Orders", "Seen on"]
        rows = [[str(place), *shares(each)] for place, each in enumerate(told, 1)]
        heading = f"{title}: do chances mean what they say?"
        yield {"name": f"bins_{of}", "heading": heading, "table": {"head": head, "rows": rows, "has_total": False}}


def shares(each: Mapping[str, Any]) -> list[str]:
    """Write one bin."""
    said, came, low, high = (f"{100 * each[key]:.1f}" for key in ("said", "came", "low", "high"))
    return [said, came, f"{low} to {high}", f"{each['orders']:,}", f"{each['rows']:,}"]


def lacks(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what was missing when it was learned."""
    if told := figures.get("notices"):
        yield {"name": "lacks", "heading": "What to know of it", "sentences": list(told)}


def undo() -> dict[str, Any]:
    """Say how to go back."""
    told = "One click brings back the chances of the version before, or the usual share."
    return {"name": "undo", "heading": "How to undo it", "sentences": [told]}
