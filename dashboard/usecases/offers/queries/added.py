"""What each offer added alone, as the newest training worked it out, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pipelines import words
from pipelines.models import ModelVersion, Shop
from pipelines.models.usecases.offers import Offer
from pipelines.stats.inference import marks

SLUG = "offers"
MARKS = {
    marks.PROVEN: "Proven",
    marks.SUGGESTIVE: "Suggestive",
    marks.NOT_PROVEN: "Not proven",
    marks.NOT_MEASURED: "Too early to say",
}
LOSS = "Costs you"
NOBODY = "no shopper counted"
ANEW = "terms changed on {day}; counted anew"


@dataclass(frozen=True)
class Added:
    """How sure it is that an offer adds anything, how much that is so far, and on how many shoppers it stands."""

    mark: str = MARKS[marks.NOT_MEASURED]
    more: str = ""
    between: str = ""
    sample: str = ""


def of_each(shop: Shop, today: date) -> dict[int, Added]:
    """Say of each offer that was ever shown what it added, by its number."""
    newest = ModelVersion.objects.for_shop(shop).filter(use_case=SLUG).order_by("-number")
    metrics, made = newest.values_list("metrics", "created_at").first() or ({}, None)
    until = day(shop, made, today) if made else ""
    told = (each for each in metrics.get("offers") or [] if each.get("added"))
    found = {each["offer"]: in_words(each["added"], shop.currency, until) for each in told}
    changed = Offer.objects.for_shop(shop).filter(terms_at__gt=made).values_list("pk", "terms_at") if made else ()
    return found | {pk: Added(sample=ANEW.format(day=day(shop, at, today))) for pk, at in changed if at}


def day(shop: Shop, at: datetime, today: date) -> str:
    """Write the day of the shop's on which something was."""
    return words.short_day(at.astimezone(shop.zone).date(), today)


def in_words(told: Mapping[str, Any], currency: str, until: str) -> Added:
    """Bring what one offer added into words: of all who were shown it, beside shoppers who were shown none."""
    shown, beside = told["counts"]["shown"], told["counts"]["beside"]
    people = f"{words.number(shown)} shown it, {words.number(beside)} shown none" if shown else NOBODY
    sample = f"{people}, to {until}"
    if told["value"] is None:
        return Added(sample=sample)
    value, low, high = (round(shown * told[name]) for name in ("value", "low", "high"))
    mark = marks.mark(told["low"], told["high"])
    how_sure = LOSS if marks.is_loss(mark, told["high"]) else MARKS[mark]
    if mark == marks.NOT_PROVEN and told["times"]:
        sample = f"{sample}; proof takes about {words.number(told['times'])} times as many"
    return Added(how_sure, words.less(-value, currency), words.less_between(-high, -low, currency), sample)
