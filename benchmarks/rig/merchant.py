"""A merchant who asks for pages of a shop, and an empty page behind the same door to measure them beside."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from pipelines.models import Shop, ShopSettings, Staff

SHOP, OWNER = "benchmark.myshopify.com", "1"
REFERENCE = "/empty"


def a_shop(now: datetime) -> Shop:
    """Make a shop with its owner."""
    facts = {"name": "Benchmark", "timezone": "Europe/London", "currency": "GBP", "installed_at": now}
    shop = Shop.objects.create(domain=SHOP, **facts)
    ShopSettings.objects.create(shop=shop)
    Staff.objects.create(shop=shop, sub=OWNER, is_owner=True, is_collaborator=False, checked_at=now)
    return shop


def timed(port: int, path: str, secrets: dict[str, str], form: dict[str, str] | None = None) -> float:
    """Return how long the server took to answer one page, or one form."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    client.connect()
    begun = time.perf_counter()
    headers = {"Authorization": f"Bearer {id_token(secrets)}"}
    if form is None:
        client.request("GET", path, headers=headers)
    else:
        client.request("POST", path, urlencode(form), headers | {"Content-Type": "application/x-www-form-urlencoded"})
    answer = client.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - begun
    client.close()
    if answer.status != (200 if form is None else 303):
        raise RuntimeError(f"{path} answered {answer.status}: {body[:200]!r}")
    return seconds


def id_token(secrets: dict[str, str]) -> str:
    """Return a fresh ID token of the shop's owner."""
    import jwt

    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": secrets["SHOPIFY_API_KEY"],
    }
    claims |= {"sub": OWNER, "exp": now + 60, "nbf": now, "iat": now, "jti": str(now), "sid": "1"}
    return jwt.encode(claims, secrets["SHOPIFY_API_SECRET"], "HS256")


def collect_static(secrets: dict[str, str]) -> None:
    """Compress the static files as production serves them."""
    environment = os.environ | secrets | {"SHOPMLOPS_DEMO": "1", "SHOPMLOPS_STATE": str(settings.STATE_DIR)}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0", "--skip-checks"]
    subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=True)  # noqa: S603
