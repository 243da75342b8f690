"""Lists through the app proxy, beside MLflow's server answering from the same."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.conf import settings
from django.utils import timezone

from benchmarks.rig.serving.served import Beside, Request, Served
from benchmarks.rig.serving.shops import SHOP

PRODUCTS, SLUG = 2_000, "recommendations"


def write_lists(shop: Any) -> None:
    """Let a version of a shop have lists for some thousand products, and hand MLflow the same."""
    from pipelines.models import DatasetSnapshot, Deployment, ModelVersion, Product, Variant
    from pipelines.models.usecases.recommendations import RecommendationList

    now, rng = timezone.now(), np.random.default_rng(0)
    snapshot = DatasetSnapshot.objects.create(shop=shop, use_case=SLUG, digest="d" * 64)
    version = ModelVersion.objects.create(shop=shop, use_case=SLUG, number=1, state="validated", dataset=snapshot)
    ids, facts = range(1, PRODUCTS + 1), {"shop": shop, "updated_at": now}
    Product.objects.bulk_create(Product(shopify_id=each, title=f"Thing {each}", **facts) for each in ids)
    Variant.objects.bulk_create(Variant(shopify_id=each, product_id=each, is_tracked=False, **facts) for each in ids)
    picks = {each: rng.permutation(PRODUCTS)[:20] + 1 for each in ids}
    told = {"version": version, "origin": now.date(), "reasons": [0] * 20, "details": [3] * 20}
    scores = np.linspace(1, 0.1, 20).tolist()
    RecommendationList.objects.bulk_create(
        RecommendationList(kind=kind, unit_id=each, picks=picks[each].tolist(), scores=scores, **told, **facts)
        for kind in ("page", "cart")
        for each in ids
    )
    Deployment.objects.create(shop=shop, use_case=SLUG, active=version, held_at=now + timedelta(seconds=1))
    lists = {str(each): picks[each].tolist() for each in ids}
    (Path(settings.STATE_DIR) / "lists.json").write_text(json.dumps(lists))


def signed(count: int) -> list[Request]:
    """Return questions of carts and product pages as Shopify forwards them, signed now."""
    from pipelines.shopify.hmac import proxy_signature

    now, asked = str(int(time.time())), []
    for number in range(count):
        product = 1 + number % PRODUCTS
        question = {"cart": [product, 1 + number % 97, 1 + number % 31]} if number % 2 else {"product": product}
        pairs = [("shop", SHOP), ("logged_in_customer_id", ""), ("path_prefix", "/apps/x"), ("timestamp", now)]
        pairs += [("unit", f"visitor-{number:06d}"), ("question", json.dumps(question))]
        signature = proxy_signature(pairs, settings.SHOPIFY_API_SECRET)
        asked.append(Request("GET", f"/proxy/{SLUG}?{urlencode([*pairs, ('signature', signature)])}"))
    return asked


def invocations(count: int) -> list[Request]:
    """Return the same questions of product pages in MLflow's form."""
    bodies = ({"dataframe_records": [{"product": 1 + number % PRODUCTS}]} for number in range(count))
    return [Request("POST", "/invocations", json.dumps(body)) for body in bodies]


MLFLOW = Beside("MLflow's server", f"{__package__}.mlflow_server", invocations, times=8)
SERVED = Served("lists", 0.35, write_lists, signed, beside=MLFLOW)
