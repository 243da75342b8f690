"""Answer with a page in the shop's own time, or go on to another page and say what was done there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone

from dashboard.asking import Request
from pipelines.usecases import shared_words

SALT = "dashboard.said"
FRESH_SECONDS = 120


class SeeOther(HttpResponseRedirect):
    """A redirect that is always followed by GET."""

    status_code = 303


def show(
    request: Request, template: str | Sequence[str], context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page, by the first of its templates: dates in the shop's zone, what the last action has to say."""
    assert request.shop  # a guard let somebody in
    known = {**said(request), "shop": request.shop, "spoken": shared_words()}
    with timezone.override(request.shop.zone):
        page = render_to_string(template, known | context, request)
    return HttpResponse(page, status=status)


def go(to: str, message: str = "", *, refused: bool = False) -> SeeOther:
    """Redirect after a POST; the message travels signed in the address, since merchants' pages have no cookies."""
    if not message:
        return SeeOther(to)
    sealed = signing.dumps({"text": message, "refused": refused}, salt=SALT, compress=True)
    return SeeOther(f"{to}{'&' if '?' in to else '?'}said={sealed}")


def said(request: HttpRequest) -> dict[str, str]:
    """Return what the last action has to say: a toast when done, a banner when refused."""
    sealed = request.GET.get("said")
    if not sealed:
        return {}
    try:
        message = signing.loads(sealed, salt=SALT, max_age=FRESH_SECONDS)
    except signing.BadSignature:
        return {}
    return {"refused" if message["refused"] else "said": message["text"]}


def local_now(zone: ZoneInfo) -> datetime:
    """Return the time on the shop's clock."""
    return timezone.now().astimezone(zone)
