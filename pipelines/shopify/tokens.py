"""A shop's offline token: kept encrypted, refreshed before it ends, by one process at a time.

Whoever wants to refresh takes a lease by a conditional update, asks Shopify outside of any transaction,
and stores the new pair by a second conditional update that only the lease's holder passes. The lease of
a killed process runs out. Shopify keeps the previous refresh token usable until its replacement is first
used, so a pair that was never stored is not missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from pipelines.models import Shop, ShopToken
from pipelines.shopify import token_exchange, vault
from pipelines.shopify.errors import AccessEnded, ShopUnreachable
from pipelines.shopify.token_exchange import Grant

EARLY = timedelta(minutes=5)  # refresh this long before the end
LEASE = timedelta(seconds=40)  # longer than one refresh with its retry can take
PAUSE = 0.1  # seconds between looks at another process's refresh
NEVER = datetime.fromtimestamp(0, tz=UTC)


def access_token(shop: Shop, refused: str = "") -> str:
    """Return a token that Shopify accepts, refreshing it where due; `refused` is one that it did not accept."""
    deadline = time.monotonic() + LEASE.total_seconds() + 5
    while time.monotonic() < deadline:
        row = ShopToken.objects.filter(shop=shop).first()
        if row is None or not row.access_token:
            end_access(shop, AccessEnded.sentence)
            raise AccessEnded()
        token = _open(row, "access token", row.access_token, shop)
        now = timezone.now()
        if token != refused and row.access_expires_at - EARLY > now:
            return token
        lease = take_lease(row)
        if lease:
            return _refresh(shop, row, lease)
        if token != refused and row.access_expires_at > now + timedelta(seconds=10):
            return token  # another process renews it; this one is still good
        time.sleep(PAUSE)
    raise ShopUnreachable()


def obtain(shop: Shop, exchange: Callable[[], Grant]) -> Grant | None:
    """Store what an exchange brings under the lease; None where another process has just done so."""
    row, _ = ShopToken.objects.get_or_create(
        shop_id=shop.pk, defaults={"access_token": b"", "access_expires_at": NEVER, "key_id": ""}
    )
    seen = row.obtained_at if row.access_token else None
    lease = take_lease(row)
    if not lease:
        _wait_for_other(row, seen)
        return None
    try:
        grant = exchange()
    except BaseException:  # also where the job's time is over: nobody else should wait for this lease
        drop_lease(row, lease)
        raise
    return grant if _store(shop, row, lease, grant) else None


def end_access(shop: Shop, reason: str) -> None:
    """Remember that Shopify refuses us until the merchant opens the app again."""
    Shop.objects.filter(pk=shop.pk, access_ended_at=None).update(
        access_ended_at=timezone.now(), access_ended_reason=reason[:200]
    )


def take_lease(row: ShopToken) -> datetime | None:
    """Take the right to renew a shop's tokens for a while, or return None where another process has it."""
    now = timezone.now()
    until = now + LEASE
    free = Q(refresh_lease_until=None) | Q(refresh_lease_until__lte=now)
    unchanged = ShopToken.objects.filter(free, pk=row.pk, obtained_at=row.obtained_at)
    return until if unchanged.update(refresh_lease_until=until) else None


def drop_lease(row: ShopToken, lease: datetime) -> bool:
    """Give the right back unused, and say whether it was still ours."""
    return bool(ShopToken.objects.filter(pk=row.pk, refresh_lease_until=lease).update(refresh_lease_until=None))


def _wait_for_other(row: ShopToken, seen: datetime | None) -> None:
    """Wait until the process that holds the lease has stored a pair."""
    deadline = time.monotonic() + LEASE.total_seconds()
    while time.monotonic() < deadline:
        row.refresh_from_db()
        if row.access_token and row.obtained_at != seen:
            return
        if row.refresh_lease_until is None or row.refresh_lease_until <= timezone.now():
            break
        time.sleep(PAUSE)
    raise ShopUnreachable()


def _refresh(shop: Shop, row: ShopToken, lease: datetime) -> str:
    """Trade the refresh token while holding the lease."""
    refresh_token = _open(row, "refresh token", row.refresh_token, shop) if row.refresh_token else ""
    try:
        if not refresh_token or (row.refresh_expires_at and row.refresh_expires_at <= timezone.now()):
            raise AccessEnded()
        grant = token_exchange.refresh(shop.domain, refresh_token)
    except AccessEnded as error:
        if drop_lease(row, lease):
            end_access(shop, str(error))
        raise
    except BaseException:
        drop_lease(row, lease)
        raise
    if not _store(shop, row, lease, grant):
        return access_token(shop)  # we were too slow: another process took over, its pair counts
    return grant.access_token


def _store(shop: Shop, row: ShopToken, lease: datetime, grant: Grant) -> bool:
    """Write a new pair in one statement, if the lease is still ours."""
    now = timezone.now()
    pair = {
        "access_token": vault.seal(grant.access_token.encode(), "access token", shop.domain),
        "access_expires_at": now + timedelta(seconds=grant.expires_in),
        "key_id": vault.newest_key_id(),
        "refresh_lease_until": None,
        "obtained_at": now,
    }
    if grant.refresh_token:
        pair["refresh_token"] = vault.seal(grant.refresh_token.encode(), "refresh token", shop.domain)
        lifetime = grant.refresh_expires_in
        pair["refresh_expires_at"] = now + timedelta(seconds=lifetime) if lifetime else None
    return bool(ShopToken.objects.filter(pk=row.pk, refresh_lease_until=lease).update(**pair))


def _open(row: ShopToken, purpose: str, sealed: bytes | memoryview, shop: Shop) -> str:
    """Decrypt one token of the pair; a token whose key is gone is as good as lost."""
    try:
        return vault.unseal(sealed, purpose, shop.domain).decode()
    except vault.CannotUnseal as error:
        end_access(shop, "The key that protects this store's access is gone.")
        raise AccessEnded() from error
