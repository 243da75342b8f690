"""The web process: webhooks, questions, pixel, proxy, streams, health, static files before Django; pages through it."""

import os
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopmlops.settings")
django = get_wsgi_application()

from pipelines import tracing  # noqa: E402
from pipelines.endpoints.answering.memory import memory  # noqa: E402 (it reads the settings)
from shopmlops import doors  # noqa: E402
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
        with tracing.known(request=tracing.request_id(dict(scope["headers"]).get(b"x-request-id", b""))):
            await door_to(scope["path"])(scope, receive, send)
    finally:
        doorman.leave(peer)


def door_to(path: str) -> Any:
    """Return what answers at an address."""
    return doors.door_to(path) or (statics.door if statics.find(path) else pages.door)
