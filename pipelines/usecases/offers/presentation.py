"""A version in a merchant's words: what it brings for a thousand shoppers, how sure that is, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines import words
from pipelines.stats.inference import power
from pipelines.usecases.offers.wording import KINDS
from pipelines.usecases.stored import Stored

SHOPPERS = 1_000
RATES, LIFT = (0.03, 0.10), 0.2
ROWS = {
    "candidate": "This version",
    "champion": "What runs now",
    "best_offer": "Best single offer",
    "no_offer": "No offer",
}
LEFT_OUT = {
    "chance": "without a known chance",
    "lists": "whose open offers cannot be read",
    "not_open": "that showed what was not open",
}
CAUTION = (
    "How many of these orders would have come anyway is only known once it is known what orders of shoppers without an "
    "offer earn."
)
ODD = {
    0.0: "None of the offers that were shown was accepted so far.",
    1.0: "Every offer that was shown was accepted: look at how acceptances are counted.",
}


def present(evaluation: Any, replay: Any, *, currency: str) -> Stored:
    """Say what past decisions say of a version, in money of a thousand shoppers."""
    figures, past = evaluation.as_dict(), replay.as_dict() if replay else {}
    cards = [headline(figures, past, currency), *table(figures, currency), *offers(figures), *sizes(past), undo()]
    return Stored({"badge": badge(past), "cards": cards, "figure": None})


def badge(past: Mapping[str, Any]) -> dict[str, str]:
    """Say in a word how sure it is."""
    return {
        "better": {"words": "Better than no offer", "tone": "success"},
        "worse": {"words": "Worse than no offer", "tone": "critical"},
        "not_proven": {"words": "Not proven", "tone": ""},
    }.get(str(past.get("verdict")), {"words": "Not measured", "tone": ""})


def headline(figures: Mapping[str, Any], past: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """Say what a version brings more than no offer."""
    card: dict[str, Any] = {"name": "headline", "heading": "Show offers this way?"}
    found = figures.get("against", {}).get("no_offer", {})
    value, bounds = found.get("value"), found.get("range")
    ours = figures.get("candidate", {})
    if figures.get("counted") == "earned" and ours.get("range"):
        aside = f"earned by the accepted offers of {SHOPPERS:,} shoppers"
        sentences = [*how(figures), CAUTION, *left_out(figures)]
        return card | {"big": words.money(thousand(ours["value"]), currency), "aside": aside, "sentences": sentences}
    if value is None or bounds is None:
        told = "Too few past decisions, with the chance by which each was taken, are known to say what it brings."
        return card | {"sentences": [told, *how(figures), *left_out(figures)]}
    seen = f"Seen on {past.get('decisions') or 0:,} past decisions. {sure(bounds, past, currency)}"
    return card | {
        "big": more(value, currency),
        "aside": f"profit of {SHOPPERS:,} shoppers, than with no offer",
        "sentences": [seen, *beside(figures, currency), *how(figures), *left_out(figures)],
    }


def beside(figures: Mapping[str, Any], currency: str) -> Iterator[str]:
    """Say what it brings more than the version that runs now, if one does.

    >>> list(beside({"against": {"champion": {"value": 1.5, "range": [1.0, 2.0]}}}, "GBP"))
    ['Beside what runs now: very likely (19 of 20 times) between £10 and £20 more.']
    """
    found = figures.get("against", {}).get("champion", {})
    value, bounds = found.get("value"), found.get("range")
    if value == 0:
        yield "What runs now would have brought as much."
    elif bounds:
        told = sure(bounds, {}, currency)
        yield f"Beside what runs now: {told[0].lower()}{told[1:]}"


def thousand(value: float) -> int:
    """Give the money of a thousand shoppers in whole minor units."""
    return round(SHOPPERS * value)


def more(value: float, currency: str) -> str:
    """Say how much more money something brings.

    >>> more(1.25, "GBP"), more(-0.5, "GBP"), more(0.0, "GBP")
    ('£12.50 more', '£5 less', 'no difference')
    """
    return words.less(thousand(-value), currency)


def sure(bounds: list[float], past: Mapping[str, Any], currency: str) -> str:
    """Say how sure a difference is, with its range.

    >>> sure([1.0, 2.0], {}, "GBP"), sure([-1.0, 2.0], {}, "GBP")
    ('Very likely (19 of 20 times) between £10 and £20 more.', 'Not proven: between £10 less and £20 more.')
    """
    low, high = (thousand(each) for each in bounds)
    if low == high == 0:
        return "It chooses as if there were no offer."
    if past.get("thin"):
        return f"Not proven: {past['thin_because']}; so far between {between(low, high, currency)}."
    how_sure = "Not proven:" if low <= 0 <= high else "Very likely (19 of 20 times)"
    return f"{how_sure} between {between(low, high, currency)}."


def between(low: int, high: int, currency: str) -> str:
    """Say a range of money that something brings more."""
    if low < 0 < high:
        return f"{words.less(-low, currency)} and {words.less(-high, currency)}"
    near, far = sorted((low, high), key=abs)
    return f"{words.money(abs(near), currency)} and {words.less(-far, currency)}"


def how(figures: Mapping[str, Any]) -> Iterator[str]:
    """Say how it chooses."""
    joined = figures.get("joined") or []
    if joined and joined[-1]:
        yield "It looks at the cart, the device and the hour: on your past, that earned surely more than not looking."
    else:
        yield "It treats all shoppers alike: that looking at the cart, the device or the hour earns more is not proven."


def left_out(figures: Mapping[str, Any]) -> Iterator[str]:
    """Say what is odd about the past, and which decisions could not be weighed."""
    counts, shown = figures.get("left_out", {}), [each for each in figures.get("offers") or [] if each["shown"]]
    if len(shown) == 1:
        yield "One offer was shown so far: a version can only decide whether it is."
    if shown and (odd := ODD.get(sum(each["accepted"] for each in shown) / sum(each["shown"] for each in shown))):
        yield odd
    if count := figures.get("worthless"):
        yield f"At {words.counted(count, 'decision')} an offer that earns nothing after its cost was open: not shown."
    for why, text in LEFT_OUT.items():
        if count := counts.get(why):
            yield f"{words.counted(count, 'decision')} {text} {'was' if count == 1 else 'were'} left out."


def table(figures: Mapping[str, Any], currency: str) -> Iterator[dict[str, Any]]:
    """Yield what each policy brings, with its range."""
    rows = [row for who, title in ROWS.items() if (row := line(title, figures.get(who) or {}, currency))]
    if rows:
        counts = "Accepted offers" if figures.get("counted") == "earned" else "Profit"
        head = ["", f"{counts} of {SHOPPERS:,} shoppers", "Very likely between", "See an offer"]
        yield {
            "name": "policies",
            "heading": "On the same past decisions",
            "table": {"head": head, "rows": rows, "has_total": False},
        }


def line(title: str, told: Mapping[str, Any], currency: str) -> list[str]:
    """Write one row, or nothing where too little is known."""
    value, bounds = told.get("value"), told.get("range")
    if value is None or bounds is None:
        return []
    low, high = (words.money(thousand(each), currency) for each in bounds)
    return [title, words.money(thousand(value), currency), f"{low} and {high}", words.percent(told.get("shown"))]


def offers(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what each offer came to."""
    shown = [each for each in figures.get("offers") or [] if each["shown"]]
    rows = [
        [name_of(each), f"{each['shown']:,}", f"{each['accepted']:,}", words.percent(each["accepted"] / each["shown"])]
        for each in shown
    ]
    if rows:
        head = ["Offer", "Shown", "Accepted", "Share"]
        told = {"head": head, "rows": rows, "has_total": False}
        yield {"name": "offers", "heading": "What each offer came to", "table": told}


def name_of(offer: Mapping[str, Any]) -> str:
    """Name an offer; one that is gone has no kind any more.

    >>> name_of({"offer": 7, "kind": "code"}), name_of({"offer": 7, "kind": ""})
    ('Offer 7 (discount code)', 'Offer 7 (gone)')
    """
    return f"Offer {offer['offer']} ({KINDS.get(offer['kind'], offer['kind']) or 'gone'})"


def sizes(past: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield how many shoppers a first result takes, while there is none."""
    if past.get("verdict") in ("better", "worse"):
        return
    told = [f"{round(power.units_per_arm(rate, LIFT), -2):,} where {100 * rate:.0f} of 100 accept" for rate in RATES]
    sentence = (
        f"To tell two offers apart of which one is accepted a fifth more often, each is shown to {' or '.join(told)}."
    )
    yield {"name": "sizes", "heading": "How many shoppers a result takes", "sentences": [sentence]}


def undo() -> dict[str, Any]:
    """Say how to go back."""
    told = "One click brings back the version before, or shows no shopper an offer. What was already given stays valid."
    return {"name": "undo", "heading": "How to undo it", "sentences": [told]}
