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
LAND = f"CREATE TEMP TABLE measured ON COMMIT DROP AS SELECT {COLUMNS} FROM pipelines_measurement WITH NO DATA"
# A shop that was erased and a version that is gone meanwhile have no figures. What is late has no segment here.
INSERT = f"""
    INSERT INTO pipelines_measurement ({COLUMNS}, made_at)
    SELECT {", ".join(f"t.{name}" for name in [*KEY, *FIGURE])}, %(now)s
    FROM measured t JOIN pipelines_shop s ON s.id = t.shop_id AND s.redacted_at IS NULL
    WHERE t.segment IS NOT NULL
        AND (t.version_id IS NULL OR EXISTS (SELECT FROM pipelines_modelversion v WHERE v.id = t.version_id))
    ON CONFLICT (shop_id, use_case, version_id, release_id, metric, segment, starts_at) DO NOTHING
"""
RESTATE = """
    UPDATE pipelines_measurement m SET restated = t.value
    FROM measured t
    WHERE t.segment IS NULL AND t.value IS NOT NULL
        AND m.shop_id = t.shop_id AND m.use_case = t.use_case AND m.metric = t.metric AND m.starts_at = t.starts_at
        AND (m.version_id = t.version_id OR (m.version_id IS NULL AND t.version_id IS NULL)) AND m.release_id IS NULL
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
        copy_rows(Measurement, finite(by_segment(found))[[*KEY, *FIGURE]], into="measured")
        changed = 0
        for statement in (INSERT, RESTATE):
            cursor.execute(statement, {"now": timezone.now()})
            changed += int(cursor.rowcount)
        cursor.execute("DROP TABLE measured")
    return changed


def by_segment(found: pd.DataFrame) -> pd.DataFrame:
    """Give each new figure for all hours, and for the kind of hour that it is of, where that is known."""
    is_new = found["is_new"].astype(bool)
    new, late = found[is_new], found[~is_new]
    of_a_kind = new[new["segment"].notna() & (new["segment"] != ALL)]
    return pd.concat([new.assign(segment=ALL), of_a_kind, late.assign(segment=None)], ignore_index=True)


def finite(found: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is no number: it could not be worked out, and is never a zero."""
    figures = found[["value", "low", "high"]].astype("float64").replace([np.inf, -np.inf], np.nan)
    return found.assign(**figures, version_id=found["version_id"].astype("Int64"))
