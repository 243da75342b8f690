"""What Shopify's own library signs is taken here, and what we sign in Shopify's place is taken there.

The library is Node's; where npm has not put it, nothing is said.
"""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import pytest

from pipelines.shopify.hmac import proxy_is_authentic, proxy_signature, webhook_is_authentic, webhook_signature
from pipelines.shopify.id_tokens import verify
from tests import identities
from tests.conftest import ROOT

HERE = ROOT / "tests/pipelines/shopify"
KEY, SECRET, SHOP = "client-id", "hush-hush-hush-hush-hush-hush-hush", "ada.myshopify.com"
BODY = '{"id": 1, "title": "Grüße 🌿"}'
USER = "12345"
pytestmark = pytest.mark.skipif(
    not (ROOT / "node_modules/@shopify/shopify-api").exists(), reason="npm has put no library of Shopify's here"
)


def query(**more: str) -> dict[str, str]:
    """Return what the proxy forwards with a question."""
    told = {"shop": SHOP, "logged_in_customer_id": "", "path_prefix": "/apps/x", "timestamp": str(int(time.time()))}
    return told | {"unit": "visitor-1", "question": '{"cart": [1, 2], "name": "Grüße & 50%"}'} | more


@pytest.fixture
def said(settings: Any) -> dict[str, Any]:
    """Let the library sign, and look at what we signed."""
    settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET = KEY, SECRET
    pairs = query(hold_out="5", hold_out_seed="s", seed="", shown="live")
    headers = {
        "X-Shopify-Hmac-Sha256": webhook_signature(BODY.encode(), SECRET).decode(),
        "X-Shopify-Topic": "products/update",
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": "5b1d",
    }
    asked = {
        "now": time.time(),
        "key": KEY,
        "secret": SECRET,
        "store": SHOP.partition(".")[0],
        "body": BODY,
        "headers": headers,
        "query": query(),
        "ours": pairs | {"signature": proxy_signature(pairs.items(), SECRET)},
        "token": identities.id_token(SHOP, USER),
        "claims": {"sub": USER, "iss": f"https://{SHOP}/admin"},  # Shopify's; its helper for tests leaves https:// out
    }
    command = ["node", str(HERE / "shopifys_own.mjs")]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told | {"query": asked["query"]}


def test_its_signature_of_a_proxied_request_is_taken(said):
    pairs = list(said["query"].items())
    assert proxy_is_authentic(pairs, said["proxy"], [SECRET])
    assert not proxy_is_authentic([*pairs, ("unit", "another")], said["proxy"], [SECRET])


def test_its_signature_of_a_webhook_is_taken(said):
    assert webhook_is_authentic(BODY.encode(), said["webhook"], [SECRET])
    assert not webhook_is_authentic(BODY.encode() + b" ", said["webhook"], [SECRET])


def test_its_session_token_is_read(said):
    identity = verify(said["token"])
    assert (identity.shop_domain, identity.sub) == (SHOP, USER)


def test_what_we_sign_in_shopifys_place_is_taken_by_it(said):
    assert (said["takes_our_query"], said["takes_our_webhook"]) == (True, True)
    assert said["reads_our_token"] == f"https://{SHOP}"
