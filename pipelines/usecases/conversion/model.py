"""Learn both chances of a shop, of a session and of a checkout, and say them of every moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import PARAMETERS, Frames, NotEnoughHistory, Progress, silent
from pipelines.usecases.conversion.learning import head as heads
from pipelines.usecases.conversion.learning.elsewhere import PRIORS
from pipelines.usecases.conversion.learning.head import Head
from pipelines.usecases.conversion.moments import KINDS, columns_of, days, moments, rows_of
from pipelines.usecases.conversion.notices import notices

LEAST_DAYS = 14
FORMAT = 1
LEARNED = "learned.json"


@dataclass(frozen=True)
class Fitted:
    """Hold both chances, and what a merchant should know of how they were learned."""

    asof: date
    seed: int
    heads: Mapping[str, Head]
    notices: tuple[str, ...] = ()


def fit(frames: Frames, *, seed: int = 0, progress: Progress | None = None) -> Fitted:
    """Learn from the moments of which it is known whether an order came within a day."""
    report = progress or silent
    require_history(frames)
    found, told = {}, []
    for done, of in enumerate(KINDS):
        report(done / len(KINDS), f"Learning who orders: {of}s")
        rows = rows_of(frames, of)
        found[of] = heads.learn(rows, columns_of(rows), PRIORS[of], seed=seed)
        told += notices(of, rows, found[of], frames.asof)
    return Fitted(frames.asof, seed, found, tuple(told))


def require_history(frames: Frames) -> None:
    """Refuse a history that is too short, in words."""
    day = days(moments(frames))
    known = int(np.datetime64(frames.asof, "D").astype(np.int64) - day.min()) + 1 if len(day) else 0
    if known < LEAST_DAYS:
        raise NotEnoughHistory(f"Checkouts and visits of {known} of the {LEAST_DAYS} days that are needed are known.")


def predict(fitted: Fitted, frames: Frames) -> pd.DataFrame:
    """Say of each moment how likely an order was to come within a day."""
    rows = moments(frames)
    said = np.full(len(rows), np.nan)
    for of, head in fitted.heads.items():
        mine = (rows["of"] == of).to_numpy()
        said[mine] = head.chances(rows[mine])
    return rows[["unique_id", "ds"]].assign(y_hat=said)


def dump(fitted: Fitted) -> dict[str, bytes]:
    """Write what answers visitors, what it was made of, and the trees as LightGBM writes them."""
    exported = {"format": FORMAT, "heads": {of: head.exported() for of, head in fitted.heads.items()}}
    learned = {
        "format": FORMAT,
        "asof": fitted.asof.isoformat(),
        "seed": fitted.seed,
        "heads": {of: head.as_dict() for of, head in fitted.heads.items()},
        "notices": list(fitted.notices),
    }
    texts = {f"{of}.txt": head.grown.text.encode() for of, head in fitted.heads.items() if head.grown}
    return {PARAMETERS: as_json(exported), LEARNED: as_json(learned), **texts}


def as_json(plain: Any) -> bytes:
    """Write plain values; numbers that are none are refused."""
    return json.dumps(plain, sort_keys=True, allow_nan=False, separators=(",", ":")).encode()


def load(files: Mapping[str, bytes]) -> Fitted:
    """Read what was learned."""
    plain = json.loads(files[LEARNED])
    if plain["format"] != FORMAT:
        raise ValueError(f"{LEARNED} was written in a format that this release does not read")
    texts = {of: files.get(f"{of}.txt", b"").decode() for of in plain["heads"]}
    read = {of: heads.of_dict(head, texts[of]) for of, head in plain["heads"].items()}
    return Fitted(date.fromisoformat(plain["asof"]), plain["seed"], read, tuple(plain["notices"]))
