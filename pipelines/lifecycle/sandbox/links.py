"""A second shop of the merchant as test store: a code shown here, entered there, confirmed here under its name.

Whoever guesses is bounded by shop and hour, learns one sentence whatever was wrong, and has 128 bits to guess. Rows are
locked in one order: the link, the shop's staging runs, then both shops by number, whose ledgers are written last.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from pipelines.lifecycle.approvers import why_not_allowed
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.unlinking import SYSTEM, end, leave, record_for_both
from pipelines.models import LifecycleEvent, Shop, StoreLink

CODE_BYTES = 16
CODE_LIVES = timedelta(minutes=15)
CONFIRM_WITHIN = timedelta(hours=24)
TRIES, TRIES_IN = 5, timedelta(hours=1)
LOOK_ALIKES = str.maketrans("oil", "011")

NO_SUCH_CODE = "This code is wrong, has expired or was used already. Ask for a new one in your real store."
TOO_MANY_TRIES = "That were too many wrong codes. Try again in an hour."
NOTHING_TO_CONFIRM = "There is nothing to confirm any more: the code was replaced, or it is a day old. Start again."
ITSELF = "A store cannot be its own test store. Open shopmlops in the other store and enter the code there."
IS_TEST_STORE = "This store is a test store itself. Unlink it first."
MAKER_IS_ONE = "The store that made this code has become a test store itself, and a test store cannot have one."
HAS_ITS_OWN = "The store that entered this code has a test store of its own, so it cannot be one."
IS_TAKEN = "The store that entered this code is a test store already. Unlink it there first."


def link_of(shop: Shop | int) -> StoreLink | None:
    """Return the shop's link to a test store, confirmed or on its way."""
    return StoreLink.objects.for_shop(shop).select_related("shop", "test_shop").first()


def confirmed_link(shop: Shop | int) -> StoreLink | None:
    """Return the shop's link to its test store, if it has one."""
    return StoreLink.objects.for_shop(shop).confirmed().select_related("test_shop").first()


def link_as_test_store(shop: Shop | int) -> StoreLink | None:
    """Return the link by which this shop is the test store of another, confirmed before waiting."""
    entered = StoreLink.objects.filter(test_shop=shop).select_related("shop")
    return entered.order_by("confirmed_at").first()


# Linking


def ask_code(shop: Shop, *, by: str, now: datetime) -> str:
    """Return a new one-time code in place of an earlier one; only its digest is kept."""
    require_allowed(shop, by)
    code = secrets.token_hex(CODE_BYTES)
    fresh = {"code_digest": code_digest(code), "code_expires_at": now + CODE_LIVES, "by": by}
    with transaction.atomic():
        Shop.objects.lock(shop)
        link, _ = StoreLink.objects.get_or_create(shop=shop, defaults={"by": by})
        if link.confirmed_at or awaits_confirmation(link, now):
            raise Refused("Another store was linked already. Unlink it first.")
        if is_test_store(shop):
            raise Refused(IS_TEST_STORE)
        StoreLink.objects.filter(pk=link.pk).update(**fresh, test_shop=None, entered_at=None)
        LifecycleEvent.record(shop, "test_store.code", by=by, because="A code for a test store was asked for")
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def enter_code(shop: Shop, code: str, *, by: str, now: datetime) -> StoreLink:
    """Use up a code in the shop that is to be the test store; the real shop still has to confirm."""
    require_allowed(shop, by)
    digest = code_digest(plain(code))
    pk = find(shop, digest, by=by, now=now)
    with transaction.atomic():
        usable = StoreLink.objects.filter(pk=pk, code_digest=digest, code_expires_at__gt=now)
        Shop.objects.lock_all(shop.pk, *usable.values_list("shop", flat=True))
        if not usable.update(code_digest="", test_shop=shop, entered_at=now):
            raise Refused(NO_SUCH_CODE)
        link = StoreLink.objects.select_related("shop", "test_shop").get(pk=pk)
        require_fitting(link)
        record_for_both(link, "test_store.entered", by=by, because="The code was entered in the test store")
    return link


def confirm(shop: Shop, *, test_shop_id: int, by: str, now: datetime) -> StoreLink:
    """Make the shop that entered the code the test store, if it is the one whose name was shown."""
    require_allowed(shop, by)
    waiting = Q(test_shop=test_shop_id, confirmed_at=None, entered_at__gt=now - CONFIRM_WITHIN)
    with transaction.atomic():
        Shop.objects.lock_all(shop.pk, test_shop_id)
        link = StoreLink.objects.for_shop(shop).filter(waiting).first()
        if link is None:
            raise Refused(NOTHING_TO_CONFIRM)
        require_fitting(link)
        StoreLink.objects.filter(pk=link.pk).update(confirmed_at=now)
        record_for_both(link, "test_store.linked", by=by, because="The test store was confirmed")
    return link


def find(shop: Shop, digest: str, *, by: str, now: datetime) -> int:
    """Return the link that a code belongs to; a wrong one is written down, and counted against the shop."""
    with transaction.atomic():
        Shop.objects.lock(shop)  # tries of one shop take turns, so that many at once are counted too
        wrong = LifecycleEvent.objects.for_shop(shop).filter(kind="test_store.wrong_code", at__gt=now - TRIES_IN)
        if wrong.count() >= TRIES:
            raise Refused(TOO_MANY_TRIES)
        pk = matching(digest, now)
        if pk is None:
            LifecycleEvent.record(shop, "test_store.wrong_code", by=by, because="A wrong code was entered")
    if pk is None:
        raise Refused(NO_SUCH_CODE)
    return pk


def matching(digest: str, now: datetime) -> int | None:
    """Compare with every open code, each to its end: how long it takes tells nothing about any of them."""
    open_codes = StoreLink.objects.filter(code_expires_at__gt=now).exclude(code_digest="")
    found = None
    for pk, known in open_codes.values_list("pk", "code_digest"):
        if hmac.compare_digest(known, digest):
            found = pk
    return found


def plain(code: str) -> str:
    """Return a code as it was made, however it was typed."""
    letters = code.casefold().translate(LOOK_ALIKES)
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())


def code_digest(code: str) -> str:
    """Return what is kept of a code; of 128 random bits a plain digest gives nothing away."""
    return hashlib.sha256(code.encode()).hexdigest()


def awaits_confirmation(link: StoreLink, now: datetime) -> bool:
    """Say whether a shop entered the code and may still be confirmed."""
    return bool(not link.confirmed_at and link.entered_at and link.entered_at > now - CONFIRM_WITHIN)


# Rules


def require_allowed(shop: Shop, by: str) -> None:
    """Refuse people who may not decide for a shop."""
    reason = why_not_allowed(shop, by)
    if reason:
        raise Refused(reason)


def require_fitting(link: StoreLink) -> None:
    """Refuse a pair that cannot be: whoever asks has locked both shops, so that of two such pairs one comes first."""
    reason = why_not_fitting(link)
    if reason:
        raise Refused(reason)


def why_not_fitting(link: StoreLink) -> str:
    """Return why the two shops cannot be linked, or nothing when they can."""
    assert link.test_shop_id
    if link.shop_id == link.test_shop_id:
        return ITSELF
    if is_test_store(link.shop_id):
        return MAKER_IS_ONE
    if is_test_store(link.test_shop_id):
        return IS_TAKEN
    return HAS_ITS_OWN if confirmed_link(link.test_shop_id) else ""


def is_test_store(shop: Shop | int) -> bool:
    """Say whether a shop is the confirmed test store of another."""
    return StoreLink.objects.confirmed().filter(test_shop=shop).exists()


# Unlinking


def unlink(shop: Shop, *, by: str, now: datetime) -> bool:
    """End the shop's link, whichever side it is, by a person who may; also one that was never confirmed."""
    require_allowed(shop, by)
    return leave(shop, by=by, because="The test store was unlinked", now=now)


def end_links_of_gone_shops(now: datetime) -> int:
    """End the links whose shop or test store has left, in case a killed worker did not."""
    gone = Q(shop__uninstalled_at__isnull=False) | Q(test_shop__uninstalled_at__isnull=False)
    links = list(StoreLink.objects.filter(gone))
    return sum(end(link, by=SYSTEM, because="One of the two stores uninstalled the app", now=now) for link in links)
