"""Move every sealed value under the newest encryption key, so that an old key can be taken away."""

from __future__ import annotations

from django.db import transaction

from pipelines.lifecycle.alerts import channels
from pipelines.models import AlertChannel, LifecycleEvent, Shop, ShopToken
from pipelines.shopify import vault

SEALED = (("access_token", "access token"), ("refresh_token", "refresh token"))
SEALED_OF_CHANNELS = (("target", channels.TARGET), ("secret", channels.SECRET))


def rotate_keys() -> int:
    """Seal every shop's secrets under the newest key; return how many shops changed."""
    return sum(_rotate(shop_id) for shop_id in Shop.objects.order_by("pk").values_list("pk", flat=True))


def _rotate(shop_id: int) -> bool:
    """Reseal one shop's secrets; a refresh that happens meanwhile waits for the row."""
    with transaction.atomic():
        shop = Shop.objects.select_for_update().get(pk=shop_id)
        token = ShopToken.objects.select_for_update().filter(shop=shop).first()
        changed = _reseal(shop, "customer_key", "customer key", shop.domain)
        if token:
            for column, purpose in SEALED:
                changed = _reseal(token, column, purpose, shop.domain) or changed
        for channel in AlertChannel.objects.select_for_update().for_shop(shop):
            changed = _reseal_channel(channel, shop.domain) or changed
        if not changed:
            return False
        shop.save(update_fields=["customer_key"])
        if token:
            token.key_id = vault.newest_key_id()
            token.save(update_fields=["access_token", "refresh_token", "key_id"])
        LifecycleEvent.record(shop, "keys.rotated", by="system", because="secrets were sealed under the newest key")
    return True


def _reseal_channel(channel: AlertChannel, domain: str) -> bool:
    """Reseal where a channel leads to, and its key; nothing of it is seen."""
    changed = [_reseal(channel, column, purpose, domain) for column, purpose in SEALED_OF_CHANNELS]
    if any(changed):
        channel.save(update_fields=["target", "secret"])
    return any(changed)


def _reseal(row: Shop | ShopToken | AlertChannel, column: str, purpose: str, domain: str) -> bool:
    sealed = getattr(row, column)
    if not sealed or vault.key_id_of(sealed) == vault.newest_key_id():
        return False
    setattr(row, column, vault.seal(vault.unseal(sealed, purpose, domain), purpose, domain))
    return True
