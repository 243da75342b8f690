"""Pages that bring themselves up to date: which part shows what, and the parts that changed since a page was rendered.

A page that is live includes `_live.html`, wraps each part in an element of its name, and has an address that answers
with `changed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from dashboard.asking import MerchantRequest
from dashboard.pages import show
from pipelines.lifecycle.pages import changes


@dataclass(frozen=True)
class LivePage:
    """A page whose parts are fetched again when a topic changes that they show."""

    address: str  # the name of what answers with the parts that changed
    parts: Mapping[str, tuple[str, frozenset[str]]]  # an element's id -> its template, the topics that it shows


@dataclass(frozen=True)
class Live:
    """What a page carries of how the shop was when it was rendered."""

    mark: str
    address: str
    parts: list[tuple[str, str]]  # that changed: an element's id and its template


def shown(request: MerchantRequest, page: LivePage, now: datetime, **of: str) -> Live:
    """Say how the shop is, before the page is read: what changes meanwhile is shown once more, and never missed.

    `of` is what the page is about, where its address names it.
    """
    return Live(changes.written(changes.mark(request.shop.domain, now)), reverse(page.address, kwargs=of), [])


def changed(
    request: MerchantRequest, page: LivePage, now: datetime, read: Callable[[], dict[str, Any]], **of: str
) -> HttpResponse:
    """Answer with the parts that changed since the page was rendered that asks, or with nothing."""
    mark = changes.mark(request.shop.domain, now)
    topics = set(changes.changed(changes.read(request.GET.get("seen", "")), mark))
    if not topics:
        return HttpResponse(status=204)
    parts = [(name, template) for name, (template, shows) in page.parts.items() if shows & topics]
    live = Live(changes.written(mark), reverse(page.address, kwargs=of), parts)
    return show(request, "dashboard/changes.html", (read() if parts else {}) | {"live": live})
