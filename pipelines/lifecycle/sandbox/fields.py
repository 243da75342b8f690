"""A candidate's advice as metafields in the test store: under a namespace of their own, written down before they are
sent, and taken back when the two shops part.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from django.db import transaction
from django.db.models import Q

from pipelines.lifecycle.serving import deleting, form
from pipelines.lifecycle.serving.form import Fields, Metafield
from pipelines.models import LifecycleEvent, Product, Shop, StagedField, Variant
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import AccessEnded, AccessForbidden, ShopifyError
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Metafields, UseCase

log = logging.getLogger(__name__)

NAMES = ("ownerId", "namespace", "key")  # by which a field is known
NAMESPACE = "$app:staging"  # beside the fields that the test store may have of its own
GIVE_UP_AFTER = timedelta(hours=24)
NO_SCOPE = (
    "Nothing was published: the test store has not allowed this app to write products. Allow it there under Settings."
)
UNREACHABLE = "Nothing was published: the app has no access to the test store. Open the app there."

MayGoOn = Callable[[], bool]
Wanted = dict[int, tuple[Metafields, Fields]]  # by variant


class Unlinked(Exception):
    """The shops parted while the work was under way."""


class FieldsStand(ShopifyError):
    retryable = True
    sentence = "Shopify would not delete them."


@dataclass(frozen=True)
class Match:
    """Which variant of the test store stands for which of the real one, and by what it was found."""

    pairs: dict[int, int]
    by_sku: int
    by_title: int
    unmatched: int

    def as_dict(self) -> dict[str, int]:
        """Give the counts."""
        return {"sku": self.by_sku, "title": self.by_title, "unmatched": self.unmatched}


def match(real: Shop, test_shop: Shop) -> Match:
    """Match variants by SKU, else by product and variant title; what is not unique on both sides matches nothing."""
    ours, theirs = known(real), known(test_shop)
    by_sku = joined(unique(ours, sku_of), unique(theirs, sku_of))
    rest = [row for row in ours if row[0] not in by_sku]
    taken = set(by_sku.values())
    by_title = joined(unique(rest, title_of), unique([row for row in theirs if row[0] not in taken], title_of))
    return Match(by_sku | by_title, len(by_sku), len(by_title), len(ours) - len(by_sku) - len(by_title))


def known(shop: Shop) -> list[tuple[int, str, str, str]]:
    """List a shop's variants: id, SKU, product title, own title."""
    titles = dict(Product.objects.for_shop(shop).filter(deleted_at=None).values_list("shopify_id", "title"))
    variants = Variant.objects.for_shop(shop).filter(deleted_at=None, product_id__in=titles)
    rows = variants.order_by("shopify_id").values_list("shopify_id", "sku", "title", "product_id")
    return [(pk, sku, titles[product], title) for pk, sku, title, product in rows]


def sku_of(row: tuple[int, str, str, str]) -> str:
    return "".join(row[1].casefold().split())


def title_of(row: tuple[int, str, str, str]) -> str:
    return " ".join(f"{row[2]} / {row[3]}".casefold().split())


def unique(rows: Sequence[Any], key: Callable[[Any], str]) -> dict[str, int]:
    """Give the rows whose key is theirs alone."""
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row[0])
    return {name: ids[0] for name, ids in found.items() if name and len(ids) == 1}


def joined(ours: dict[str, int], theirs: dict[str, int]) -> dict[int, int]:
    return {pk: theirs[name] for name, pk in ours.items() if name in theirs}


# From answers to fields


def fields_of(case: UseCase, tables: dict[str, pd.DataFrame]) -> Wanted:
    """Give the fields of every variant that an answer holds some for."""
    found: Wanted = {}
    for output, asked in case.published:
        if output.name in tables and not asked.slots:
            texts = texts_of(asked, case.function(asked.values), tables[output.name])
            found |= {unit: (asked, fields) for unit, fields in texts.items()}
    return found


def texts_of(asked: Metafields, values: Callable[..., Fields], rows: pd.DataFrame) -> dict[int, Fields]:
    """Read the rows of an answer as the nightly publication reads what is stored of them."""
    for column, value in asked.rows.items():
        rows = rows[rows[column] == value]
    named = rows[[asked.unit, *asked.columns]].astype(object)
    plain = named.where(named.notna(), None)
    return {
        int(unit): values({name: as_stored(value) for name, value in zip(asked.columns, told, strict=True)})
        for unit, *told in plain.itertuples(index=False)
    }


def as_stored(value: Any) -> Any:
    """Give a value as a column of the table would: days without a time."""
    return value.date() if isinstance(value, datetime) else value


# Publishing


def publish_advice(run: Any, tables: dict[str, pd.DataFrame], mine: MayGoOn) -> dict[str, Any]:
    """Write a candidate's fields into the test store; return what matched, and what was done in words."""
    real, test_shop = run.shop, run.test_shop
    matched = match(real, test_shop)
    wanted = fields_of(USE_CASES[run.use_case], tables)
    fields = {matched.pairs[pk]: told for pk, told in wanted.items() if pk in matched.pairs}
    told = matched.as_dict() | {"variants": len(fields), "preview": preview(test_shop, fields)}
    why_not = "" if test_shop.is_reachable else UNREACHABLE
    why_not = why_not or ("" if test_shop.has_scope(form.SCOPE) else NO_SCOPE)
    if why_not:
        return told | {"variants": 0, "sentence": why_not}
    try:
        send(run, fields, mine)
    except ShopifyError as error:
        return told | {"variants": sent(run), "sentence": f"Publishing stopped: {error}"}
    drop_stale(run, fields)
    return told


def send(run: Any, fields: Wanted, mine: MayGoOn) -> None:
    """Write down and send what Shopify takes at once, part by part; what an earlier attempt sent is left out."""
    api = AdminApi(run.test_shop)
    done = set(StagedField.objects.filter(run=run, is_sent=True).values_list("owner_id", "key", "value"))
    wanted = (field for variant, told in fields.items() for field in metafields(variant, *told))
    for part in form.parts(field for field in wanted if key_of(field) not in done):
        if not write_down(run, part, mine):
            raise Unlinked
        api.execute("metafields_set", {"metafields": part})
        if not StagedField.objects.filter(these(part), run=run).update(is_sent=True):
            deleting.delete(api, [{name: field[name] for name in NAMES} for field in part])  # they parted meanwhile
            raise Unlinked


def metafields(variant_id: int, asked: Metafields, fields: Fields) -> Iterator[Metafield]:
    """Put a variant's fields into Shopify's form."""
    for field in form.metafields(asked, variant_id, fields):
        yield field | {"namespace": NAMESPACE}


def key_of(field: Metafield) -> tuple[str, str, str]:
    return field["ownerId"], field["key"], field["value"]


def write_down(run: Any, part: Sequence[Metafield], mine: MayGoOn) -> bool:
    """Note a part before it is sent, unless the run is no longer ours."""
    with transaction.atomic():
        if not mine():
            return False
        StagedField.objects.filter(these(part), shop=run.shop, unlinked_at=None).delete()
        StagedField.objects.bulk_create(
            StagedField(shop=run.shop, run=run, owner_id=field["ownerId"], key=field["key"], value=field["value"])
            for field in part
        )
    return True


def these(part: Sequence[Metafield]) -> Q:
    """Select the rows of some fields."""
    return Q(*(Q(owner_id=field["ownerId"], key=field["key"]) for field in part), _connector=Q.OR)


def tracked(run: Any) -> Any:
    """Give the fields that the real shop has in its test store."""
    return StagedField.objects.for_shop(run.shop).filter(unlinked_at=None)


def drop_stale(run: Any, fields: Wanted) -> None:
    """Take back what an earlier candidate said of variants or in fields that this one says nothing of."""
    api = AdminApi(run.test_shop)
    wanted = {(field["ownerId"], field["key"]) for pk, told in fields.items() for field in metafields(pk, *told)}
    stale = [row for row in tracked(run) if (row.owner_id, row.key) not in wanted]
    for part in form.parts(stale):
        forget(api, part)


def forget(api: AdminApi, rows: Sequence[StagedField]) -> list[int]:
    """Delete fields that were written down, and forget those that are gone; return the rows of those that stand."""
    whys = deleting.delete(api, [address(row) for row in rows])
    StagedField.objects.filter(pk__in=[row.pk for row, why in zip(rows, whys, strict=True) if not why]).delete()
    return [row.pk for row, why in zip(rows, whys, strict=True) if why]


def address(row: StagedField) -> Metafield:
    """Name a field that was written down."""
    return {"ownerId": row.owner_id, "namespace": NAMESPACE, "key": row.key}


def sent(run: Any) -> int:
    """Count the variants that have fields."""
    return StagedField.objects.filter(run=run, is_sent=True).values("owner_id").distinct().count()


def preview(test_shop: Shop, fields: Wanted) -> int | None:
    """Choose a product to look at in the test store: the one of which most is said."""
    if not fields:
        return None
    best = max(fields, key=lambda pk: (most_of(*fields[pk]), -pk))
    return Variant.objects.for_shop(test_shop).filter(shopify_id=best).values_list("product_id", flat=True).first()


def most_of(asked: Metafields, fields: Fields) -> float:
    """Read the number by which one variant is chosen."""
    return float(fields.get(asked.best, 0))


# Taking back


def left_behind(now: datetime) -> list[int]:
    """List the test stores that hold fields of a link that ended."""
    waiting = StagedField.objects.filter(may_go(now))
    return list(waiting.order_by("shop_id").values_list("shop_id", flat=True).distinct())


def may_go(now: datetime) -> Q:
    """Select what was sent, and what was not once no request can be under way any more."""
    return Q(unlinked_at__isnull=False) & (Q(is_sent=True) | Q(unlinked_at__lte=now - form.UNDER_WAY))


def take_back(test_shop: Shop, now: datetime) -> int:
    """Delete what is left in a former test store; what cannot be for a day, or for ever, is noted and forgotten."""
    gone = StagedField.objects.for_shop(test_shop).filter(may_go(now))
    back, last, stand = 0, 0, list[int]()
    try:
        while rows := list(gone.filter(pk__gt=last).order_by("pk")[: form.PER_CALL]):
            require_access(test_shop)
            refused = drop(test_shop, rows)
            back, last, stand = back + len(rows) - len(refused), rows[-1].pk, stand + refused
        if stand:
            raise FieldsStand()
    except ShopifyError as error:
        lost = gone.filter(pk__in=stand) if isinstance(error, FieldsStand) else gone
        if error.retryable and lost.filter(unlinked_at__gt=now - GIVE_UP_AFTER).exists():
            log.info("fields in %s are taken back later: %s", test_shop.domain, error)
        else:
            why = error.sentence if isinstance(error, FieldsStand) else "The app has no access any more."
            note(test_shop, f"Fields in the test store could not be taken back. {why}", lost.delete()[0])
    if back:
        note(test_shop, "The fields in the test store were taken back", back)
    return back


def drop(test_shop: Shop, rows: Sequence[StagedField]) -> list[int]:
    """Delete some fields, but for those that a new link has written again; return the rows of those that stand."""
    owners = {row.owner_id for row in rows}
    again = StagedField.objects.filter(unlinked_at=None, owner_id__in=owners).values_list("owner_id", "key")
    kept = set(again)
    stay = [row.pk for row in rows if (row.owner_id, row.key) in kept]
    StagedField.objects.filter(pk__in=stay).delete()
    part = [row for row in rows if row.pk not in stay]
    return forget(AdminApi(test_shop), part) if part else []


def require_access(test_shop: Shop) -> None:
    """Refuse to ask a shop that does not let us."""
    if not test_shop.is_reachable:
        raise AccessEnded()
    if not test_shop.has_scope(form.SCOPE):
        raise AccessForbidden()


def note(test_shop: Shop, because: str, fields: int) -> None:
    """Write into the test store's ledger what became of the fields."""
    if fields and not test_shop.redacted_at:
        LifecycleEvent.record(test_shop, "test_store.cleared", by="system", because=because, fields=fields)
