"""What a version learned, and how it is written down: a few numbers, which the scorer reads as they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from pipelines.usecases.contract import PARAMETERS

FORMAT = 1
EXPLORE = 0.05  # of the decisions, spread evenly over all that is open and over no offer
Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Weights:
    """Hold what is known of one offer's log odds: the mean of each feature's weight, and a root of their spread.

    `root` is a triangle: row i holds its first i + 1 numbers.
    """

    mean: Numbers
    root: tuple[Numbers, ...]


@dataclass(frozen=True)
class Context:
    """Hold what who asks says: how features are measured, the weights of each offer, and those of a new one."""

    scales: tuple[tuple[float, float], ...]
    offers: Mapping[str, Weights]
    new: Weights


@dataclass(frozen=True)
class Fitted:
    """Hold a policy: what any offer is like, what each costs beyond its acceptances, and who likes what, if that pays.

    `shared` says what showing any offer once brings beyond acceptances times margin, and how sure that is: orders that
    would have come anyway at full price make it negative. Nothing, where it is not known. `extras` adds what one offer
    has of its own.
    """

    asof: date
    seed: int
    prior: tuple[float, float]
    shared: tuple[float, float] | None
    extras: Mapping[str, tuple[float, float]]
    context: Context | None = None
    explore: float = EXPLORE

    @property
    def parameters(self) -> dict[str, Any]:
        """Give plain values, as the scorer reads them."""
        return asdict(self) | {"asof": self.asof.isoformat()}


def dump(fitted: Fitted) -> dict[str, bytes]:
    """Write what was learned as JSON."""
    plain = fitted.parameters | {"format": FORMAT}
    return {PARAMETERS: json.dumps(plain, sort_keys=True, allow_nan=False).encode()}


def load(files: Mapping[str, bytes]) -> Fitted:
    """Read what was learned."""
    plain = json.loads(files[PARAMETERS])
    if plain["format"] != FORMAT:
        raise ValueError(f"{PARAMETERS} was written in a format that this release does not read")
    return Fitted(
        asof=date.fromisoformat(plain["asof"]),
        seed=plain["seed"],
        prior=(plain["prior"][0], plain["prior"][1]),
        shared=None if plain["shared"] is None else (plain["shared"][0], plain["shared"][1]),
        extras={offer: (mean, spread) for offer, (mean, spread) in plain["extras"].items()},
        context=None if plain["context"] is None else context_of(plain["context"]),
        explore=plain["explore"],
    )


def context_of(plain: Mapping[str, Any]) -> Context:
    """Read what who asks says."""
    scales = tuple((usual, spread) for usual, spread in plain["scales"])
    offers = {offer: weights_of(told) for offer, told in plain["offers"].items()}
    return Context(scales, offers, weights_of(plain["new"]))


def weights_of(plain: Mapping[str, Any]) -> Weights:
    """Read the weights of one offer."""
    return Weights(tuple(plain["mean"]), tuple(tuple(row) for row in plain["root"]))
