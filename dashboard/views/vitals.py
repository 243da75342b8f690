"""What App Bridge measured of one visit: taken in, counted under the page's name, and forgotten."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from pipelines.lifecycle.pages import speed

LARGEST = 2048


@merchant_required
@require_POST
def vitals(request: MerchantRequest) -> HttpResponse:
    """Count a visit's figures; what makes no sense is refused, and where a page is none of ours nothing is counted."""
    told = told_by(request)
    if told is None:
        return HttpResponse(status=400)
    route, values = told
    if route:
        speed.note(route, values, timezone.now().date())
    return HttpResponse(status=204)


def told_by(request: HttpRequest) -> tuple[str, dict[str, float]] | None:
    """Return a page's name with its figures, or nothing where the body is not what our script sends."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return None
    try:
        said = json.loads(request.body)
        return route_of(said["path"]), {each["name"]: number(each["value"]) for each in said["metrics"]}
    except (ValueError, TypeError, KeyError):
        return None


def number(value: Any) -> float:
    """Return a number, and nothing that only looks like one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def route_of(path: Any) -> str:
    """Return the name of one of our pages, by which it is counted: an address may hold ids."""
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""
