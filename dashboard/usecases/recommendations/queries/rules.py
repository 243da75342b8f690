"""What the merchant wants shown and not shown: each rule in words, who set it, and whether the lists know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.queries.words import Badge
from dashboard.usecases.recommendations.queries.products import Thing, Things
from pipelines.models import Shop, Staff
from pipelines.models.usecases.recommendations import PickRule

SHOWN = 100
BADGES = {
    PickRule.Rule.PIN: Badge("Pinned"),
    PickRule.Rule.BLOCK: Badge("Blocked"),
    PickRule.Rule.NEVER_TOGETHER: Badge("Never together"),
}


@dataclass(frozen=True)
class RuleRow:
    """One rule of the table."""

    rule: PickRule
    pick: Thing
    beside: Thing | None
    who: str
    waits: bool  # no list was written since it was set

    @property
    def badge(self) -> Badge:
        return BADGES[PickRule.Rule(self.rule.rule)]

    @property
    def title(self) -> str:
        """Name what it speaks of."""
        if self.beside and self.rule.rule == PickRule.Rule.NEVER_TOGETHER:
            return f"{self.beside.title} and {self.pick.title}"
        return self.pick.title

    @property
    def note(self) -> str:
        """Say beside what, and what is no longer there."""
        beside = "" if self.beside is None else f"beside {self.beside.title}"
        if self.rule.rule == PickRule.Rule.NEVER_TOGETHER:
            beside = "either one, not both"
        gone = [thing.title for thing in (self.pick, self.beside) if thing and thing.is_gone]
        return ". ".join([*([beside] if beside else []), *(f"{title} is no longer in your shop" for title in gone)])

    @property
    def effect(self) -> str:
        """Say what it does."""
        if self.waits:
            return "Holds from the next lists on; they are written within minutes"
        if self.rule.rule == PickRule.Rule.PIN:
            return "Always first while it can be bought; the others move down"
        if self.rule.rule == PickRule.Rule.BLOCK:
            return "Never shown there" if self.beside else "Never shown anywhere"
        return "Neither is shown beside the other"


def standing(shop: Shop) -> list[PickRule]:
    """Read the newest rules."""
    return list(PickRule.objects.for_shop(shop).order_by("-pk")[:SHOWN])


def named(rules: list[PickRule]) -> set[int]:
    """Name the products that rules speak of."""
    return {number for rule in rules for number in (rule.pick_id, rule.product_id) if number is not None}


def rows(rules: list[PickRule], known: Things, viewer: Staff, written: datetime | None) -> list[RuleRow]:
    """Bring rules into words; `written` is when the data of the live lists was read."""
    return [
        RuleRow(
            rule=rule,
            pick=known[rule.pick_id],
            beside=None if rule.product_id is None else known[rule.product_id],
            who="you" if rule.sub == viewer.sub else "a colleague",
            waits=written is None or rule.created_at > written,
        )
        for rule in rules
    ]
