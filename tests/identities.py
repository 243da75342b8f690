"""Prove to be Shopify: ID tokens and signed webhooks, good ones and bad ones."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import jwt
from django.conf import settings

SHOP = "northbeck-outfitters.myshopify.com"
OTHER_SHOP = "harbour-lane.myshopify.com"
OWNER, COLLEAGUE = "70001", "70002"


def claims(shop: str = SHOP, sub: str = OWNER, **changes: Any) -> dict[str, Any]:
    """Return the claims of a fresh ID token; a change of None leaves a claim out."""
    now = int(time.time())
    fresh = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": settings.SHOPIFY_API_KEY,
        "sub": sub,
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        "jti": str(uuid.uuid4()),
        "sid": "session-1",
    }
    return {name: value for name, value in (fresh | changes).items() if value is not None}


def id_token(
    shop: str = SHOP,
    sub: str = OWNER,
    *,
    secret: str = "",
    algorithm: str = "HS256",
    headers: Any = None,
    **changes: Any,
) -> str:
    """Return an ID token as Shopify admin signs it."""
    return jwt.encode(claims(shop, sub, **changes), secret or settings.SHOPIFY_API_SECRET, algorithm)


def bearer(shop: str = SHOP, sub: str = OWNER, **changes: Any) -> dict[str, str]:
    """Return the headers of a fetch that App Bridge has signed."""
    return {"Authorization": f"Bearer {id_token(shop, sub, **changes)}"}


def host(shop: str = SHOP) -> str:
    """Return the `host` parameter with which Shopify admin opens the app."""
    return base64.b64encode(f"admin.shopify.com/store/{shop.split('.')[0]}".encode()).decode().rstrip("=")


def launch(shop: str = SHOP, sub: str = OWNER, **parameters: str) -> dict[str, str]:
    """Return the query of the first document load in Shopify admin."""
    return {"id_token": id_token(shop, sub), "shop": shop, "host": host(shop), "embedded": "1"} | parameters


def signed_webhook(
    topic: str, body: dict[str, Any] | bytes, shop: str = SHOP, *, secret: str = "", **headers: str
) -> tuple[bytes, dict[str, str]]:
    """Return the raw body and the headers of a delivery."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = hmac.new((secret or settings.SHOPIFY_API_SECRET).encode(), raw, hashlib.sha256).digest()
    return raw, {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-API-Version": settings.SHOPIFY_API_VERSION,
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Event-Id": str(uuid.uuid4()),
        "X-Shopify-Triggered-At": time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime()),
    } | headers
