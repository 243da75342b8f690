"""Two slots and one pointer: which version's lists lie in which, and what the storefront is told of them.

What visitors see is never written over by another version's lists: they go into the other slot, and when all of them
are there, one field of the app's says that it is live. So a rollback is that one field, too, as long as what ran before
still lies in its slot.
"""

from __future__ import annotations

from typing import Any

import orjson

from pipelines.lifecycle.hold_outs import drawn
from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.serving.wanted import RULE, of_version
from pipelines.models import Deployment, Publication, Release, Shop
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import UserErrors
from pipelines.usecases.contract import Metafields, Output, Slots, UseCase

TRIES = 3  # to write the pointer while others write it

Pointer = dict[str, Any]  # live, weight, seed, hold_out, hold_out_seed; is_off alone where nothing is to be seen
OFF: Pointer = {"is_off": True}


# Which version belongs into which slot


def fills(row: Publication, output: Output, asked: Metafields, slots: Slots) -> dict[str, int]:
    """Say which slots are to hold which versions' lists now; a version that has none leaves its slot as it is."""
    live, beside = versions(row)
    seen = row.pointer.get("live", "")
    home = slot_of(row, slots, live) or (other(slots, seen) if seen else slots.keys[0])
    wanted = {home: live}
    spare = other(slots, home)
    if beside is not None and (seen in ("", home) or row.version_in(spare) == beside):
        wanted[spare] = beside
    return {slot: version for slot, version in wanted.items() if has_lists(row, output, asked, version)}


def has_lists(row: Publication, output: Output, asked: Metafields, version: int) -> bool:
    """Tell whether a version has any lists."""
    return of_version(row.shop, output, version, asked.rows).exists()


def versions(row: Publication) -> tuple[int, int | None]:
    """Return which version is live, and which is to lie ready: the next one, or what we could go back to."""
    pointer, release = Deployment.of(row.shop_id, row.use_case), Release.under_way(row.shop_id, row.use_case)
    live = pointer.active_id or RULE
    if release is not None:
        return live, release.version_id
    if pointer.standby is not None and pointer.standby.may_be_released:
        return live, pointer.standby_id
    return live, RULE if live != RULE else None


def slot_of(row: Publication, slots: Slots, version: int) -> str:
    """Return the slot that holds a version's lists, or is being given them; nothing where none is."""
    return next((slot for slot in slots.keys if row.version_in(slot) == version), "")


def other(slots: Slots, slot: str) -> str:
    """Return the other slot."""
    first, second = slots.keys
    return second if slot == first else first


def begin(row: Publication, wanted: dict[str, int]) -> None:
    """Note which version each slot is given from now on: one that held another's lists is nobody's until it is full."""
    for slot, version in wanted.items():
        if row.version_in(slot) != version:
            row.slots[slot] = {"version": version, "is_full": False}
    Publication.objects.filter(pk=row.pk).update(slots=row.slots)


def finish(row: Publication, wanted: dict[str, int]) -> None:
    """Note that all lists of these versions are in their slots."""
    row.slots |= {slot: {"version": version, "is_full": True} for slot, version in wanted.items()}
    Publication.objects.filter(pk=row.pk).update(slots=row.slots)


# What the storefront is told


def pointer_of(row: Publication, slots: Slots) -> Pointer | None:
    """Return what the storefront is to be told; nothing before the first slot is full, unless all is switched off.

    Who compares versions is told of the other slot only when all of its lists are there: until then visitors see what
    is live, and nobody is counted, for a page that does not know the release's seed speaks of no release.
    """
    if not switches.lets_write(row.shop, row.use_case):
        return OFF
    live, _ = versions(row)
    home = slot_of(row, slots, live)
    if not row.is_full(home):
        home = row.pointer.get("live", "")
    if not home:
        return None
    weight, seed = 0, ""
    release = Release.under_way(row.shop_id, row.use_case)
    if release is not None and is_shown(release) and row.version_in(home) == live:
        spare = other(slots, home)
        if row.version_in(spare) == release.version_id and row.is_full(spare):
            weight, seed = release.weight, release.seed
    draw = drawn.of(row.shop, row.use_case)
    held = {"hold_out": draw.percent, "hold_out_seed": draw.seed} if draw else {"hold_out": 0, "hold_out_seed": ""}
    return {"live": home, "weight": weight, "seed": seed} | held


def is_shown(release: Release) -> bool:
    """Tell whether some visitors are to see a release."""
    pointer = Deployment.of(release.shop_id, release.use_case)
    return release.phase == Release.Phase.CANARY and pointer.canary_id == release.version_id


def turn(shop: Shop, case: UseCase) -> bool:
    """Tell the storefront what runs now, where it was told otherwise; return whether it knows.

    Whoever writes late writes nothing: Shopify compares what stands there with what was read. And whoever has written
    looks again whether something moved meanwhile.
    """
    if case.slotted is None:
        return True
    slots = case.slotted[2]
    for _ in range(TRIES):
        row = Publication.of(shop, case.slug)
        wanted = pointer_of(row, slots)
        if wanted is None or wanted == row.pointer:
            return True
        Publication.objects.filter(pk=row.pk).update(is_whole=False)
        if write(AdminApi(shop), slots, wanted):
            Publication.objects.filter(pk=row.pk).update(pointer=wanted)
    return False


def write(api: AdminApi, slots: Slots, wanted: Pointer) -> bool:
    """Write the app's own field; False where somebody else wrote it since it was read."""
    namespace, key = slots.pointer
    app = api.execute("app_field", {"namespace": namespace, "key": key}).data["currentAppInstallation"]
    held = app["metafield"]
    if held and read(held["value"]) == wanted:
        return True
    field = {"ownerId": app["id"], "namespace": namespace, "key": key, "type": "json"}
    told = field | {"value": orjson.dumps(wanted).decode(), "compareDigest": held["compareDigest"] if held else None}
    try:
        api.execute("metafields_set", {"metafields": [told]})
    except UserErrors as refusal:
        if "STALE_OBJECT" not in refusal.codes:
            raise
        return False
    return True


def read(text: str) -> Any:
    """Read what stands in the field; what is no JSON is nothing of ours."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
