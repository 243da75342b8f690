"""What the merchant decides about the shop: settings, stock rules, and numbers of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, Shop, ShopSettings, Staff, StockRule
from pipelines.models.demand_forecast import ForecastOverride, OddOrder
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


@dataclass(frozen=True)
class OwnNumber:
    """What the merchant expects of a variant in a period, and why."""

    variant_id: int
    units: int
    first_day: date
    last_day: date
    note: str


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
        turn(shop, revision)
        forget(shop, rules)
        kept = [rule for rule in rules if not rule.is_empty]
        rows = [StockRule(shop=shop, vendor=rule.vendor, variant_id=rule.variant_id, **rule.values) for rule in kept]
        StockRule.objects.bulk_create(rows, batch_size=2000)
        LifecycleEvent.record(shop, "stock_rules.changed", by=by, because="Stock rules were changed", rules=len(rules))
    return len(rules)


def forget(shop: Shop, rules: list[Rule]) -> None:
    """Delete what was known of these vendors and variants."""
    vendors = [rule.vendor for rule in rules if rule.variant_id is None]
    variants = [rule.variant_id for rule in rules if rule.variant_id is not None]
    known = StockRule.objects.for_shop(shop)
    known.filter(Q(variant_id__isnull=True, vendor__in=vendors) | Q(variant_id__in=variants)).delete()


def override(shop: Shop, own: OwnNumber, *, revision: int, by: str) -> None:
    """Use the merchant's own number for a variant and a period, in place of an earlier one."""
    with transaction.atomic():
        turn(shop, revision)
        standing(shop, own.variant_id).update(ended_at=timezone.now())
        ForecastOverride.objects.create(shop=shop, sub=by, **asdict(own))
        told = {name: str(value) for name, value in asdict(own).items() if name != "note"}
        because = "The merchant uses a number of their own"
        LifecycleEvent.record(shop, "forecast.overridden", by=by, because=because, note=own.note, **told)


def end_override(shop: Shop, variant_id: int, *, revision: int, by: str) -> None:
    """Return to the forecast."""
    with transaction.atomic():
        turn(shop, revision)
        if standing(shop, variant_id).update(ended_at=timezone.now()):
            because = "The merchant returned to the forecast"
            LifecycleEvent.record(shop, "forecast.restored", by=by, because=because, variant_id=variant_id)


def say_of_odd_order(shop: Shop, variant_id: int, day: date, counts: bool | None, *, revision: int, by: str) -> None:
    """Count a variant's unusual day in full, leave it out, or, with neither, weigh it as we would."""
    with transaction.atomic():
        turn(shop, revision)
        mine = OddOrder.objects.for_shop(shop).filter(variant_id=variant_id, day=day)
        mine.delete()
        if counts is not None:
            OddOrder.objects.create(shop=shop, variant_id=variant_id, day=day, counts=counts, sub=by)
        because = {True: "An order counts in full", False: "An order is left out", None: "An order is weighed again"}
        told = {"variant_id": variant_id, "day": day.isoformat()}
        LifecycleEvent.record(shop, "odd_order.said", by=by, because=because[counts], **told)


def standing(shop: Shop, variant_id: int) -> QuerySet:
    """Keep the numbers of the merchant's own that still count for a variant."""
    return ForecastOverride.objects.for_shop(shop).filter(variant_id=variant_id, ended_at=None)
