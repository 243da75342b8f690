"""The web process: the webhook door before Django, everything else through Django on a few threads."""

import os
from typing import Any

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopmlops.settings")
# A fixed pool of threads keeps Django's database connections alive between requests.
pages = WSGIMiddleware(get_wsgi_application(), workers=8)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer one request."""
    await pages(scope, receive, send)
