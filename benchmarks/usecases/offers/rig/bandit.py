"""A real bandit's log: what its learning policy brought, told from the log of the random one beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.stats.inference import off_policy
from pipelines.stats.inference.off_policy import Valued

COLUMNS = ["item_id", "position", "click", "propensity_score"]


@dataclass(frozen=True)
class Pair:
    """Hold a campaign's two logs: by chance alone, and by a policy that learned."""

    name: str
    random: pd.DataFrame
    learned: pd.DataFrame


def pairs(folder: Path) -> Iterator[Pair]:
    """Yield the campaigns of which both logs are there."""
    for path in sorted(folder.glob("*_random_*.parquet")):
        other = path.with_name(path.name.replace("_random_", "_bts_"))
        if not path.stem.endswith("_items") and other.exists():
            yield Pair(path.stem, *(pd.read_parquet(each, columns=COLUMNS) for each in (path, other)))


def told(pair: Pair) -> tuple[Valued, float]:
    """Value the policy that learned by the log of the random one; beside it, the clicks that it really had.

    Its chances of an item at a position are the mean of those that it noted, over the items that it showed there.
    """
    noted = pair.learned.groupby(["position", "item_id"])["propensity_score"].mean()
    chance = noted / noted.groupby("position").transform("sum")
    key = pd.MultiIndex.from_frame(pair.random[["position", "item_id"]])
    wanted = chance.reindex(key).fillna(0.0).to_numpy(np.float64)
    weight = wanted / pair.random["propensity_score"].to_numpy(np.float64)
    return off_policy.snips(pair.random["click"].to_numpy(np.float64), weight), float(pair.learned["click"].mean())
