"""What shoppers did and what of that was not taken: how both are appended, many at once, while no visitor waits.

An event stands once, whoever sends it how often; what came again is counted. A shop that has left, or that nobody
knows, leaves nothing behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pipelines.models import IgnoredEvents, StorefrontEvent

Kind, Reason = StorefrontEvent.Kind, IgnoredEvents.Reason

INSTALLED = "s.installed_at IS NOT NULL AND s.uninstalled_at IS NULL AND s.redacted_at IS NULL"
KEEP = f"""
    WITH told AS MATERIALIZED (
        SELECT s.id AS shop, t.*, CASE WHEN t.currency = s.currency THEN t.value END AS value_minor
        FROM json_to_recordset(%s::json) AS t(
            domain text, event uuid, kind text, at timestamptz, day date, unit text, product bigint, variant bigint,
            use_case text, place smallint, device text, source text, value bigint, currency text, lines smallint,
            units int, has_discount boolean, checkout bigint)
        JOIN pipelines_shop s ON s.domain = t.domain AND {INSTALLED}),
    kept AS (
        INSERT INTO pipelines_storefrontevent (
            shop_id, event, kind, at, unit, product_id, variant_id, use_case, place,
            device, source, value_minor, lines, units, has_discount, checkout_key)
        SELECT shop, event, kind, at, decode(unit, 'hex'), product, variant, use_case, place,
            device, source, value_minor, lines, units, has_discount, checkout FROM told
        ON CONFLICT (shop_id, event) DO NOTHING RETURNING shop_id),
    new AS (SELECT shop_id, count(*) AS events FROM kept GROUP BY shop_id)
    INSERT INTO pipelines_ignoredevents AS held (shop_id, day, reason, events)
    SELECT told.shop, max(told.day), '{Reason.REPLAY}', count(*) - coalesce(max(new.events), 0)
    FROM told LEFT JOIN new ON new.shop_id = told.shop
    GROUP BY told.shop HAVING count(*) > coalesce(max(new.events), 0) ORDER BY told.shop
    ON CONFLICT (shop_id, day, reason) DO UPDATE SET events = held.events + excluded.events
"""
COUNT = f"""
    INSERT INTO pipelines_ignoredevents AS held (shop_id, day, reason, events)
    SELECT s.id, t.day, t.reason, sum(t.events)
    FROM json_to_recordset(%s::json) AS t(domain text, day date, reason text, events bigint)
    JOIN pipelines_shop s ON s.domain = t.domain AND {INSTALLED}
    GROUP BY s.id, t.day, t.reason ORDER BY s.id, t.day, t.reason
    ON CONFLICT (shop_id, day, reason) DO UPDATE SET events = held.events + excluded.events
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as it is kept."""

    domain: str
    event: str  # a digest, in hex
    kind: str
    at: datetime
    day: date  # on which it came
    unit: str  # in hex
    product: int | None = None
    variant: int | None = None
    use_case: str = ""
    place: int | None = None
    device: str = ""
    source: str = ""
    value: int | None = None  # of the cart, in minor units of `currency`
    currency: str = ""
    lines: int | None = None
    units: int | None = None
    has_discount: bool | None = None
    checkout: int | None = None  # the key of its row


@dataclass(frozen=True, slots=True)
class Ignored:
    """That so many events were not taken, and why."""

    domain: str
    day: date
    reason: str
    events: int
