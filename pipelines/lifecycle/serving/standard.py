"""Shopify's own field of a product, filled with the live list where the merchant wants that, and given back in the end.

Only a field that is empty or holds what we wrote is written; what somebody chose by hand stands. What stood there
before us is written down first, and comes back when a rollback ends at the simple rule, when the merchant switches it
off, or where a product has no list any more. Shopify compares before it writes, so nobody's hand is written over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.serving import deleting, form, sent, wanted
from pipelines.models import Deployment, LifecycleEvent, Publication, Shop, StandardField
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import UserErrors
from pipelines.usecases.contract import Metafields, Output, Slots, UseCase

log = logging.getLogger(__name__)

Rows = QuerySet[StandardField]
Stand = dict[int, str]  # products whose field Shopify would not give back, and why
State = StandardField.State
MOST = 1000  # products in one run, by ordinary calls of 25
LONGEST = 10  # products in Shopify's own list
LOOKED_AT_AGAIN = timedelta(days=7)  # what is somebody else's, or was refused


@dataclass(frozen=True)
class Here:
    """Where it is done: a shop's field of Shopify's own."""

    row: Publication
    api: AdminApi
    namespace: str
    key: str
    now: datetime

    @property
    def known(self) -> Rows:
        """Keep what we did to the field, by product."""
        return StandardField.objects.for_shop(self.row.shop_id).filter(use_case=self.row.use_case)

    def address(self, product: int) -> form.Metafield:
        """Name the field of a product."""
        return {"ownerId": f"gid://shopify/Product/{product}", "namespace": self.namespace, "key": self.key}


@dataclass(frozen=True)
class Found:
    """What a product's field holds at Shopify."""

    value: str | None
    digest: str | None

    @property
    def is_empty(self) -> bool:
        """Tell whether it lists nothing."""
        return self.value is None or not self.value.strip("[] \n")

    def is_of(self, row: StandardField) -> bool:
        """Tell whether it is what we wrote."""
        return self.value is not None and form.noted(self.value) in {row.ours, row.coming} - {""}


def choose(shop: Shop, use_case: str, *, fills: bool, by: str) -> None:
    """Note that the merchant wants Shopify's own field filled, or what stood there back; the next run does it."""
    row = Publication.of(shop, use_case)
    if row.fills_standard is fills:
        return
    with transaction.atomic():
        Shop.objects.lock(shop)  # before its rows, as who switches a family off does: neither waits for the other
        Publication.objects.filter(pk=row.pk).update(fills_standard=fills)
        Publication.ask(shop, use_case)
        kind, because = (
            ("filled", "The merchant lets lists be written to Shopify's own field, too")
            if fills
            else ("given_back", "What stood in Shopify's own field is put back")
        )
        LifecycleEvent.record(shop, f"standard.{kind}", by=by, because=because, use_case=use_case)


def left(shop: Shop, use_case: str) -> int:
    """Count the products whose field holds what we wrote."""
    return StandardField.objects.for_shop(shop).filter(use_case=use_case, state=State.OURS).count()


def keep(row: Publication, case: UseCase, api: AdminApi, now: datetime) -> bool:
    """Do a piece of what is left to be done with Shopify's own field; return whether that was all for today."""
    if case.slotted is None or case.slotted[2].standard is None:
        return True
    output, asked, slots = case.slotted
    assert slots.standard
    here = Here(row, api, *slots.standard, now)
    live = Deployment.of(row.shop_id, row.use_case).active_id
    if not (row.fills_standard and live and switches.lets_write(row.shop, case.slug)):
        todo_back = due_back(here.known, now).order_by("checked_at", "owner_id").values_list("owner_id", flat=True)
        return give_back(here, todo_back[:MOST]) < MOST
    if not wanted.of_version(row.shop, output, live, asked.rows).exists():
        return True  # it lost its lists: what stands stays
    todo = list(islice(differences(here, output, asked, slots, live), MOST))
    fill(here, {product: text for product, text in todo if text})
    give_back(here, [product for product, text in todo if not text])
    return len(todo) < MOST


def due_back(rows: Rows, now: datetime) -> Rows:
    """Keep those that are to be given back now: what Shopify refused lately waits for a day."""
    return rows.filter(Q(refused="") | Q(checked_at__lte=now - sent.TRIED_AGAIN))


def differences(here: Here, output: Output, asked: Metafields, slots: Slots, live: int) -> Iterator[tuple[int, str]]:
    """Yield products whose field is to be written with what, or given back, where that is an empty text."""
    products = wanted.listed(here.row.shop, here.now)
    seen = set(products)
    for first in range(0, len(products), wanted.PIECE):
        piece = products[first : first + wanted.PIECE]
        lists = wanted.lists_of(here.row.shop, output, asked, slots, live, piece)
        known = {row.owner_id: row for row in here.known.filter(owner_id__in=piece)}
        for product in piece:
            picks = wanted.shown(lists.get(product, []), product, seen)[:LONGEST]
            text = form.product_list(picks) if picks else ""
            if is_due(known.get(product), text, here.now):
                yield product, text


def is_due(row: StandardField | None, text: str, now: datetime) -> bool:
    """Tell whether something is to be done with a product's field; what is not ours is looked at now and then."""
    if row is None:
        return bool(text)
    if row.state != State.OURS:
        return row.checked_at < now - LOOKED_AT_AGAIN
    if not text:
        return not row.refused or row.checked_at <= now - sent.TRIED_AGAIN
    return form.noted(text) != row.ours or bool(row.coming or row.refused)


def fill(here: Here, texts: dict[int, str]) -> None:
    """Write lists where the field is empty or ours, part by part."""
    for part in parts(sorted(texts)):
        found, known = read(here, part), {row.owner_id: row for row in here.known.filter(owner_id__in=part)}
        here.known.filter(owner_id__in=set(part) - found.keys()).delete()  # gone at Shopify
        ours = [product for product in part if product in found and may_write(found[product], known.get(product))]
        note(here, [product for product in found if product not in ours], state=State.THEIRS, before="", ours="")
        write_down(here, {product: texts[product] for product in ours}, found, known)
        write(here, {product: texts[product] for product in ours}, found)


def may_write(found: Found, row: StandardField | None) -> bool:
    """Tell whether a field is empty or ours."""
    return found.is_empty or (row is not None and found.is_of(row))


def note(here: Here, products: Iterable[int], **changes: Any) -> None:
    """Note of some products what is so."""
    for product in products:
        StandardField.objects.update_or_create(
            shop_id=here.row.shop_id,
            use_case=here.row.use_case,
            owner_id=product,
            defaults=changes | {"checked_at": here.now, "coming": "", "refused": ""},
        )


def write_down(here: Here, texts: dict[int, str], found: dict[int, Found], known: dict[int, StandardField]) -> None:
    """Note what is about to be written, and what stands there before us; first, so that nothing is lost on the way."""
    for product, text in texts.items():
        facts: dict[str, Any] = {"coming": form.noted(text), "state": State.OURS}
        facts |= {"checked_at": here.now, "refused": ""}
        row = known.get(product)
        if row is None or not found[product].is_of(row):
            facts |= {"before": found[product].value or "", "ours": ""}
        StandardField.objects.update_or_create(
            shop_id=here.row.shop_id, use_case=here.row.use_case, owner_id=product, defaults=facts
        )


def write(here: Here, texts: dict[int, str], found: dict[int, Found]) -> None:
    """Send one part; where Shopify refuses it, one by one, so that one product holds up no other."""
    try:
        send(here, texts, found)
    except UserErrors as refusal:
        if len(texts) == 1:
            (product,) = texts
            log.info("Shopify's own field of product %d was not written: %s", product, refusal)
            state = State.THEIRS if "STALE_OBJECT" in refusal.codes else State.REFUSED
            note(here, [product], state=state)
            return
        for product, text in texts.items():
            write(here, {product: text}, found)


def send(here: Here, texts: dict[int, str], found: dict[int, Found]) -> None:
    """Write fields that are still as they were read, and note that they are ours."""
    if not texts:
        return
    fields: list[dict[str, Any]] = [
        {**here.address(product), "type": form.LIST, "value": text, "compareDigest": found[product].digest}
        for product, text in texts.items()
    ]
    here.api.execute("metafields_set", {"metafields": fields})
    for product, text in texts.items():
        here.known.filter(owner_id=product).update(ours=form.noted(text), coming="")


def give_back(here: Here, products: Iterable[int]) -> int:
    """Put back what stood in these products' fields before us, where they still hold ours; return how many they are."""
    count = 0
    for part in parts(list(products)):
        count += len(part)
        found = read(here, part)
        rows = {row.owner_id: row for row in here.known.filter(owner_id__in=part)}
        ours = [each for each, row in rows.items() if each in found and found[each].is_of(row)]
        before = {each: rows[each].before for each in ours}
        stand = restore(here, {each: text for each, text in before.items() if text}, found)
        stand |= remove(here, [each for each, text in before.items() if not text])
        here.known.filter(owner_id__in=set(part) - stand.keys()).delete()
        for product, why in stand.items():
            here.known.filter(owner_id=product).update(refused=why, checked_at=here.now)
    return count


def restore(here: Here, texts: dict[int, str], found: dict[int, Found]) -> Stand:
    """Write what stood there before; return where ours stands, as Shopify refused it for a reason that may pass.

    A field that somebody changed meanwhile, or that names what is gone, is left.
    """
    stand = {}
    for product, text in texts.items():
        try:
            send(here, {product: text}, found)
        except UserErrors as refusal:
            log.info("Shopify's own field of product %d was not put back: %s", product, refusal)
            if not (refusal.says_gone or refusal.codes & {"STALE_OBJECT", "INVALID_VALUE"}):
                stand[product] = str(refusal)[:200]
    return stand


def remove(here: Here, products: Sequence[int]) -> Stand:
    """Delete fields where nothing stood before us; return where ours stands, as Shopify would not delete it."""
    if not products:
        return {}
    whys = deleting.delete(here.api, [here.address(product) for product in products])
    return {product: why for product, why in zip(products, whys, strict=True) if why}


def read(here: Here, products: Sequence[int]) -> dict[int, Found]:
    """Read what stands in some products' fields; a product that is gone is not among them."""
    asked = {"ids": [here.address(product)["ownerId"] for product in products]}
    nodes = here.api.execute("product_fields", asked | {"namespace": here.namespace, "key": here.key}).data["nodes"]
    found = {}
    for node in filter(None, nodes):
        held = node["metafield"] or {}
        found[int(node["id"].rpartition("/")[2])] = Found(held.get("value"), held.get("compareDigest"))
    return found


def parts(products: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut products into what one call takes."""
    return (products[first : first + form.PER_CALL] for first in range(0, len(products), form.PER_CALL))
