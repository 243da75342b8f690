"""Is the process alive, is it ready, and what does it count?"""

from __future__ import annotations

import hmac

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from redis import Redis, RedisError


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process runs."""
    return JsonResponse({"ok": True})


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when requests can be served, 503 with what is missing otherwise."""
    parts = {"database": database_answers(), "redis": redis_answers()}
    # Webhooks are stored without Redis, so its loss is named but does not take the process out of service.
    return JsonResponse({"ok": parts["database"], **parts}, status=200 if parts["database"] else 503)


def database_answers() -> bool:
    """Ask the database for nothing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def redis_answers() -> bool:
    """Ping Redis."""
    try:
        return bool(Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1).ping())
    except RedisError:
        return False


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Report the fleet's counts to a Prometheus that knows the token."""
    given, token = request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), token.encode()):
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(fleet()), content_type="text/plain; version=0.0.4")


COUNTS = {
    "shopmlops_shops_installed": "SELECT count(*) FROM pipelines_shop WHERE installed_at IS NOT NULL"
    " AND uninstalled_at IS NULL AND redacted_at IS NULL",
    "shopmlops_deliveries_due": "SELECT count(*) FROM pipelines_webhookdelivery WHERE state IN ('received', 'failed')",
    "shopmlops_deliveries_dead": "SELECT count(*) FROM pipelines_webhookdelivery WHERE state = 'dead'",
    "shopmlops_trainings_open": "SELECT count(*) FROM pipelines_trainingrun WHERE state IN ('queued', 'running')",
    "shopmlops_decisions_waiting": "SELECT count(*) FROM pipelines_release WHERE phase = 'awaiting_approval'",
}


def fleet() -> CollectorRegistry:
    """Count the fleet, in the database: the same answer from every process."""
    registry = CollectorRegistry()
    with connection.cursor() as cursor:
        for name, query in COUNTS.items():
            cursor.execute(query)
            Gauge(name, name.removeprefix("shopmlops_").replace("_", " "), registry=registry).set(cursor.fetchone()[0])
    return registry
