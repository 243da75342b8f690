"""A second shop in a demo, and what became of its deliveries."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from typing import Any

import psycopg2

from benchmarks.rig.shops import deliveries
from pipelines.ops.demo_settings import ROOT
from pipelines.ops.supervisor import Demo

MAKE = """
from django.utils import timezone
from pipelines.models import Shop
from pipelines.shopify import vault
Shop.objects.create(domain=%r, currency="EUR", installed_at=timezone.now(), customer_key=vault.new_customer_key(%r),
                    access_ended_at=timezone.now(), access_ended_reason="nobody answers for this shop")
"""
FATES = "SELECT webhook_id, state, error FROM pipelines_webhookdelivery WHERE shop_domain = %s"


def asked(demo: Demo, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the app's database."""
    with closing(psycopg2.connect(demo.env["DATABASE_URL"])) as connection, connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def second_shop(demo: Demo) -> None:
    """Let a second shop be installed, which nobody answers for: its deliveries come from the benchmark."""
    words = [sys.executable, str(ROOT / "manage.py"), "shell", "-c", MAKE % (deliveries.SHOP, deliveries.SHOP)]
    subprocess.run(words, env=demo.env, check=True, capture_output=True)  # noqa: S603
