"""What the merchant decides about the shop: settings, stock rules, and what is told to one use case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Q

from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, Shop, ShopSettings, Staff, StockRule
from pipelines.models.ledger import Noted
from pipelines.strategies import stages

NOT_KNOWN = "Only people who have opened the app in this shop can be named. Nothing was saved."
CHANGED = "These settings changed since you opened the page. Nothing was saved; look at them again."


@dataclass(frozen=True)
class Rule:
    """What the merchant knows of one vendor (by name) or one variant (by Shopify's id); None is inherited."""

    vendor: str
    variant_id: int | None
    values: dict[str, Any]

    @property
    def is_empty(self) -> bool:
        return all(value is None for value in self.values.values())


class Saying(Protocol):
    """What the merchant tells one use case: the table that it brings knows how to keep it."""

    def keep(self, shop: Shop, *, by: str) -> Noted | None:
        """Write it down, and say what the ledger notes of it; nothing where nothing changed."""
        ...


def turn(shop: Shop, revision: int, **changes: Any) -> None:
    """Take the next revision of everything that the merchant set, if nobody took it since it was shown."""
    known = ShopSettings.objects.filter(shop=shop, revision=revision)
    if not known.update(**changes, revision=revision + 1):
        raise Refused(CHANGED)


def change_settings(shop: Shop, changes: dict[str, Any], *, revision: int, by: str) -> None:
    """Change settings if nobody changed them since they were shown; what cannot be is refused and noted."""
    try:
        check_weights(changes.get("canary_weights", ()))
        check_approvers(shop, changes.get("approvers", ()))
    except Refused as refusal:
        if not LifecycleEvent.has_enough(shop, by):
            LifecycleEvent.record(shop, "settings.refused", by=by, because=refusal.sentence)
        raise
    with transaction.atomic():
        Shop.objects.lock(shop)
        turn(shop, revision, **changes)
        told = {name: str(value) for name, value in changes.items()}
        LifecycleEvent.record(shop, "settings.changed", by=by, because="Settings were changed", settings=told)


def check_weights(weights: Iterable[Any]) -> None:
    """Refuse shares of shoppers by which nobody can be split."""
    try:
        stages.check_weights(tuple(weights))
    except ValueError as error:
        raise Refused(str(error)) from None


def check_approvers(shop: Shop, named: Iterable[str]) -> None:
    """Refuse people who may not be named."""
    if set(named) - may_be_named(shop):
        raise Refused(NOT_KNOWN)


def may_be_named(shop: Shop) -> set[str]:
    """Return who may be named beside the owner: people of whom Shopify told us, and those who are named already."""
    known = Staff.objects.for_shop(shop).filter(is_owner=False).values_list("sub", flat=True)
    return {*known, *ShopSettings.of(shop).approvers}


def set_rules(shop: Shop, rules: Iterable[Rule], *, revision: int, by: str) -> int:
    """Put rules in place of what was known of the same vendors and variants: all of them or none."""
    rules = list(rules)
    with transaction.atomic():
        Shop.objects.lock(shop)
        turn(shop, revision)
        forget(shop, rules)
        kept = [rule for rule in rules if not rule.is_empty]
        rows = [StockRule(shop=shop, vendor=rule.vendor, variant_id=rule.variant_id, **rule.values) for rule in kept]
        StockRule.objects.bulk_create(rows, batch_size=2000)
        LifecycleEvent.record(shop, "stock_rules.changed", by=by, because="Stock rules were changed", rules=len(rules))
    return len(rules)


def fill_gaps(shop: Shop, told: Iterable[Rule], *, revision: int, by: str) -> int:
    """Keep what was told of vendors and variants where nothing was set; returns how many rules learned something."""
    known = {(rule.vendor, rule.variant_id): told_by(rule) for rule in StockRule.objects.for_shop(shop)}
    filled = []
    for rule in told:
        set_here = known.get((rule.vendor, rule.variant_id), {})
        merged = rule.values | {name: value for name, value in set_here.items() if value is not None}
        if any(value is not None and set_here.get(name) is None for name, value in rule.values.items()):
            filled.append(Rule(rule.vendor, rule.variant_id, merged))
    if filled:
        set_rules(shop, filled, revision=revision, by=by)
    return len(filled)


def told_by(rule: StockRule) -> dict[str, Any]:
    """Return what a rule says."""
    return {name: getattr(rule, name) for name in StockRule.FIELDS}


def forget(shop: Shop, rules: list[Rule]) -> None:
    """Delete what was known of these vendors and variants."""
    vendors = [rule.vendor for rule in rules if rule.variant_id is None]
    variants = [rule.variant_id for rule in rules if rule.variant_id is not None]
    known = StockRule.objects.for_shop(shop)
    known.filter(Q(variant_id__isnull=True, vendor__in=vendors) | Q(variant_id__in=variants)).delete()


def say(shop: Shop, saying: Saying, *, revision: int, by: str) -> None:
    """Keep what the merchant tells a use case, if nothing was changed since it was shown."""
    with transaction.atomic():
        Shop.objects.lock(shop)
        turn(shop, revision)
        if noted := saying.keep(shop, by=by):
            LifecycleEvent.record(shop, noted.kind, by=by, because=noted.because, **noted.facts)
