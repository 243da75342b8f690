"""What an offer does to one visitor, and what would be without it; luck is drawn before anybody knows the offer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from devstore.scenarios import USUAL_APPEAL, Appeal
from devstore.visiting.tastes import Tastes

MOOD = 0.5  # how much the pull of offers differs between visitors (sigma of a lognormal factor)
USUAL_PERCENT = 10  # of a code that pulls as a usual one does


@dataclass(frozen=True)
class Reaction:
    """Whether somebody who was shown an offer buys, takes it, and would have bought without it."""

    name: str
    would: bool
    buys: bool
    accepts: bool
    chance: float  # of an order, before luck, with the offer
    adds: int = 0  # a variant


def reaction(
    shown: Mapping[str, Any],
    percent: int,
    appeals: Iterable[Appeal],
    fit: float,
    would: bool,
    luck: np.random.Generator,
) -> Reaction:
    """Let a visitor see an offer who would, or would not, buy without it."""
    name = str(shown.get("code") or shown.get("message") or shown["kind"])
    known = next((each for each in appeals if each.name == name), None)
    appeal, size = known or USUAL_APPEAL, 1.0 if known or not shown.get("code") else percent / USUAL_PERCENT
    goes, takes = luck.random(2)
    pull = fit * size * float(luck.lognormal(-(MOOD**2) / 2, MOOD))
    wins, leaves = min(1.0, appeal.wins * pull), min(1.0, appeal.drives_away * pull)
    buys = bool(goes >= leaves if would else goes < wins)
    accepts = buys and (not would or bool(takes < appeal.accepts * pull))
    adds = int(shown["variant"]) if accepts and shown["kind"] == "product" else 0
    return Reaction(name, would, buys, accepts, 1 - leaves if would else wins, adds)


def fit_of(shown: Mapping[str, Any], in_cart: Iterable[int], tastes: Tastes) -> float:
    """Say how well an offer fits what lies in a cart: a product as well as the best pair, all else as it is."""
    if shown["kind"] != "product":
        return 1.0
    return max((tastes.fit(product, int(shown["product"])) for product in in_cart), default=0.0)
