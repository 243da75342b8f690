"""Who asks, and who may frame the answer.

Merchants have no cookies. A page proves who asks by Shopify's ID token: in the address of the first document,
in the Authorization header of every fetch after that. State changes take it from the header alone, which another
site cannot send; that is why merchant views are exempt from Django's CSRF check, which goes on guarding /admin/.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotFound, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from redis import RedisError

from dashboard.asking import Request
from dashboard.framing import UNFRAMED, frame, is_fetch, scripts
from pipelines.jobs.ingest import import_everything
from pipelines.lifecycle.ingest.install import arrive
from pipelines.lifecycle.operating import switches
from pipelines.shopify.domains import host_parameter, shop_domain
from pipelines.shopify.errors import InvalidIdToken, ShopifyError
from pipelines.shopify.id_tokens import Identity, verify

log = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]

LAUNCH_ONLY = {"id_token", "hmac", "timestamp", "session", "bounced"}  # valid once: not carried on
BOUNCE_SECONDS = 60  # a second refusal within this time is told, not bounced
LARGEST_REQUEST = 5_000_000  # a file of 4 MB and its form
TELLS_WHY = "Open shopmlops from the Apps list in your Shopify admin."


class EmbeddingMiddleware:
    """Let the right page frame each answer, and operators' pages answer on their own host."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        request.shop = request.staff = request.identity = request.framed_for = None
        request.is_looked_at = False
        response = HttpResponseNotFound() if is_admin_elsewhere(request) else self.get_response(request)
        if request.framed_for:
            frame(request, response, request.framed_for)
        else:
            response.headers.setdefault("Content-Security-Policy", UNFRAMED)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Say that the database is away, rather than that something broke."""
        if not isinstance(error, OperationalError | InterfaceError | RedisError):
            return None
        log.error("a service did not answer: %s", type(error).__name__)
        return refuse(request, "The app's database does not answer right now. Try again in a minute.", 503)


def merchant_required(view: View) -> View:
    """Let a merchant of an installed shop in; ask everybody else to prove who they are."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return keep_out(request) or view(request, *args, **kwargs)

    return guarded


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Give every template what App Bridge needs, and who is asking."""
    shop, place = getattr(request, "shop", None), request.resolver_match
    off = list(switches.told(shop, (place.kwargs.get("use_case") or "") if place else "")) if shop else []
    return {"shop": shop, "staff": getattr(request, "staff", None), "switched_off": off} | scripts()


@require_safe
def bounce(request: Request) -> HttpResponse:
    """Let App Bridge fetch a fresh ID token and load one of our own pages with it."""
    domain, target = shop_domain(request.GET.get("shop")), request.GET.get("shopify-reload", "")
    if not domain or not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return refuse(request, TELLS_WHY, 400)
    request.framed_for = domain
    return render(request, "bounce.html")


def keep_out(request: Request) -> HttpResponse | None:
    """Set who asks on the request, or return the answer for somebody who has not proved it."""
    if request.is_looked_at:  # by an operator, whose own door let them in and lets them write nothing
        return None
    if is_too_large(request):
        return refuse(request, "That is more than this app takes at once.", 413)
    token = token_of(request)
    try:
        identity = verify(token)
        if any(named != identity.shop_domain for named in request.GET.getlist("shop")):
            log.warning("shop parameter and ID token disagree at %s", request.path)
            return refuse(request, TELLS_WHY, 401)
        let_in(request, identity, token)
    except InvalidIdToken as error:
        log.info("ID token refused at %s: %s", request.path, error.reason)
        return ask_again(request)
    except ShopifyError as error:
        request.framed_for = identity.shop_domain
        return refuse(request, str(error), 503)
    return None


def is_too_large(request: HttpRequest) -> bool:
    """Say whether a body is announced that no form of ours makes; one that is not announced is not read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return len(length) > 12 or not length.isdigit() or int(length) > LARGEST_REQUEST


def token_of(request: HttpRequest) -> str:
    """Return the ID token: of any request from its header, of a document also from its address."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.GET.get("id_token", "") if request.method in ("GET", "HEAD") else ""


def let_in(request: Request, identity: Identity, token: str) -> None:
    """Set shop and person; a shop's first visit starts its import."""
    arrival = arrive(identity, token)
    request.identity, request.shop, request.staff = identity, arrival.shop, arrival.staff
    request.framed_for = identity.shop_domain
    if arrival.is_new:
        import_everything.enqueue(arrival.shop.pk, "install")


def ask_again(request: Request) -> HttpResponse:
    """Ask for a fresh ID token: a fetch by 401, a document by one bounce."""
    if is_fetch(request):
        response = HttpResponse("This page needs a fresh ID token.", status=401, content_type="text/plain")
        response["X-Shopify-Retry-Invalid-Session-Request"] = "1"
        response["Cache-Control"] = "no-store"
        return response
    domain, host = shop_domain(request.GET.get("shop")), host_parameter(request.GET.get("host"))
    if not domain or not host:
        return refuse(request, TELLS_WHY, 401)
    request.framed_for = domain
    if was_bounced(request):
        return refuse(request, InvalidIdToken.sentence, 401)
    return HttpResponseRedirect(bounce_address(request, domain, host))


def was_bounced(request: HttpRequest) -> bool:
    """Say whether this document comes out of a bounce just now."""
    bounced = request.GET.get("bounced", "")
    return bounced.isascii() and bounced.isdigit() and abs(time.time() - int(bounced[:12])) < BOUNCE_SECONDS


def bounce_address(request: HttpRequest, domain: str, host: str) -> str:
    """Return the bounce page's address, with the present page as what it reloads."""
    kept = [(name, value) for name, values in request.GET.lists() if name not in LAUNCH_ONLY for value in values]
    back = request.build_absolute_uri(f"{request.path}?{urlencode([*kept, ('bounced', int(time.time()))])}")
    return f"{reverse('bounce')}?{urlencode({'shop': domain, 'host': host, 'embedded': 1, 'shopify-reload': back})}"


def refuse(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    """Say why there is no page, with an id under which the log tells more."""
    support_id = secrets.token_hex(4)
    log.warning("support id %s: %s at %s", support_id, status, request.path)
    if is_fetch(request):
        response = HttpResponse(f"{sentence} ({support_id})", status=status, content_type="text/plain")
    else:
        context = {"sentence": sentence, "support_id": support_id}
        response = render(request, "refused.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def is_admin_elsewhere(request: HttpRequest) -> bool:
    """Say whether operators' pages are asked for on another host than theirs."""
    if not settings.ADMIN_HOST or not request.path.startswith("/admin/"):
        return False
    return request.get_host().partition(":")[0] != settings.ADMIN_HOST.partition(":")[0]
