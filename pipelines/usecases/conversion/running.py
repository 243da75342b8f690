"""Between two trainings shift and slope of a version's chances follow each day's labels, from where they stood before.

Nothing is learned twice: neither days that the version itself was learned from, nor such as the state knows already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import numpy as np

from pipelines.usecases.contract import Frames
from pipelines.usecases.conversion.learning.columns import Rows
from pipelines.usecases.conversion.learning.correction import of_dict
from pipelines.usecases.conversion.model import Fitted
from pipelines.usecases.conversion.moments import rows_of


def corrects(fitted: Fitted, frames: Frames, state: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Follow the days up to the one before the last: of those every outcome is known for good."""
    heads = {of: replace(head, moved=of_dict(state[of])) if state else head for of, head in fitted.heads.items()}
    learned = np.datetime64(fitted.asof, "D").astype(np.int64)
    return {of: asdict(head.corrected(ripe(frames, of, int(learned))).moved) for of, head in heads.items()}


def ripe(frames: Frames, of: str, learned: int) -> Rows:
    """Give the moments of whole days after the training."""
    rows = rows_of(frames, of)
    last = np.datetime64(frames.asof - timedelta(days=1), "D").astype(np.int64)
    return rows.where((rows.day > learned) & (rows.day <= last))
