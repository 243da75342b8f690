"""One web application for all that Shopify's side answers."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from devstore import (
    admin_pages,
    api_pages,
    cart_pages,
    checkout_pages,
    control,
    pictures,
    proxy,
    storefront,
    storefront_scripts,
)
from devstore.platform import Platform, Settings


def create_app(settings: Settings) -> Starlette:
    """Return the application, with its webhook senders running."""
    platform = Platform(settings)
    platform.webhooks.start()
    routes = [
        *api_pages.routes(platform),
        *control.routes(platform),
        *admin_pages.routes(platform),
        *storefront.routes(platform),
        *cart_pages.routes(platform),
        *checkout_pages.routes(platform),
        *storefront_scripts.routes(platform),
        *proxy.routes(platform),
        *pictures.routes(),
        Mount("/cdn", StaticFiles(directory=Path(__file__).parent / "static")),
    ]
    # The admin hands out owners' tokens: a page elsewhere, whose name leads to this machine, is not the admin.
    here = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "*.localhost", "::1", "[::1]"])
    app = Starlette(routes=routes, middleware=[here])
    app.state.platform = platform
    return app
