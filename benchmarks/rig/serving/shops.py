"""A shop in which a version answers, and what one of its checkouts asks."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import jwt
from django.conf import settings

from benchmarks.rig.serving.served import Request

SHOP = "benchmark.myshopify.com"
numbers: Iterator[int] = count()  # of checkouts: each asks once


def a_version(shop: Any, use_case: str, number: int, parameters: Any) -> Any:
    """Return a version with signed parameters."""
    from pipelines.lifecycle.versions import artifacts
    from pipelines.models import DatasetSnapshot, ModelVersion
    from pipelines.usecases.contract import PARAMETERS

    stored = artifacts.store(shop.pk, use_case, number, {PARAMETERS: json.dumps(parameters).encode()})
    return ModelVersion.objects.create(
        shop=shop,
        use_case=use_case,
        number=number,
        state=ModelVersion.State.VALIDATED,
        dataset=DatasetSnapshot.objects.create(shop=shop, use_case=use_case, digest="d" * 64),
        artifact_path=stored.path,
        artifact_digest=stored.digest,
        signature=stored.signature,
    )


def runs(shop: Any, use_case: str, parameters: Any) -> None:
    """Let a version with these parameters run in a shop."""
    from pipelines.models import Deployment

    Deployment.objects.create(shop=shop, use_case=use_case, active=a_version(shop, use_case, 1, parameters))


def checkouts(path: str, how_many: int) -> list[Request]:
    """Return what so many checkouts ask, each with its own token and cart."""
    now = int(time.time())
    claims = {"dest": SHOP, "aud": settings.SHOPIFY_API_KEY, "exp": now + 300, "nbf": now, "iat": now}
    asked = []
    for _, number in zip(range(how_many), numbers, strict=False):
        token = jwt.encode(claims | {"jti": f"token-{number}"}, settings.SHOPIFY_API_SECRET, "HS256")
        asked.append(Request("POST", f"/checkout/{path}", json.dumps(cart(number)), token))
    return asked


def unit(number: int) -> str:
    """Return who asks, as a cart carries it."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def cart(number: int) -> dict[str, Any]:
    """Return what an extension tells of one checkout."""
    lines = [
        {"product": 1 + place, "variant": 1 + place, "quantity": 1 + number % 2, "price": 2500}
        for place in range(1 + number % 4)
    ]
    value = sum(each["quantity"] * each["price"] for each in lines)
    told = {"api": 1, "unit": unit(number), "analytics": True, "checkout": f"checkout-{number}", "currency": "EUR"}
    visit = {"is_returning": bool(number % 3), "device": "phone", "source": "email", "events": 9, "pages": 4, "adds": 2}
    return told | visit | {"value": value, "lines": lines, "minutes": number % 40 / 2}
