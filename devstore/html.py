"""Small helpers for pages written as plain functions."""

from html import escape
from typing import Any

from starlette.responses import HTMLResponse


def text(value: Any) -> str:
    """Escape a value for text and attributes."""
    return escape("" if value is None else str(value))


def money(minor: int, currency: str) -> str:
    """Write an amount for people."""
    symbol = {"GBP": "£", "USD": "$", "EUR": "€"}.get(currency, f"{currency} ")
    return f"{symbol}{minor / 100:,.2f}"


def document(
    title: str, body: str, *, styles: str, scripts: str = "", policy: str, attributes: str = ""
) -> HTMLResponse:
    """Return a whole page under a strict content policy."""
    script = f'<script src="/cdn/{scripts}" defer></script>' if scripts else ""
    page = f"""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<link rel="stylesheet" href="/cdn/{styles}">
{script}
</head>
<body {attributes}>
{body}
</body>
</html>"""
    return HTMLResponse(page, headers={"Content-Security-Policy": policy, "Referrer-Policy": "origin"})
