"""The web process: the webhook door before Django, everything else through Django on a few threads."""

import os
from typing import Any

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopmlops.settings")
# A fixed pool of threads keeps Django's database connections alive between requests.
pages = WSGIMiddleware(get_wsgi_application(), workers=8)

from pipelines.endpoints import webhooks  # noqa: E402 (it reads the settings)
from shopmlops.checks import refuse_foreign_storage, refuse_unsafe_start  # noqa: E402

refuse_unsafe_start()
refuse_foreign_storage()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer one request."""
    if scope["type"] == "http" and scope["path"] == webhooks.PATH:
        await webhooks.door(scope, receive, send)
        return

    async def receive_event() -> Any:  # a2wsgi takes only a coroutine; granian's receive returns another awaitable
        return await receive()

    await pages(scope, receive_event, send)
