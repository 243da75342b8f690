"""The app proxy: what a storefront asks under /apps/… goes on to the app, signed, and without cookies either way."""

from urllib.parse import parse_qsl, urlsplit

import requests
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devstore.platform import Platform
from devstore.signatures import signed

SECONDS = 10
PASSED_ON = ("content-type", "cache-control", "retry-after")


def routes(platform: Platform) -> list[Route]:
    """Return the routes of the proxy: any address of a shop that its app may have taken."""
    methods = ["GET", "POST", "PUT", "DELETE"]

    async def pass_on(request: Request) -> Response:
        return await run_in_threadpool(forward, platform, request, await request.body())

    return [
        Route(f"/{prefix}/{{rest:path}}", pass_on, methods=methods) for prefix in ("apps", "a", "community", "tools")
    ]


def forward(platform: Platform, request: Request, body: bytes) -> Response:
    """Ask the app, and hand on its answer."""
    shop, declared = shop_of(request), platform.config.proxy
    if declared is None or shop is None or not request.url.path.startswith(f"{declared.prefix}/"):
        return Response("Not found", 404)
    row = platform.store.shop(shop)
    if row is None or not row["installed"]:
        return Response("Not found", 404)
    query = signed(
        parse_qsl(request.url.query, keep_blank_values=True), shop, declared.prefix, platform.settings.client_secret
    )
    rest = request.url.path.removeprefix(declared.prefix)
    try:
        answer = requests.request(
            request.method, f"{platform.settings.app_url}{declared.path}{rest}?{query}", data=body, timeout=SECONDS,
            headers={"User-Agent": request.headers.get("user-agent", ""), "X-Forwarded-Proto": "https"},
        )  # fmt: skip
    except requests.RequestException:
        return Response("There was an error in the third-party application.", 502)
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return Response(answer.content, answer.status_code, headers)


def shop_of(request: Request) -> str | None:
    """Return the shop whose page asks; all shops share one address here, so the page says which it is."""
    parts = urlsplit(request.headers.get("referer", "")).path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "store" else None
