"""The web process: webhooks, questions, exports, pixel, proxy, streams, health, files; Django for the pages."""

import os
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopmlops.settings")
django = get_wsgi_application()

from pipelines.endpoints import health, webhooks  # noqa: E402 (it reads the settings)
from pipelines.endpoints.answering import door as answering  # noqa: E402
from pipelines.endpoints.answering.memory import memory  # noqa: E402
from pipelines.endpoints.api import door as api  # noqa: E402
from pipelines.endpoints.checkout import door as checkout  # noqa: E402
from pipelines.endpoints.live import door as live  # noqa: E402
from pipelines.endpoints.storefront import pixel, proxy  # noqa: E402
from shopmlops.checks import refuse_foreign_storage, refuse_unsafe_start  # noqa: E402
from shopmlops.doorman import Doorman, peer_of  # noqa: E402
from shopmlops.pages import Pages  # noqa: E402
from shopmlops.statics import Statics  # noqa: E402

refuse_unsafe_start()
refuse_foreign_storage()
doorman, pages, statics = Doorman(), Pages(django), Statics()


def begin(port: int) -> None:
    """Begin what a worker does besides answering, and wait for what its first visitors need."""
    doorman.watch_over(port)
    memory().wait_until_begun()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer one request."""
    peer = peer_of(scope)
    doorman.enter(peer)
    try:
        await door_to(scope["path"])(scope, receive, send)
    finally:
        doorman.leave(peer)


def door_to(path: str) -> Any:
    """Return what answers at an address."""
    if path == webhooks.PATH:
        return webhooks.door
    if path.startswith(answering.PREFIX):
        return answering.door
    if path.startswith(checkout.PREFIX):
        return checkout.door
    if path.startswith(api.PREFIX):
        return api.door
    if path == live.PATH:
        return live.door
    if path == pixel.PATH:
        return pixel.door
    if path.startswith(proxy.PREFIX):
        return proxy.door
    if path in health.PATHS:
        return health.door
    return statics.door if statics.find(path) else pages.door
