"""What the checkout's doors ask of offers and have written of them (`models/own.py` says when)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipelines.models.usecases.offers import blocks, holding, spending
from pipelines.models.usecases.offers.holding import Held
from pipelines.models.usecases.offers.tables import Offer
from pipelines.usecases.offers.eligible.shelf import Shelf

# A shop that was erased meanwhile leaves nothing behind; of one decision the first row stands.
LOG = """
    INSERT INTO pipelines_offerdecision (
        shop_id, at, decision, unit, checkout_key, version_id, arm, picked_id, offer_id, why_not, propensity, score,
        eligible, margins, left_out, chance, context)
    SELECT t.shop, t.at, t.decision, decode(t.unit, 'hex'), t.checkout, t.version, t.arm, t.picked, t.shown, t.why_not,
        t.propensity, t.score, t.eligible, t.margins, t.left_out, t.chance, t.context
    FROM json_to_recordset(%s::json) AS t(shop bigint, at timestamptz, decision uuid, unit text, checkout bigint,
        version bigint, arm text, picked bigint, shown bigint, why_not text, propensity float8, score float8,
        eligible bigint[], margins bigint[], left_out jsonb, chance float8, context jsonb)
    JOIN pipelines_shop s ON s.id = t.shop AND s.redacted_at IS NULL
    ON CONFLICT (decision) DO NOTHING
"""
ACCEPT = spending.ACCEPT
HAND_OUT = blocks.HAND_OUT
HELD_FOR = blocks.HELD_FOR

held = holding.held
take = blocks.take
week = blocks.week
settle = spending.settle


def shelf(known: Held) -> Shelf:
    """Return what `choose` takes."""
    return known.shelf


def products(known: Held) -> frozenset[int]:
    """Name the products that something of the shelf would add."""
    return known.shelf.products


def names(shop: Any) -> dict[int, str]:
    """Give what the merchant calls each offer that runs."""
    return dict(Offer.objects.for_shop(shop).filter(state=Offer.State.LIVE).values_list("pk", "name"))


def since(shop: Any) -> dict[int, datetime]:
    """Give since when each offer whose terms changed is judged anew."""
    changed = Offer.objects.for_shop(shop).exclude(terms_at=None).values_list("pk", "terms_at")
    return {number: at for number, at in changed if at}


def shown(known: Held, picked: int) -> Mapping[str, Any]:
    """Say of an offer what a shopper's page needs, and nothing else."""
    offer = next(each for each in known.shelf.offers if each.id == picked)
    said = {"kind": offer.kind, "message": offer.message, "code": offer.code, "threshold": offer.threshold}
    said |= {"product": offer.product, "variant": offer.variant}
    return {"id": offer.id} | {name: value for name, value in said.items() if value}
