"""The lines of the Forecasts list as HTML: fifty a page, so they are filled in by Python's own format.

Through Django's templates they took more time than everything else of the page. `partials/_variant.html` is their
skeleton; here every word is escaped, and what goes into it as it is says so.
"""

from __future__ import annotations

from html import escape
from typing import Any

from django.template.backends.django import Template
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from dashboard.queries.words import Badge
from dashboard.usecases.demand_forecast.queries.forecasts import STATUSES, ForecastsPage, Line
from pipelines.words import UNKNOWN, day, money, number

SKELETON = "usecases/demand_forecast/partials/_variant.html"
OUTLINE = (
    '<svg class="thumb" viewBox="0 0 40 40" aria-hidden="true">'
    '<path d="M11 15l9-5 9 5v10l-9 5-9-5zM11 15l9 5 9-5M20 20v10"/></svg>'
)


def lines_as_html(page: ForecastsPage, currency: str) -> SafeString:
    """Write the lines of one page of the list."""
    found, addresses = get_template(SKELETON), reverse("variant", args=[0]).removesuffix("0")
    assert isinstance(found, Template)
    lines = (
        found.template.source.format(address=f"{addresses}{line.row.variant_id}", **cells(line, page, currency))
        for line in page.lines
    )
    return mark_safe("".join(lines))  # noqa: S308 (escaped word by word)


def cells(line: Line, page: ForecastsPage, currency: str) -> dict[str, str]:
    """Return what stands in each cell of a line, as HTML."""
    row = line.row
    return {
        "picture": picture(line.picture),
        "title": escape(row.title),
        "about": about(row),
        "badge": badge(STATUSES[row.status]),
        "spark": row.spark,  # drawn by the worker
        "sold": number(row.sold_28),
        "forecast": number(row.forecast_28),
        "range": "set by you" if row.is_overridden else f"{number(row.low_28)} to {number(row.high_28)}",
        "preview": preview(line, page),
        "stock": in_stock(row),
        "runs_out": runs_out(row, page),
        "at_risk": escape(money(row.at_risk_minor, currency)) if row.at_risk_minor else UNKNOWN,
        "advice": advice(row, currency),
    }


def picture(url: str) -> str:
    """Show a product, or an outline where there is no picture of it."""
    return f'<img class="thumb" src="{escape(url)}" alt="" width="40" height="40" loading="lazy">' if url else OUTLINE


def about(row: Any) -> str:
    """Say which option it is, its SKU, and whether it is new."""
    sku = f' <span class="sku">{"· " if row.subtitle else ""}{escape(row.sku)}</span>' if row.sku else ""
    return f"{escape(row.subtitle)}{sku}{' · new, few sales yet' if row.is_new else ''}"


def badge(state: Badge) -> str:
    tone = f' tone="{state.tone}"' if state.tone else ""
    return f"<s-badge{tone}>{state.words}</s-badge>"


def note(words: str) -> str:
    return f'<span class="note nowrap">{words}</span>'


def preview(line: Line, page: ForecastsPage) -> str:
    """Say what the version that waits expects."""
    if line.preview is None or page.waiting is None:
        return ""
    return note(f"version {page.waiting.version.number}: {number(line.preview)}")


def in_stock(row: Any) -> str:
    if row.stock is None:
        return f'{UNKNOWN}<span class="note">not tracked</span>'
    owed = f'<span class="note">{number(-row.stock)} owed to customers</span>' if row.stock < 0 else ""
    return f"{number(max(0, row.stock))}{owed}{note(f'{number(row.incoming)} incoming') if row.incoming else ''}"


def runs_out(row: Any, page: ForecastsPage) -> str:
    """Say when it is gone, on the shop's calendar."""
    if row.stock is None:
        return UNKNOWN
    if row.status == "out_of_stock":
        return "now"
    return day(row.runs_out, page.today) if row.runs_out else "not soon"


def advice(row: Any, currency: str) -> str:
    """Say what to order, or why nothing is to be ordered."""
    if row.order_quantity:
        cost = escape(money(row.order_cost_minor, currency))
        return f'<span class="strong">Order {number(row.order_quantity)}</span><span class="note">{cost} at cost</span>'
    why = ""
    if row.from_elsewhere:
        why = f"{number(row.from_elsewhere)} at another place"
    elif row.overstock_minor:
        why = f"{escape(money(row.overstock_minor, currency))} too much"
    return f'No order<span class="note">{why}</span>' if why else "No order"
