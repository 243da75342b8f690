"""Turn deliveries of one batch into facts, kind by kind; say of each what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Q
from django.utils import timezone

from pipelines.lifecycle import turns
from pipelines.lifecycle.ingest import backfill, facts, install, inventory, privacy
from pipelines.lifecycle.ingest.facts import Deletion, Taken
from pipelines.lifecycle.ingest.sql.sets import Key
from pipelines.models import Order, PublishedFields, Shop, SyncRun, Variant, WebhookDelivery
from pipelines.shopify.reading import payloads
from pipelines.shopify.reading.shapes import Malformed, currency, identifier, moment, words
from pipelines.shopify.reading.topics import TOPICS, number

State = WebhookDelivery.State


class Event(NamedTuple):
    """A claimed delivery."""

    id: int
    shop_domain: str
    webhook_id: str
    topic: str
    triggered_at: datetime
    attempts: int
    body: dict[str, Any]
    content_hash: int
    shop: Shop | None = None
    request: str = ""

    @property
    def known_shop(self) -> Shop:
        """Give the shop of a delivery of a kind that is applied only where there is one."""
        assert self.shop is not None
        return self.shop

    @property
    def kind(self) -> str:
        return TOPICS[self.topic].kind

    @property
    def sender(self) -> payloads.Sender:
        at = self.triggered_at.isoformat()
        return payloads.Sender(self.known_shop.pk, self.known_shop.currency, self.webhook_id, at, self.content_hash)


class Fate(NamedTuple):
    """What became of a delivery."""

    state: State = State.APPLIED
    error: str = ""
    subject: str | None = None  # what a merchant would call it by, where the body did not say


Verdicts = dict[int, Fate]
APPLIED = Fate()
SUPERSEDED = Fate(State.SUPERSEDED, "A newer state was known already.")
NO_VARIANT_YET = Fate(State.FAILED, "No variant has this inventory item yet.")


def apply_together(events: Sequence[Event]) -> Verdicts:
    """Apply events of the kinds that are written as sets."""
    by_kind: dict[str, list[Event]] = {}
    for event in events:
        by_kind.setdefault(event.kind, []).append(event)
    verdicts: Verdicts = {}
    for kind, applier in TOGETHER.items():
        if kind in by_kind:
            verdicts |= applier(by_kind[kind])
    return verdicts


def apply_alone(event: Event) -> Fate:
    """Apply an event that concerns a whole shop."""
    if names_another_shop(event):
        return Fate(State.DEAD, "The body names another shop than the header.")
    return ALONE[event.kind](event)


def names_another_shop(event: Event) -> bool:
    """Compare the shop in the body with the shop in the header: the signature covers the body only."""
    named = number(event.body.get(TOPICS[event.topic].shop_id))
    known = number(event.shop.gid) if event.shop else None
    return named is not None and known is not None and named != known


def read(events: Iterable[Event], reader: Callable[..., Any]) -> tuple[list[tuple[Event, Any]], Verdicts]:
    """Read bodies as facts; what cannot be read is parked with its reason."""
    done, verdicts = [], {}
    for event in events:
        try:
            done.append((event, reader(event.body, event.sender)))
        except Malformed as malformed:
            verdicts[event.id] = Fate(State.DEAD, str(malformed))
    return done, verdicts


def judge(done: list[tuple[Event, Any]], taken: Taken) -> Verdicts:
    """Say of each event whether its state was taken over."""
    return {
        event.id: APPLIED if (event.known_shop.pk, fact.shopify_id, event.webhook_id) in taken else SUPERSEDED
        for event, fact in done
    }


def orders(events: Sequence[Event]) -> Verdicts:
    done, verdicts = read(events, payloads.order)
    taken = facts.write_orders([fact for _, fact in done], facts.WEBHOOK_WINS)
    privacy.cut_who_returned(fact.order for _, fact in done)
    return verdicts | judge([(event, fact.order) for event, fact in done], taken)


def products(events: Sequence[Event]) -> Verdicts:
    done, verdicts = read(events, payloads.product)
    taken = facts.write_products([fact for _, fact in done], facts.WEBHOOK_WINS)
    return verdicts | judge([(event, fact.product) for event, fact in done], taken)


def locations(events: Sequence[Event]) -> Verdicts:
    done, verdicts = read(events, payloads.location)
    return verdicts | judge(done, facts.write(facts.LOCATIONS, [fact for _, fact in done], facts.WEBHOOK_WINS))


def checkouts(events: Sequence[Event]) -> Verdicts:
    done, verdicts = read(events, payloads.checkout)
    return verdicts | judge(done, facts.write_checkouts([fact for _, fact in done], facts.WEBHOOK_WINS))


def deletion(body: payloads.Body, sender: payloads.Sender) -> Deletion:
    return Deletion(sender.shop_id, identifier(body.get("id"), "the id"), sender.triggered_at, sender.webhook_id)


def deletions(events: Sequence[Event], delete: Callable[[list[Deletion]], set[Key]]) -> Verdicts:
    done, verdicts = read(events, deletion)
    buried = delete([fact for _, fact in done]) if done else set()
    return verdicts | {event.id: APPLIED if fact[:2] in buried else SUPERSEDED for event, fact in done}


def order_deletions(events: Sequence[Event]) -> Verdicts:
    return deletions(events, facts.delete_orders)


def product_deletions(events: Sequence[Event]) -> Verdicts:
    return deletions(events, facts.delete_products)


def refunds(events: Sequence[Event]) -> Verdicts:
    """Note refunds, and ask for their orders: a refund's body never writes an order."""
    done, verdicts = read(events, payloads.refund)
    facts.write_refunds([fact for _, fact in done])
    return verdicts | ask_for_orders([(event, fact.order_id) for event, fact in done])


def edits(events: Sequence[Event]) -> Verdicts:
    """Ask for orders that were edited: the body tells only what was added and removed."""
    done, verdicts = read(events, edited_order)
    return verdicts | ask_for_orders(done)


def edited_order(body: payloads.Body, sender: payloads.Sender) -> int:
    edit = body.get("order_edit")
    return identifier(edit.get("order_id") if isinstance(edit, dict) else None, "the edited order's id")


def ask_for_orders(done: list[tuple[Event, int]]) -> Verdicts:
    facts.ask_for_orders({(event.known_shop.pk, order_id) for event, order_id in done})
    named = subjects(done, Order, "shopify_id", ("name",))
    return {event.id: Fate(subject=named.get((event.known_shop.pk, order_id))) for event, order_id in done}


def stock(events: Sequence[Event]) -> Verdicts:
    done, verdicts = read(events, payloads.stock)
    levels = [(event, level) for event, level in done if level]
    inventory.append_stock([level for _, level in levels])
    items = [(event, level.inventory_item_id) for event, level in levels]
    named = subjects(items, Variant, "inventory_item_id", ("sku", "title"))
    verdicts |= {event.id: APPLIED for event, _ in done}
    return verdicts | {event.id: Fate(subject=named.get((event.known_shop.pk, item))) for event, item in items}


def items(events: Sequence[Event]) -> Verdicts:
    done, verdicts = read(events, payloads.item)
    placed = inventory.write_items([fact for _, fact in done])
    return verdicts | {event.id: APPLIED if fact[:2] in placed else NO_VARIANT_YET for event, fact in done}


def subjects(done: Iterable[tuple[Event, int]], table: Any, key: str, columns: tuple[str, ...]) -> dict[Any, str]:
    """Return what a merchant calls the things that events are about, by shop and id."""
    wanted: dict[int, set[int]] = {}
    for event, shopify_id in done:
        wanted.setdefault(event.known_shop.pk, set()).add(shopify_id)
    named: dict[Any, str] = {}
    for shop_id, ids in wanted.items():
        rows = table.objects.for_shop(shop_id).filter(**{f"{key}__in": ids}).values_list(key, *columns)
        named |= {(shop_id, row[0]): next(filter(None, row[1:]), "")[:80] for row in rows}
    return named


TOGETHER: dict[str, Callable[[Sequence[Event]], Verdicts]] = {
    "order": orders,
    "order_delete": order_deletions,
    "refund": refunds,
    "order_edit": edits,
    "product": products,
    "product_delete": product_deletions,
    "item": items,
    "stock": stock,
    "location": locations,
    "checkout": checkouts,
}


def shop(event: Event) -> Fate:
    """Take over name, time zone, currency and plan of a shop."""
    try:
        seen = datetime.fromisoformat(moment(event.body.get("updated_at") or event.sender.triggered_at, "updated_at"))
    except Malformed as malformed:
        return Fate(State.DEAD, str(malformed))
    outdated = Q(updated_at__isnull=True) | Q(updated_at__lt=seen)
    changed = Shop.objects.filter(outdated, pk=event.known_shop.pk).update(updated_at=seen, **shop_columns(event.body))
    return Fate(subject=event.shop_domain) if changed else SUPERSEDED


def shop_columns(body: payloads.Body) -> dict[str, str]:
    """Return what the body says of a shop; what is missing or unknown stays as it was."""
    columns = {
        "name": words(body.get("name")),
        "currency": known_currency(body.get("currency")),
        "country": words(body.get("country_code"), 2),
        "plan": words(body.get("plan_display_name") or body.get("plan_name"), 60),
        "timezone": known_zone(body.get("iana_timezone")),
    }
    return {name: value for name, value in columns.items() if value}


def known_currency(code: Any) -> str:
    try:
        return currency(code)
    except Malformed:
        return ""


def known_zone(name: Any) -> str:
    try:
        return ZoneInfo(name).key if type(name) is str and name else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""


def uninstalled(event: Event) -> Fate:
    if event.shop is None or install.depart(event.shop, event.triggered_at):
        return Fate(subject=event.shop_domain)
    return SUPERSEDED


def scopes(event: Event) -> Fate:
    current = event.body.get("current")
    if type(current) is not list:
        return Fate(State.DEAD, "The body does not list the permissions.")
    gained = install.scopes_changed(event.known_shop, map(str, current), event.triggered_at)
    if "read_all_orders" in gained:
        backfill.request_pull(event.known_shop, SyncRun.Kind.ORDERS, "scopes")
    return Fate(subject=event.shop_domain)


def bulk(event: Event) -> Fate:
    """Wake the import whose export is finished, or who sent what Shopify has worked off."""
    gid = event.body.get("admin_graphql_api_id") or ""
    SyncRun.objects.for_shop(event.known_shop).filter(state=SyncRun.State.EXPORTING, bulk_gid=gid).update(
        due_at=timezone.now()
    )
    sent = PublishedFields.objects.for_shop(event.known_shop).filter(operation=gid, is_confirmed=False)
    for use_case in sent.values_list("use_case", flat=True).distinct():
        turns.over("publish", (event.known_shop.pk, use_case))
    return APPLIED


def data_request(event: Event) -> Fate:
    if event.shop:
        privacy.report_customer(event.shop, customer_ref(event), numbers(event, "orders_requested"))
    return APPLIED


def customer_redact(event: Event) -> Fate:
    if event.shop:
        privacy.redact_customer(event.shop, customer_ref(event), numbers(event, "orders_to_redact"))
    return APPLIED


def shop_redact(event: Event) -> Fate:
    if event.shop is None:
        privacy.forget_deliveries(event.shop_domain, but=event.id)
        return APPLIED
    installed_at = event.shop.installed_at if event.shop.is_installed else None
    if installed_at and event.triggered_at < installed_at:
        return SUPERSEDED  # it belongs to an earlier stay
    privacy.redact_shop(event.shop)
    privacy.forget_deliveries(event.shop_domain, but=event.id)
    return APPLIED


def customer_ref(event: Event) -> bytes | None:
    ref = event.body.get("customer_ref")
    return bytes.fromhex(ref) if type(ref) is str else None


def numbers(event: Event, name: str) -> list[int]:
    return [value for value in event.body.get(name) or [] if type(value) is int]


ALONE: dict[str, Callable[[Event], Fate]] = {
    "shop": shop,
    "uninstalled": uninstalled,
    "scopes": scopes,
    "bulk": bulk,
    "data_request": data_request,
    "customer_redact": customer_redact,
    "shop_redact": shop_redact,
}
