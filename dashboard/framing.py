"""What the headers of a merchant's page allow: who may frame it, where its scripts come from, that nobody keeps it."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.templatetags.static import static

from pipelines.shopify.domains import admin_origins

DOCUMENTS = {"document", "iframe", "frame"}  # Sec-Fetch-Dest of a navigation
UNFRAMED = (  # operators' pages, and whoever is no merchant's
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PLOTLYS = (  # the style elements that plotly makes, by what stands in them
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "  # nothing: it adds rules by script, as a policy lets it
    "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"  # those of its maps
)
BEACONS = "https://monorail-edge.shopifysvc.com"  # App Bridge reports page speed there


def is_fetch(request: HttpRequest) -> bool:
    """Say whether a script asks, rather than a navigation."""
    return (
        request.method not in ("GET", "HEAD")
        or any(name in request.headers for name in ("Authorization", "HX-Request", "X-Requested-With"))
        or request.headers.get("Sec-Fetch-Dest", "document") not in DOCUMENTS
    )


def frame(request: HttpRequest, response: HttpResponseBase, shop_domain: str) -> None:
    """Let this shop's admin, and nothing else, frame the answer; nobody keeps a copy."""
    response.headers.pop("X-Frame-Options", None)
    response["Content-Security-Policy"] = content_policy(shop_domain)
    response["Referrer-Policy"] = "strict-origin"  # our addresses may carry ID tokens
    response["Cache-Control"] = "no-store"
    if response.headers.get("Content-Type", "").startswith("text/html") and not is_fetch(request):
        response["Link"] = preloads()


@lru_cache(maxsize=1024)
def content_policy(domain: str) -> str:
    """Return the Content-Security-Policy of a shop's pages."""
    scripts = " ".join(sorted({folder_of(settings.APP_BRIDGE_URL), folder_of(settings.POLARIS_URL)}))
    inline = PLOTLYS if settings.STRICT_STYLES else "'unsafe-inline'"  # what Shopify's own need is written nowhere
    cdn = " ".join(sorted({origin_of(settings.APP_BRIDGE_URL), origin_of(settings.POLARIS_URL)}))
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {scripts}",  # not all of the origin: merchants' own files lie there too
            f"style-src 'self' {inline} {cdn}",
            f"font-src 'self' {cdn}",
            f"img-src 'self' data: blob: {cdn}",  # plotly paints the picture of a chart from a blob
            f"connect-src 'self' {cdn} {BEACONS}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {' '.join(admin_origins(domain))}",
        ]
    )


def scripts() -> dict[str, str]:
    """Return what App Bridge needs, and where Shopify's two scripts lie, for templates."""
    return {
        "shopify_api_key": settings.SHOPIFY_API_KEY,
        "app_bridge_url": settings.APP_BRIDGE_URL,
        "polaris_url": settings.POLARIS_URL,
    }


@lru_cache(maxsize=1)
def preloads() -> str:
    """Return the Link header that lets a browser fetch Shopify's scripts and our styles before it reads the page."""
    hosts = dict.fromkeys([origin_of(settings.APP_BRIDGE_URL), origin_of(settings.POLARIS_URL)])
    scripts = [settings.APP_BRIDGE_URL, settings.POLARIS_URL]
    hints = [f'<{host}>; rel="preconnect"' for host in hosts]
    loads = [f'<{static("dashboard/app.css")}>; rel="preload"; as="style"']  # late, what stands in the page would move
    return ", ".join([*hints, *loads, *(f'<{script}>; rel="preload"; as="script"' for script in scripts)])


def origin_of(url: str) -> str:
    """Return scheme and host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def folder_of(url: str) -> str:
    """Return an address up to its last slash."""
    return url[: url.rindex("/") + 1]
