"""Requests as our guards leave them: what the middleware prepares, and what stands on one of a merchant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from pipelines.models import Shop, Staff
    from pipelines.shopify.id_tokens import Identity


class Request(HttpRequest):
    """Anybody's: nobody has proved who asks."""

    shop: Shop | None
    staff: Staff | None
    identity: Identity | None
    framed_for: str | None  # the shop whose admin may frame the answer
    is_looked_at: bool  # by an operator, who may only look


class MerchantRequest(Request):
    """A merchant's of an installed shop."""

    shop: Shop
    staff: Staff
    identity: Identity
    framed_for: str
