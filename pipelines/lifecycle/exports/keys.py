"""Keys of a shop for tools of the merchant's own: made, shown once, replaced, revoked; only digests are kept.

A key has a name, by which it is found, and a secret of 32 drawn bytes, which is compared in constant time. A shop may
have two, so that one takes the other's place while both are good.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, Shop, ShopKey

MOST = 2  # keys of a shop
WRITTEN = re.compile(r"shopmlops_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
USED_TO = timedelta(hours=1)
ENOUGH = f"A shop has {MOST} keys at most. Revoke one first."
NOBODYS = hashlib.sha256(b"").digest()


def make(shop: Shop, by: str, now: datetime) -> str:
    """Make a key and return it: it is told this once."""
    name, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    with transaction.atomic():
        Shop.objects.lock(shop)
        if ShopKey.objects.for_shop(shop).count() >= MOST:
            raise Refused(ENOUGH)
        ShopKey.objects.create(shop=shop, name=name, digest=digest(secret), made_at=now)
        because = "A key for tools of the shop's own was made"
        LifecycleEvent.record(shop, "key.made", by=by, because=because, key=name)
    return f"shopmlops_{name}_{secret}"


def revoke(key: ShopKey, by: str) -> None:
    """Let a key open nothing any more."""
    with transaction.atomic():
        Shop.objects.lock(key.shop_id)
        if ShopKey.objects.filter(pk=key.pk).delete()[0]:
            because = "A key for tools of the shop's own was revoked"
            LifecycleEvent.record(key.shop, "key.revoked", by=by, because=because, key=key.name)


def shop_of(given: str, now: datetime) -> Shop | None:
    """Return whose key it is, and note that it was used; nothing where it opens none, or its shop has left."""
    written = WRITTEN.fullmatch(given)
    name, secret = written.groups() if written else ("", "")
    found = ShopKey.objects.filter(name=name, shop__in=Shop.objects.installed()).select_related("shop").first()
    is_right = hmac.compare_digest(digest(secret), bytes(found.digest) if found else NOBODYS)
    if found is None or not is_right:
        return None
    ShopKey.objects.filter(Q(used_at=None) | Q(used_at__lt=now - USED_TO), pk=found.pk).update(used_at=now)
    return found.shop


def digest(secret: str) -> bytes:
    """Return what is kept of a secret: it was drawn from 256 bits, so one round is enough."""
    return hashlib.sha256(secret.encode()).digest()
