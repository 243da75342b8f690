"""What is on its way to Shopify, and how it ended: line by line, so that one product holds up no other.

It is noted first and sent then: of what a run that died had sent nobody knows the number of its operation, but that it
may stand; it is sent anew once none of ours is under way.
A line is taken whole or not at all. Where Shopify refuses one, it says which fields of it are wrong: their owners are
kept with the reason, and tried again a day later; the others of the line are sent again at once.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from pipelines.lifecycle.serving import deleting, form
from pipelines.lifecycle.serving.wanted import STUCK, UNLIKE, Change, Known
from pipelines.models import PublishedFields, Shop
from pipelines.shopify import bulk
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import AccessForbidden, BadAnswer, ShopifyError, ShopUnreachable
from pipelines.usecases.contract import Metafields, Output, UseCase

log = logging.getLogger(__name__)

Rows = QuerySet[PublishedFields]
Errors = list[dict[str, Any]]
Named = tuple[int, str]  # an owner and one of its fields
Stuck = dict[Named, str]  # fields that Shopify would not delete, and why
AT_ONCE = 5000  # rows in one statement
TRIED_AGAIN = timedelta(days=1)  # after a refusal, unless something else is said before
NAMELESS = ""  # an operation that may have begun and whose number we do not know


@dataclass
class Told:
    """What the file of results says of each line."""

    done: set[int] = field(default_factory=set)
    refused: dict[int, Errors] = field(default_factory=dict)  # Shopify says which fields are wrong
    is_forbidden: bool = False


def settle(rows: Rows, api: AdminApi, now: datetime) -> bool:
    """Learn how earlier operations ended; False while one is still under way."""
    pending = rows.filter(is_confirmed=False)
    for operation in list(pending.values_list("operation", flat=True).distinct()):
        if operation == NAMELESS:
            if bulk.is_writing(api):
                return False
            doubt(pending.filter(operation=NAMELESS))
            continue
        status = bulk.status(api, operation)
        if not status.is_over:
            return False
        close(pending.filter(operation=operation), status, now)
    return True


def may_be_under_way(rows: Rows, error: BaseException) -> bool:
    """Tell whether Shopify may still begin or do what was asked last: it was noted, and not answered."""
    is_answered = isinstance(error, ShopifyError) and not isinstance(error, ShopUnreachable | BadAnswer)
    return not is_answered and rows.filter(is_confirmed=False, operation=NAMELESS).exists()


def close(rows: Rows, status: bulk.BulkStatus, now: datetime) -> None:
    """Count as published what Shopify took; of the rest know only that it was sent, but for what it refused."""
    url = status.url or status.partial_url
    if status.error_code == "ACCESS_DENIED":
        doubt(rows)
        raise AccessForbidden()
    if url is None and status.state == "COMPLETED":
        rows.update(is_confirmed=True)
        return
    told = results(url) if url else Told()
    with transaction.atomic():
        for line, errors in told.refused.items():
            refuse(rows.filter(line=line), errors, now)
        for part in pieces(sorted(told.done)):
            rows.filter(line__in=part).update(is_confirmed=True)
        doubt(rows.filter(is_confirmed=False))
    if told.is_forbidden:
        raise AccessForbidden()


def results(url: str) -> Told:
    """Read what became of each line; a file that cannot be read to its end tells only what it told."""
    told = Told()
    try:
        for line in bulk.lines(url, on_malformed=lambda line: None):
            number = line.get("__lineNumber")
            if type(number) is int:
                read_line(told, number, line)
    except ShopifyError as error:
        log.info("results of a bulk mutation could not be read: %s", error)
    return told


def read_line(told: Told, number: int, line: dict[str, Any]) -> None:
    """Sort one line: taken, refused with reasons, or failed without any, which is tried again."""
    errors = line.get("errors") or []
    answers = [each for each in (line.get("data") or {}).values() if isinstance(each, dict)]
    refused = [error for answer in answers for error in answer.get("userErrors") or []]
    if any((error.get("extensions") or {}).get("code") == "ACCESS_DENIED" for error in errors):
        told.is_forbidden = True
    elif refused:
        told.refused[number] = refused
    elif answers and not errors:
        told.done.add(number)


def refuse(rows: Rows, errors: Errors, now: datetime) -> None:
    """Keep the owners whose fields were refused with the reason; all of the line where Shopify names no field."""
    wrong: dict[int, str] = {}
    owners = [(row.pk, place) for row in rows.order_by("pk") for place in range(row.carried)]
    for error in errors:
        why, place = str(error.get("message", ""))[:200], place_of(error)
        for pk, _ in owners if place is None else owners[place : place + 1]:
            wrong[pk] = why
    by_reason: dict[str, list[int]] = defaultdict(list)
    for pk, why in wrong.items():
        by_reason[why].append(pk)
    for why, pks in by_reason.items():
        why = why or deleting.NO_REASON
        rows.filter(pk__in=pks).update(is_confirmed=True, refused=why, refused_at=now)


def due_again(rows: Rows, now: datetime) -> Rows:
    """Keep those that were refused so long ago that they are tried again."""
    return rows.exclude(refused="").filter(Q(refused_at=None) | Q(refused_at__lte=now - TRIED_AGAIN))


def try_again(rows: Rows, now: datetime) -> None:
    """Doubt what was refused a while ago: what stood in its way may have passed."""
    doubt(due_again(rows, now))


def doubt(rows: Rows) -> None:
    """Know of fields only that they were sent: they may stand, so they are sent anew or taken back."""
    doubted = list(rows)
    for row in doubted:
        row.values, row.refused, row.is_confirmed = dict.fromkeys(row.values, UNLIKE), "", True
    PublishedFields.objects.bulk_update(doubted, ["values", "refused", "is_confirmed"], batch_size=AT_ONCE)


def place_of(error: dict[str, Any]) -> int | None:
    """Return which field of a line an error is about.

    >>> place_of({"field": ["metafields", "3", "value"]}), place_of({"field": ["metafields"]}), place_of({})
    (3, None, None)
    """
    path = error.get("field") or []
    return int(path[1]) if len(path) > 1 and str(path[1]).isdecimal() else None


def send(shop: Shop, api: AdminApi, case: UseCase, output: Output, batch: Sequence[Change], now: datetime) -> None:
    """Send what changed of an output as one bulk operation, and take back what is no longer true."""
    asked, known = output.metafields, Known.of(shop, case, output).rows
    assert asked
    packed = list(form.lines(asked, ((change.owner, change.sent) for change in batch if change.sent)))
    remember(shop, case, output, batch, {owner: number for number, (names, _) in enumerate(packed) for owner in names})
    cleared(known, batch, take_back(api, asked, batch), now)
    operation = bulk.run_mutation(api, "metafields_set", ({"metafields": line} for _, line in packed))
    if operation:
        for part in pieces([change.owner for change in batch if change.sent]):
            known.filter(owner_id__in=part).update(operation=operation)


@transaction.atomic
def remember(shop: Shop, case: UseCase, output: Output, batch: Sequence[Change], line_of: dict[int, int]) -> None:
    """Note what is about to be sent and deleted, in the order in which it stands in its line."""
    asked, known = output.metafields, Known.of(shop, case, output).rows
    assert asked
    for part in pieces(batch):
        known.filter(owner_id__in=[change.owner for change in part]).delete()
        PublishedFields.objects.bulk_create(
            PublishedFields(
                shop=shop,
                use_case=case.slug,
                output=output.name,
                owner=asked.owner,
                owner_id=change.owner,
                values=change.values | dict.fromkeys(change.gone, UNLIKE),
                operation=NAMELESS,
                line=line_of.get(change.owner, 0),
                carried=len(change.sent),
            )
            for change in part
        )


def take_back(api: AdminApi, asked: Metafields, batch: Iterable[Change]) -> Stuck:
    """Delete fields that say something no longer true; return which Shopify would not delete, and why."""
    stale = ((change.owner, key) for change in batch for key in sorted(change.gone))
    told = ((part, deleting.delete(api, [form.address(asked, *each) for each in part])) for part in form.parts(stale))
    return {each: why for part, whys in told for each, why in zip(part, whys, strict=True) if why}


@transaction.atomic
def cleared(known: Rows, batch: Sequence[Change], stuck: Stuck, now: datetime) -> None:
    """Note that fields are gone, but for those that Shopify would not delete; an owner that holds none is forgotten."""
    changes = {change.owner: change for change in batch if change.gone}
    for part in pieces(list(changes)):
        rows = list(known.filter(owner_id__in=part))
        for row in rows:
            change = changes[row.owner_id]
            left = {key: stuck[row.owner_id, key] for key in sorted(change.gone) if (row.owner_id, key) in stuck}
            row.values, row.is_confirmed = change.values | dict.fromkeys(left, STUCK), not change.sent
            row.refused, row.refused_at = next(iter(left.values()), ""), now if left else None
        columns = ["values", "is_confirmed", "refused", "refused_at"]
        PublishedFields.objects.bulk_update(rows, columns, batch_size=AT_ONCE)
        known.filter(owner_id__in=part, values={}).delete()


def pieces(things: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Cut a sequence into what one statement takes."""
    return (things[first : first + AT_ONCE] for first in range(0, len(things), AT_ONCE))
