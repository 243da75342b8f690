"""Move every sealed value under the newest encryption key, so that an old key can be taken away."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Model

from pipelines.lifecycle.alerts import channels
from pipelines.lifecycle.buying import printing, suppliers
from pipelines.models import AlertChannel, LifecycleEvent, OrderPaper, Shop, ShopToken, Supplier
from pipelines.models.base import ShopTable
from pipelines.shopify import vault

Sealed = tuple[tuple[str, str], ...]  # columns, and what each is sealed for
SEALED: Sealed = (("access_token", "access token"), ("refresh_token", "refresh token"))
SEALED_OF_ROWS: dict[type[ShopTable], Sealed] = {
    AlertChannel: (("target", channels.TARGET), ("secret", channels.SECRET)),
    Supplier: (("address", suppliers.ADDRESS),),
    OrderPaper: (("file", printing.PURPOSE),),
}


def rotate_keys() -> int:
    """Seal every shop's secrets under the newest key; return how many shops changed."""
    return sum(_rotate(shop_id) for shop_id in Shop.objects.order_by("pk").values_list("pk", flat=True))


def _rotate(shop_id: int) -> bool:
    """Reseal one shop's secrets; a refresh that happens meanwhile waits for the row."""
    with transaction.atomic():
        shop = Shop.objects.lock(shop_id)
        token = ShopToken.objects.select_for_update().filter(shop=shop).first()
        changed = _reseal(shop, "customer_key", "customer key", shop.domain)
        if token:
            for column, purpose in SEALED:
                changed = _reseal(token, column, purpose, shop.domain) or changed
        for table, sealed in SEALED_OF_ROWS.items():
            for row in table.objects.select_for_update().for_shop(shop):
                changed = _reseal_row(row, sealed, shop.domain) or changed
        if not changed:
            return False
        shop.save(update_fields=["customer_key"])
        if token:
            token.key_id = vault.newest_key_id()
            token.save(update_fields=["access_token", "refresh_token", "key_id"])
        LifecycleEvent.record(shop, "keys.rotated", by="system", because="secrets were sealed under the newest key")
    return True


def _reseal_row(row: Model, sealed: Sealed, domain: str) -> bool:
    """Reseal some columns of a row; nothing of them is seen."""
    changed = [column for column, purpose in sealed if _reseal(row, column, purpose, domain)]
    if changed:
        row.save(update_fields=changed)
    return bool(changed)


def _reseal(row: Model, column: str, purpose: str, domain: str) -> bool:
    sealed = getattr(row, column)
    if not sealed or vault.key_id_of(sealed) == vault.newest_key_id():
        return False
    setattr(row, column, vault.seal(vault.unseal(sealed, purpose, domain), purpose, domain))
    return True
