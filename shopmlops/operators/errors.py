"""Tell the operators' Sentry what broke, and nothing of whom it broke for."""

from __future__ import annotations

import logging
from typing import Any

from pipelines import tracing
from shopmlops.logs import on_one_line

LONGEST = 300  # of a sentence: what quotes a row or a body is longer


def begin(dsn: str, release: str, transport: Any = None) -> None:
    """Send every error that is logged; requests, variables, breadcrumbs and people stay here."""
    import sentry_sdk  # only where operators want it: requirements-sentry.txt
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=dsn,
        release=release,
        transport=transport,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        default_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        before_send=scrubbed,
    )


def scrubbed(event: Any, hint: Any) -> Any:
    """Leave of an error its type, its place and one short sentence without addresses; say what it belongs to."""
    for part in ("request", "user", "breadcrumbs", "extra", "modules", "contexts"):
        event.pop(part, None)
    for told in (event.get("exception") or {}).get("values", []):
        told["value"] = short(told.get("value"))
    if "logentry" in event:
        event["logentry"] = {"message": short(event["logentry"].get("formatted") or event["logentry"].get("message"))}
    event["tags"] = tracing.ids()
    return event


def short(text: Any) -> str:
    """Return the first line of a text, cleaned and cut."""
    lines = str(text or "").splitlines()
    return on_one_line(lines[0])[:LONGEST] if lines else ""
