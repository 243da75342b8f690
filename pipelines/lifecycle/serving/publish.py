"""Fill the shop's own metafields with what a use case says, where the merchant lets us: only what changed, in bulk.

Shopify works a bulk operation off in its own time. What was sent counts as published once the operation completed;
until then nothing more is sent, and what a failed one carried is sent again. Each run does a piece and may be the last
of its process: the next one goes on from what is written down. What is switched off is taken back in the same way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines.lifecycle import turns
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.serving import form, sent, slots, standard, wanted
from pipelines.lifecycle.serving.wanted import Change
from pipelines.models import LifecycleEvent, Publication, PublishedFields, Shop
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import AccessForbidden
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Metafields, Output, UseCase

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)  # as long as the job may take
MOST_BYTES = 40 << 20  # in one operation: Shopify takes 100 MB, and the rest comes with the next one
MOST_GONE = 1000  # fields that one run deletes, by ordinary calls
NOT_ALLOWED = "Shopify does not let this app write to your products any more"
ALLOW = "Allow it under Settings if it should go on. What is there stays as it is meanwhile."


@dataclass(frozen=True)
class Basis:
    """What a run goes by: who changes it while the run goes on asks for another one."""

    may_stand: bool
    asked: int
    versions: tuple[int, int | None]


def publish(shop: Shop, use_case: str, now: datetime | None = None) -> int:
    """Tell the storefront what runs now, and send what changed since the last time; return for how many owners."""
    case, now = USE_CASES[use_case], now or timezone.now()
    if not (case.published and shop.is_reachable):
        return 0
    row = Publication.of(shop, use_case)
    try:
        slots.turn(shop, case)  # one small call, whoever else is at work: a rollback waits for no operation
        if shop.has_scope(form.SCOPE):
            return go_on(row, case, now)
        if row.published_at:
            raise AccessForbidden
    except AccessForbidden:
        stop(row, case, now)
    return 0


def go_on(row: Publication, case: UseCase, now: datetime) -> int:
    """Do a piece of the work; where somebody else is at it, note that it is to be looked at once more."""
    if not leased(row, now):
        Publication.ask(row.shop, case.slug)
        return 0
    try:
        sent_now = send(row, case, now)
    finally:
        Publication.objects.filter(pk=row.pk, leased_until=row.leased_until).update(leased_until=None)
    if Publication.objects.filter(pk=row.pk, asked__gt=row.asked).exists():
        turns.over("publish", (row.shop_id, case.slug))  # whoever asked meanwhile waits no longer than for this run
    return sent_now


def leased(row: Publication, now: datetime) -> bool:
    """Take the work for as long as a run may last, and note that it is not done: the condition lets one through."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    mine = Publication.objects.filter(free, pk=row.pk).update(leased_until=now + LEASE, is_whole=False)
    row.refresh_from_db()
    return bool(mine)


def send(row: Publication, case: UseCase, now: datetime) -> int:
    """Send a piece of what changed, once earlier operations are over."""
    shop, api = row.shop, AdminApi(row.shop)
    rows = PublishedFields.objects.for_shop(shop).filter(use_case=case.slug)
    basis = basis_of(row)
    is_kept = standard.keep(row, case, api, now)
    if not sent.settle(rows, api, now):
        return 0
    sent.try_again(rows, now)
    changed = [(send_output if basis.may_stand else take_back)(row, api, case, *each, now) for each in case.published]
    is_turned = slots.turn(shop, case)
    is_done = is_turned and is_kept and not any(changed) and (basis.may_stand or not rows.exists())
    if is_done and still_stands(row, basis):
        (went_well if basis.may_stand else went_away)(row, case, now)
    return sum(changed)


def basis_of(row: Publication) -> Basis:
    """Return what a run goes by."""
    return Basis(switches.lets_write(row.shop, row.use_case), row.asked, slots.versions(row))


@transaction.atomic
def still_stands(row: Publication, basis: Basis) -> bool:
    """Note that nothing is left to be done, unless somebody said otherwise meanwhile; tell whether it was noted."""
    here = Publication.objects.select_for_update(no_key=True).filter(pk=row.pk).first()  # who asks later notes it later
    if here is None or basis_of(here) != basis:
        return False
    mark(row, is_whole=True)
    return True


def send_output(
    row: Publication, api: AdminApi, case: UseCase, output: Output, asked: Metafields, now: datetime
) -> int:
    """Send a piece of what changed of one output; return of how many owners it speaks."""
    wanted.forget_deleted(row.shop, case, output, asked)
    if asked.slots is None:
        batch = enough(wanted.changes(row.shop, case, output, asked))
    else:
        fills = slots.fills(row, output, asked, asked.slots)
        slots.begin(row, fills)
        batch = enough(wanted.changes_in_slots(row.shop, case, output, fills, now)) if fills else []
        if not batch:
            slots.finish(row, fills)
    if batch:
        sent.send(row.shop, api, case, output, batch, now)
    return len(batch)


def take_back(row: Publication, api: AdminApi, case: UseCase, output: Output, asked: Metafields, now: datetime) -> int:
    """Delete a piece of what Shopify holds of an output; return of how many owners it is."""
    wanted.forget_deleted(row.shop, case, output, asked)
    row.slots = {}
    mark(row, slots=row.slots)
    batch = enough(wanted.withdrawals(row.shop, case, output))
    if batch:
        sent.send(row.shop, api, case, output, batch, now)
    return len(batch)


def enough(changes: Iterable[Change]) -> list[Change]:
    """Take as many changes as one run sends."""
    return list(within(changes))


def within(changes: Iterable[Change]) -> Iterator[Change]:
    """Pass changes on until they are as many as one operation carries and one run deletes."""
    bytes_, gone = 0, 0
    for change in changes:
        yield change
        bytes_, gone = bytes_ + change.weight, gone + len(change.gone)
        if bytes_ >= MOST_BYTES or gone >= MOST_GONE:
            return


def mark(row: Publication, **changes: object) -> None:
    """Note how far it is."""
    Publication.objects.filter(pk=row.pk).update(**changes)


def stop(row: Publication, case: UseCase, now: datetime) -> None:
    """Stop until the merchant lets us write again, and say so."""
    mark(row, stopped_because=NOT_ALLOWED, is_whole=False)
    board.tell(
        row.shop, alert_of(case), title=f"{case.title}: {NOT_ALLOWED}", next_step=ALLOW, use_case=case.slug, now=now
    )


def went_well(row: Publication, case: UseCase, now: datetime) -> None:
    """Note that all is there, and that nothing keeps us from it any more."""
    if row.stopped_because:
        board.close(row.shop, alert_of(case), now)
    mark(row, stopped_because="", published_at=now)


def went_away(row: Publication, case: UseCase, now: datetime) -> None:
    """Note that nothing is left on products, once in the shop's ledger, too."""
    if row.stopped_because:
        board.close(row.shop, alert_of(case), now)
    if row.published_at:
        because = f"{case.title}: what it wrote to products was taken back, as it is switched off"
        LifecycleEvent.record(row.shop, "fields.taken_back", by="system", because=because, use_case=case.slug)
    mark(row, stopped_because="", published_at=None)


def alert_of(case: UseCase) -> str:
    """Name the alert that says that a use case may not write."""
    return f"publish:{case.slug}"
