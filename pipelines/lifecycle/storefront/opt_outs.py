"""Who wants no decisions made about them by a machine: said at the checkout or through the storefront."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pipelines.lifecycle.storefront.events import INSTALLED
from pipelines.models import OptOut

KEEP = f"""
    INSERT INTO pipelines_optout (shop_id, unit, at)
    SELECT s.id, decode(t.unit, 'hex'), max(t.at)
    FROM json_to_recordset(%s::json) AS t(domain text, unit text, at timestamptz)
    JOIN pipelines_shop s ON s.domain = t.domain AND {INSTALLED}
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (shop_id, unit) DO UPDATE SET at = greatest(pipelines_optout.at, excluded.at)
"""

Who = tuple[str, bytes]  # a shop's domain, a unit


@dataclass(frozen=True, slots=True)
class OptedOut:
    """One opt-out, as it is appended."""

    domain: str
    unit: str  # in hex
    at: datetime


def since(last: int) -> tuple[int, set[Who]]:
    """Read who opted out since a row, and the newest row."""
    rows = list(OptOut.objects.filter(pk__gt=last).values_list("pk", "shop__domain", "unit"))
    return max((row[0] for row in rows), default=last), {(domain, bytes(unit)) for _, domain, unit in rows}


def of(domains: Collection[str]) -> set[Who]:
    """Read who opted out in some shops."""
    rows = OptOut.objects.filter(shop__domain__in=domains).values_list("shop__domain", "unit")
    return {(domain, bytes(unit)) for domain, unit in rows}
