"""Write figures down once. What comes late changes `restated` alone, in every segment that was measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
from django.db import connection, transaction
from django.utils import timezone

from pipelines.lifecycle.data.tables import copy_rows
from pipelines.models import Measurement

ALL = "all"
KEY = ["shop_id", "use_case", "version_id", "starts_at", "ends_at", "segment"]
FIGURE = ["metric", "n", "value", "low", "high", "verdict"]
COLUMNS = ", ".join([*KEY, *FIGURE])
LAND = f"""
    CREATE TEMP TABLE whose ON COMMIT DROP AS
    SELECT 0 AS id, {", ".join(KEY)} FROM pipelines_measurement WITH NO DATA;
    CREATE TEMP TABLE measured ON COMMIT DROP AS
    SELECT 0 AS id, {", ".join(FIGURE)} FROM pipelines_measurement WITH NO DATA
"""
# A new figure is one of all hours, and one of the kind of hour that it is of; what is late has no segment here. A shop
# that was erased and a version that is gone meanwhile have none.
INSERT = f"""
    INSERT INTO pipelines_measurement ({COLUMNS}, made_at)
    SELECT w.shop_id, w.use_case, w.version_id, w.starts_at, w.ends_at, of.segment,
        {", ".join(f"t.{name}" for name in FIGURE)}, %(now)s
    FROM whose w JOIN measured t USING (id) JOIN pipelines_shop s ON s.id = w.shop_id AND s.redacted_at IS NULL
    CROSS JOIN LATERAL (SELECT '{ALL}' AS segment UNION SELECT w.segment) AS of
    WHERE w.segment IS NOT NULL
        AND (w.version_id IS NULL OR EXISTS (SELECT FROM pipelines_modelversion v WHERE v.id = w.version_id))
    ON CONFLICT (shop_id, use_case, version_id, release_id, metric, segment, starts_at) DO NOTHING
"""
RESTATE = """
    UPDATE pipelines_measurement m SET restated = t.value
    FROM whose w JOIN measured t USING (id)
    WHERE w.segment IS NULL AND t.value IS NOT NULL
        AND m.shop_id = w.shop_id AND m.use_case = w.use_case AND m.metric = t.metric AND m.starts_at = w.starts_at
        AND (m.version_id = w.version_id OR (m.version_id IS NULL AND w.version_id IS NULL)) AND m.release_id IS NULL
        AND coalesce(m.restated, m.value) IS DISTINCT FROM t.value
"""


def write(found: pd.DataFrame) -> int:
    """Keep figures that are new, and note beside those that stand what they have become; return how many changed.

    Reads   KEY | FIGURE | is_new
    """
    if found.empty:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LAND)
        land(found)
        changed = 0
        for statement in (INSERT, RESTATE):
            cursor.execute(statement, {"now": timezone.now()})
            changed += int(cursor.rowcount)
        cursor.execute("DROP TABLE whose, measured")
    return changed


def land(found: pd.DataFrame) -> None:
    """Copy figures beside a number that says whose they are, and once whose that is."""
    segment = found["segment"].fillna(ALL).where(found["is_new"].astype(bool))
    whose = found[KEY].assign(segment=segment, version_id=found["version_id"].astype("Int64"))
    number = whose.groupby(KEY, dropna=False, sort=False).ngroup().rename("id")
    copy_rows(Measurement, whose.assign(id=number).drop_duplicates("id"), into="whose")
    copy_rows(Measurement, finite(found[FIGURE]).assign(id=number), into="measured")


def finite(found: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is no number: it could not be worked out, and is never a zero."""
    figures = found[["value", "low", "high"]].astype("float64").replace([np.inf, -np.inf], np.nan)
    return found.assign(**figures)
