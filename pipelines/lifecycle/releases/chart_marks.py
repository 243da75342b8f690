"""Mark on Shopify's own charts what moved: approvals, steps, what went live, what went back. Nothing without the grant.

Each entry of the ledger is one row, so it is marked once. A try whose answer was lost may have been written: before it
is tried again, Shopify is asked whether it is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from pipelines.lifecycle import turns
from pipelines.models import Annotation, LifecycleEvent, Shop
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import ShopifyError, UserErrors
from pipelines.usecases import USE_CASES

SCOPE = "write_analytics_annotations"
TYPE = "store_redesign"  # of the types that Shopify knows, the nearest: something of the store is another from here on
KINDS = {
    "approval.given": "approved",
    "release.step": "shown to more shoppers",
    "release.live": "live",
    "release.restored": "live again",
    "release.rolled_back": "rolled back",
}
LONGEST_TITLE, LONGEST_TEXT = 75, 150  # that Shopify takes
FOUND_FOR = timedelta(days=7)  # what is older is no news on a chart
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240, 720))
LIMIT = "LIMIT_REACHED"
GAVE_UP = "It was tried often enough."
State = Annotation.State


def find(now: datetime) -> int:
    """Write down what is to be marked since the merchant allowed it; return how many entries are new."""
    return sum(find_of(shop, now) for shop in granting())


def granting() -> Iterator[Shop]:
    """Yield the shops that let us mark their charts."""
    yield from Shop.objects.reachable().filter(scopes__contains=[SCOPE])


def find_of(shop: Shop, now: datetime) -> int:
    """Write down what of one shop's ledger is to be marked."""
    since = max(now - FOUND_FOR, shop.scopes_at or now - FOUND_FOR)
    known = Annotation.objects.filter(shop=OuterRef("shop"), seq=OuterRef("seq"))
    told = LifecycleEvent.objects.for_shop(shop).filter(kind__in=[*KINDS], at__gte=since).exclude(Exists(known))
    rows = [Annotation(shop=shop, seq=seq, made_at=now, next_at=now) for seq in told.values_list("seq", flat=True)]
    return len(Annotation.objects.bulk_create(rows, ignore_conflicts=True))


def shops_due(now: datetime) -> list[int]:
    """List the shops of which something waits to be marked, and that still let us."""
    due = Annotation.objects.filter(state=State.WAITING, next_at__lte=now)
    lets_us = Shop.objects.reachable().filter(scopes__contains=[SCOPE])
    return list(due.filter(shop__in=lets_us).values_list("shop", flat=True).distinct())


def write_due(shop: Shop, now: datetime) -> int:
    """Mark what is due of one shop, oldest first; what fails for Shopify's reasons ends it for now."""
    written = 0
    while shop.is_reachable and shop.has_scope(SCOPE) and (row := claim(shop, now)):
        if not write(row, shop, now):
            break
        written += row.state == State.WRITTEN
    return written


def claim(shop: Shop, now: datetime) -> Annotation | None:
    """Take the oldest mark that is due, and note when it may be tried again before it is tried."""
    with transaction.atomic():
        due = Annotation.objects.for_shop(shop).filter(state=State.WAITING, next_at__lte=now).order_by("seq")
        row = due.select_for_update(skip_locked=True, no_key=True).first()
        if row is None:
            return None
        row.attempts += 1
        row.next_at = now + PAUSES[min(row.attempts, len(PAUSES)) - 1] * turns.spread(f"mark:{row.pk}:{row.attempts}")
        row.save(update_fields=["attempts", "next_at"])
    return row


def write(row: Annotation, shop: Shop, now: datetime) -> bool:
    """Try one mark; False where no other would fare better now."""
    mark, api = mark_of(shop, row.seq), AdminApi(shop)
    try:
        gid = (found(api, mark) if row.attempts > 1 else "") or created(api, mark)
    except UserErrors as refusal:
        settle(row, State.REFUSED, problem=str(refusal))
        return LIMIT not in refusal.codes
    except ShopifyError as trouble:
        is_over = not trouble.retryable or row.attempts > len(PAUSES)
        settle(row, State.REFUSED if is_over else State.WAITING, problem=str(trouble) or GAVE_UP)
        return False
    settle(row, State.WRITTEN, gid=gid)
    return True


def mark_of(shop: Shop, seq: int) -> dict[str, Any]:
    """Say an entry of the ledger as Shopify takes it: which model, which version, what, and why."""
    event = LifecycleEvent.objects.for_shop(shop).get(seq=seq)
    case = USE_CASES.get(event.use_case)
    model = f"{case.title if case else event.use_case}, version {event.version_number}"
    return {
        "title": f"{model}: {KINDS[event.kind]}"[:LONGEST_TITLE],
        "description": event.because[:LONGEST_TEXT],
        "startedAt": event.at.replace(microsecond=0).isoformat(),
        "type": TYPE,
    }


def created(api: AdminApi, mark: dict[str, Any]) -> str:
    """Have Shopify keep a mark; return its id."""
    answer = api.execute("analytics_annotation_create", {"input": mark}).data
    return str(((answer.get("analyticsAnnotationCreate") or {}).get("analyticsAnnotation") or {}).get("id") or "")


def found(api: AdminApi, mark: dict[str, Any]) -> str:
    """Return the id of a mark that Shopify has already: an earlier try arrived, and only its answer was lost."""
    began = datetime.fromisoformat(mark["startedAt"])
    asked = f"source:app started_at:>={(began - timedelta(seconds=1)).isoformat()}"
    of_the_shop = api.execute("analytics_annotations", {"query": asked}).data.get("shop") or {}
    nodes = (of_the_shop.get("analyticsAnnotations") or {}).get("nodes") or []
    same = (node for node in nodes if node["title"] == mark["title"])
    return next((str(node["id"]) for node in same if datetime.fromisoformat(node["startedAt"]) == began), "")


def settle(row: Annotation, state: str, *, gid: str = "", problem: str = "") -> None:
    """Write down what became of a try, unless a later one did meanwhile."""
    row.state, row.gid, row.problem = state, gid, problem[:200]
    mine = Annotation.objects.filter(pk=row.pk, state=State.WAITING, attempts=row.attempts)
    mine.update(state=state, gid=gid, problem=row.problem)


def newest_problem(shop: Shop) -> str:
    """Say why the newest mark that was settled was refused; nothing where it was written."""
    newest = Annotation.objects.for_shop(shop).exclude(state=State.WAITING).order_by("-seq").first()
    return newest.problem if newest and newest.state == State.REFUSED else ""
