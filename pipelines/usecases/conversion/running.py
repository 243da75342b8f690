"""Between two trainings shift and slope of a version's chances follow each day's labels, from where they stood before.

Nothing is learned twice: neither days that the version itself was learned from, nor such as the state knows already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import numpy as np

from pipelines.usecases.contract import Frames
from pipelines.usecases.conversion.learning.columns import Rows
from pipelines.usecases.conversion.learning.correction import of_dict
from pipelines.usecases.conversion.model import Fitted
from pipelines.usecases.conversion.moments import rows_of, weight_of


def corrects(fitted: Fitted, frames: Frames, state: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Follow the days up to the one before the last: of those every outcome is known for good."""
    heads = {of: replace(head, moved=of_dict(state[of])) if state else head for of, head in fitted.heads.items()}
    learned = np.datetime64(fitted.asof, "D").astype(np.int64)
    for of, head in heads.items():
        for day in ripe_days(frames, of, int(learned)):
            heads[of] = head = head.corrected(day)
    return {of: asdict(head.moved) for of, head in heads.items()}


def ripe_days(frames: Frames, of: str, learned: int) -> Iterator[Rows]:
    """Give the moments of each whole day after the training; what a moment weighs is the day's own.

    What a checkout did after midnight is left out: a day later its outcome is not known for good.
    """
    rows = rows_of(frames, of)
    rows = rows.where((rows.known["at"].dt.floor("D") == rows.known["ds"]).to_numpy())
    last = np.datetime64(frames.asof - timedelta(days=1), "D").astype(np.int64)
    for each in np.unique(rows.day[(rows.day > learned) & (rows.day <= last)]):
        day = rows.where(rows.day == each)
        yield replace(day, weight=weight_of(day.known))
