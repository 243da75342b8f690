"""What is known of a new version beside the one that runs, as e-values and bounds that hold at any look (METHODS 4e).

Closed blocks are all that counts. Steps of a ramp are strata: each is weighed by itself and the products are combined,
never the totals. Many releases are weighed at once, in arrays that PostgreSQL fills by COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence import blocks, effects
from pipelines.models import Release, ShopSettings
from pipelines.stats import peak_hours
from pipelines.stats.inference import sequential
from pipelines.strategies import Evidence, limits
from pipelines.usecases.evidence import Randomised

AT_ONCE = 50  # releases whose blocks are in memory together
DEFAULT_MARGIN = 0.1

READ = f"""
    SELECT b.release_id, b.step, extract(epoch FROM b.starts_at)::bigint AS starts, b.is_peak::int AS is_peak,
           b.is_weekend::int AS is_weekend, {", ".join(f"b.{name}" for name in blocks.FIGURES)}
    FROM pipelines_evidenceblock b
    JOIN unnest(%(shops)s::bigint[], %(releases)s::bigint[]) AS r(shop_id, id)
        ON b.release_id = r.id AND b.shop_id = r.shop_id
    ORDER BY b.release_id, b.step, b.starts_at
"""
KINDS = frames.columns("release_id step starts is_peak is_weekend", frames.WHOLE) | dict.fromkeys(
    blocks.FIGURES, frames.REAL
)

Measured = tuple[Evidence, dict[str, Any]]
Weigher = Callable[[pd.DataFrame], np.ndarray]


def evidence_of(release: Release, now: datetime) -> Measured:
    """Say what is known of a release whose units are split, as the policy needs it and as the pages show it."""
    blocks.close_blocks(release, now)
    ((_, measured, analysis),) = many([release], now)
    return measured, analysis


def many(releases: Sequence[Release], now: datetime) -> Iterator[tuple[Release, Evidence, dict[str, Any]]]:
    """Weigh releases whose units are split, some at a time; blocks that are ripe were closed before."""
    waiting = iter(releases)
    while chunk := list(islice(waiting, AT_ONCE)):
        table = Table(chunk, read(chunk))
        values = table.e_values()
        hours = hours_of({release.shop_id for release in chunk})
        for place, release in enumerate(chunk):
            rows = table.of(release)
            told = {name: float(value[place]) for name, value in values.items()}
            yield release, as_evidence(release, rows, told, hours.get(release.shop_id, {})), shown(release, rows, told)


def read(releases: Sequence[Release]) -> pd.DataFrame:
    """Read the closed blocks of releases, each of its own shop, in the order of release, step and time."""
    shops, ids = [release.shop_id for release in releases], [release.pk for release in releases]
    return frames.read(READ, KINDS, shops=shops, releases=ids)


def hours_of(shops: set[int]) -> dict[int, dict[str, Any]]:
    """Return the learned peak hours by shop."""
    return dict(ShopSettings.objects.filter(shop__in=shops).values_list("shop", "peak_hours"))


@dataclass(frozen=True)
class Table:
    """Hold the blocks of some releases, and weigh them all at once."""

    releases: Sequence[Release]
    rows: pd.DataFrame

    def of(self, release: Release) -> pd.DataFrame:
        """Give the blocks of one release."""
        first, last = np.searchsorted(self.rows["release_id"], [release.pk, release.pk + 1])
        return self.rows.iloc[first:last]

    def e_values(self) -> dict[str, np.ndarray]:
        """Weigh every kind of evidence; one number per release, 1 where nothing is known."""
        peak = self.rows["is_peak"] == 1
        logs = {
            "harm": self.product(harm),
            "harm_at_peak": self.product(harm, peak),
            "non_inferior": self.non_inferior(),
            "ratio": self.ratio(),
            "errors": self.product(lambda rows: more_often(rows, "errors", "units")),
            "slow_answers": self.product(lambda rows: more_often(rows, "slow", "units")),
            "refunds": self.product(lambda rows: more_often(rows, "refunds", "orders")),
        }
        return {name: sequential.e_value(log_e) for name, log_e in logs.items()}

    def product(self, weigh: Weigher, kept: pd.Series | None = None) -> np.ndarray:
        """Weigh each step by itself and multiply the steps of a release: they share no units."""
        rows = self.rows if kept is None else self.rows[kept]
        total = np.zeros(len(self.releases))
        np.add.at(total, *self.last_of_steps(rows, weigh))
        return total

    def ratio(self) -> np.ndarray:
        """Weigh whether any step split its units otherwise than planned: what it counted would prove nothing."""
        worst = np.full(len(self.releases), -np.inf)
        np.maximum.at(worst, *self.last_of_steps(self.rows, self.unbalanced))
        return np.where(np.isneginf(worst), 0.0, worst)

    def unbalanced(self, rows: pd.DataFrame) -> np.ndarray:
        """Weigh the split of units block by block."""
        group = strata(rows)
        firsts = rows.iloc[np.flatnonzero(np.diff(group, prepend=-1))]
        steps = zip(self.places(firsts), firsts["step"], strict=True)
        weight = np.array([self.releases[place].steps[step]["weight"] / 100 for place, step in steps])
        return sequential.ratio_log_e(rows["control_units"], rows["canary_units"], weight[group], group)

    def non_inferior(self) -> np.ndarray:
        """Weigh whether a release loses less than the margin that its card named."""
        margins = np.array([margin_of(release) for release in self.releases])
        place = self.places(self.rows)
        return sum(
            (
                self.product(partial(no_worse, margin=float(margin)), pd.Series(margins[place] == margin))
                for margin in np.unique(margins)
            ),
            start=np.zeros(len(self.releases)),
        )

    def last_of_steps(self, rows: pd.DataFrame, weigh: Weigher) -> tuple[np.ndarray, np.ndarray]:
        """Say of every step whose release it is of, and at what it stands."""
        if rows.empty:
            return np.array([], dtype=np.intp), np.array([])
        group = strata(rows)
        firsts = np.flatnonzero(np.diff(group, prepend=-1))
        return self.places(rows)[firsts], sequential.last(weigh(rows), group)

    def places(self, rows: pd.DataFrame) -> np.ndarray:
        """Say of every block which release of the list it is of."""
        ids = np.array([release.pk for release in self.releases])
        order = np.argsort(ids)
        return order[np.searchsorted(ids[order], rows["release_id"])]


def strata(rows: pd.DataFrame) -> np.ndarray:
    """Number the steps of the releases, in the order of the blocks."""
    changes = (rows["release_id"].diff() != 0) | (rows["step"].diff() != 0)
    return np.cumsum(changes.to_numpy()) - 1


def harm(rows: pd.DataFrame) -> np.ndarray:
    """Weigh whether fewer units order with the new version."""
    return sequential.harm_log_e(
        rows["control_orders"], rows["control_units"], rows["canary_orders"], rows["canary_units"], strata(rows)
    )


def no_worse(rows: pd.DataFrame, margin: float) -> np.ndarray:
    """Weigh whether as many units order with the new version, but for the margin."""
    return sequential.non_inferior_log_e(
        rows["control_orders"], rows["control_units"], rows["canary_orders"], rows["canary_units"], margin, strata(rows)
    )


def more_often(rows: pd.DataFrame, bad: str, among: str) -> np.ndarray:
    """Weigh whether something bad happens more often with the new version: its good outcomes are then rarer."""
    control, canary = rows[f"control_{among}"], rows[f"canary_{among}"]
    good = control - rows[f"control_{bad}"], canary - rows[f"canary_{bad}"]
    return sequential.harm_log_e(good[0], control, good[1], canary, group=strata(rows))


def margin_of(release: Release) -> float:
    """Return the loss that the card called acceptable."""
    return float(release.evidence.get("plan", {}).get("margin", DEFAULT_MARGIN))


# As the policy needs it


def as_evidence(release: Release, rows: pd.DataFrame, e: dict[str, float], hours: dict[str, Any]) -> Evidence:
    """Put the figures of one release together."""
    here = rows[rows["step"] == release.step]
    whole = rows[(rows["is_peak"] == 1) & (rows["canary_units"] > 0) & (rows["control_units"] > 0)]
    effect = effects.of_orders(release, rows, limits.INTERVAL_ALPHA)
    return Evidence(
        kind=Randomised.kind,
        units=int(here["canary_units"].sum()),
        ratio=e["ratio"],
        harm=e["harm"],
        harm_at_peak=e["harm_at_peak"],
        non_inferior=e["non_inferior"],
        guardrails=guardrails_of(e),
        peak_blocks=int((whole["step"] == release.step).sum()),
        peak_classes=frozenset(
            peak_hours.WEEKEND if is_weekend else peak_hours.WEEKDAY for is_weekend in whole["is_weekend"].unique()
        ),
        peak_classes_needed=peak_hours.classes_with_peaks(hours),
        next_loss=effects.next_loss(release, rows),
        interval=(effect.low, effect.high) if effect else None,
        ranges=effects.ranges(release, rows),
    )


def guardrails_of(e: dict[str, float]) -> dict[str, float]:
    """Name what the new version must not make worse."""
    return {name: e[name] for name in ("errors", "slow_answers", "refunds")}


# As the pages show it


def shown(release: Release, rows: pd.DataFrame, e: dict[str, float]) -> dict[str, Any]:
    """Put the figures of one release into the form that pages draw."""
    counted = {
        what: {arm: int(rows[f"{arm}_{what}"].sum()) for arm in ("canary", "control")} for what in ("units", "orders")
    }
    values = {name: e[name] for name in ("ratio", "harm", "harm_at_peak", "non_inferior")}
    facts = {"kind": Randomised.kind, **values, "guardrails": guardrails_of(e), **counted}
    return facts | effects.shown(release, rows)
