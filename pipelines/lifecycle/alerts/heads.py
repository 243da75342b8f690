"""Sign the newest entry of each shop's ledger once a day, so that a chain cut short or written anew shows.

Whoever may write to the database could write a whole new chain, but cannot sign it: the key lies only where training
runs. Each head is kept twice, as a row and as a file beside the shop's artifacts, and is due every day, so that heads
cannot be taken away together with the entries they vouch for.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.core.files.base import ContentFile

from pipelines.lifecycle import artifact_storage, signing
from pipelines.lifecycle.alerts import board
from pipelines.models import LedgerHead, LifecycleEvent, Shop

log = logging.getLogger(__name__)
DUE_WITHIN = timedelta(days=2)
TOLD = "ledger"


def sign_heads(now: datetime) -> int:
    """Sign today's head of every shop that has none yet; return how many were signed."""
    signed = LedgerHead.objects.filter(day=now.date()).values("shop")
    return sum(signs(shop, now) for shop in Shop.objects.filter(redacted_at=None).exclude(pk__in=signed).order_by("pk"))


def signs(shop: Shop, now: datetime) -> bool:
    """Sign one shop's head; what is wrong with one shop is no other shop's."""
    try:
        return sign(shop, now)
    except Exception:
        log.exception("the ledger of %s could not be signed", shop)
        return False


def sign(shop: Shop, now: datetime) -> bool:
    """Sign the newest entry, or tell people where the ledger is not what was signed before."""
    newest = LifecycleEvent.objects.for_shop(shop).order_by("-seq").first()
    if newest is None:
        return False
    found = breaches(shop, since=last_head(shop))
    if found:
        log.error("%s", found[0])
        board.tell(
            shop,
            TOLD,
            title="The record of what was done was changed",
            text=" ".join(found)[:500],
            next_step="Write to us and name this alert: the record has to be compared with its signed copies.",
            severity=board.Severity.CRITICAL,
            now=now,
        )
        return False
    signature = base64.b64encode(signing.signing_key().sign(signed_bytes(shop.pk, now.date(), newest))).decode()
    facts = {"seq": newest.seq, "digest": newest.digest, "signature": signature}
    head, is_new = LedgerHead.objects.get_or_create(shop=shop, day=now.date(), defaults=facts)
    keep_file(head)  # after the row: a file without its row would look as if the row had been taken away
    return is_new


def signed_bytes(shop_id: int, day: date, entry: LifecycleEvent | LedgerHead) -> bytes:
    """Return what is signed: whose chain, on which day, up to which entry."""
    return json.dumps(["ledger", shop_id, day.isoformat(), entry.seq, entry.digest], separators=(",", ":")).encode()


def last_head(shop: Shop) -> LedgerHead | None:
    """Return the newest head of a shop."""
    return LedgerHead.objects.for_shop(shop).order_by("-day").first()


def folder(shop: Shop) -> str:
    """Return where a shop's heads lie as files."""
    return f"{shop.pk}/ledger"


def keep_file(head: LedgerHead) -> None:
    """Write a head down a second time, unless an attempt before did."""
    path = f"{folder(head.shop)}/{head.day.isoformat()}.json"
    if not artifact_storage.storage().exists(path):
        artifact_storage.storage().save(path, ContentFile(json.dumps(told(head)).encode()))


def told(head: LedgerHead) -> dict[str, object]:
    """Return a head as it is exported."""
    return {"day": head.day.isoformat(), "seq": head.seq, "digest": head.digest, "signature": head.signature}


def files(shop: Shop) -> Iterator[LedgerHead]:
    """Yield the heads that lie as files; one that cannot be read is a head that nobody signed."""
    storage = artifact_storage.storage()
    try:
        _, names = storage.listdir(folder(shop))
    except FileNotFoundError:
        return
    for name in sorted(names):
        day = date.fromisoformat(name.removesuffix(".json"))
        try:
            facts = json.loads(artifact_storage.read(f"{folder(shop)}/{name}"))
            yield LedgerHead(shop=shop, day=day, **{key: facts[key] for key in ("seq", "digest", "signature")})
        except (ValueError, KeyError, TypeError):
            yield LedgerHead(shop=shop, day=day, seq=0, digest="", signature="")


# Verifying


def breaches(shop: Shop, since: LedgerHead | None = None) -> list[str]:
    """Name what is wrong with a shop's ledger; with a head, entries before it are taken from its signature."""
    heads = list(LedgerHead.objects.for_shop(shop).order_by("day"))
    kept = list(files(shop))
    found = [problem for head in [*heads, *kept] if (problem := problem_of(shop, head))]
    known = {head.day for head in heads}
    found += [f"{shop}: the signed head of {head.day} is gone." for head in kept if head.day not in known]
    broken_at = LifecycleEvent.broken_at(shop, since if since and not found else None)
    if broken_at is not None:
        found.append(f"{shop}: the ledger does not hold at entry {broken_at}.")
    return list(dict.fromkeys(found))


def problem_of(shop: Shop, head: LedgerHead) -> str:
    """Say what is wrong with one head, or nothing."""
    if not signing.is_signed(signed_bytes(shop.pk, head.day, head), head.signature):
        return f"{shop}: the head of {head.day} bears no signature of ours."
    entry = LifecycleEvent.objects.for_shop(shop).filter(seq=head.seq).values_list("digest", flat=True).first()
    if entry is None:
        return f"{shop}: the ledger was cut short; entry {head.seq}, signed on {head.day}, is gone."
    return "" if entry == head.digest else f"{shop}: entry {head.seq} is not the one that was signed on {head.day}."


def overdue(shop: Shop, now: datetime) -> str:
    """Say that no head was signed lately although there is something to sign, or nothing."""
    oldest = LifecycleEvent.objects.for_shop(shop).order_by("seq").first()
    if oldest is None or oldest.at > now - DUE_WITHIN:
        return ""
    head = last_head(shop)
    if head and head.day >= (now - DUE_WITHIN).date():
        return ""
    newest = f"the newest is of {head.day}" if head else "there is none"
    return f"{shop}: the ledger has no signed head of the last two days; {newest}. Is a trainer running?"
