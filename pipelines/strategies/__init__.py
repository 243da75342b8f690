"""How a version reaches shoppers: pure rules, standard library only. A new strategy is a file and a line here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pipelines.strategies.ab import AB
from pipelines.strategies.blue_green import BlueGreen
from pipelines.strategies.canary import Canary
from pipelines.strategies.contract import (
    Action,
    Decision,
    Evidence,
    Health,
    Situation,
    Split,
    Step,
    Strategy,
    Told,
    Traffic,
    Verdict,
    Window,
)
from pipelines.strategies.shadow import Shadow
from pipelines.strategies.stages import check_steps

STRATEGIES: dict[str, Strategy] = {one.name: one for one in (Shadow(), Canary(), BlueGreen(), AB())}


@dataclass(frozen=True)
class Plan:
    """How one version is released: by which strategy, in which steps, and why so."""

    strategy: str
    steps: tuple[Step, ...]
    reason: str
    maximum: timedelta


def strategy(name: str) -> Strategy:
    """Return the strategy of that name; raises ValueError with a sentence for a name that is none."""
    if name not in STRATEGIES:
        raise ValueError(f"There is no way of releasing named “{name}”. There are {', '.join(STRATEGIES)}.")
    return STRATEGIES[name]


def plan(traffic: Traffic, *, wanted: str = "", weights: tuple[int, ...] = (), alongside_days: int = 0) -> Plan:
    """Choose strategy and steps by what the shop's traffic can prove (METHODS 4e); raises ValueError with a sentence.

    A shop that cannot gather evidence gets blue-green, with approval always (small-store mode).
    """
    name, reason = (wanted, "You chose it.") if wanted else suggest(traffic, alongside_days)
    chosen = strategy(name)
    if chosen.fits(traffic):
        raise ValueError(chosen.fits(traffic))
    steps = chosen.steps(traffic, weights if wanted or name == Canary.name else (), alongside_days)
    check_steps(steps)
    return Plan(chosen.name, steps, reason, chosen.maximum)


def suggest(traffic: Traffic, alongside_days: int) -> tuple[str, str]:
    """Name the strategy that suits a shop's traffic, and say why."""
    if not Canary().fits(traffic):
        return Canary.name, "There are enough orders to learn from a small share of shoppers first."
    if traffic.evidence == "paired" and alongside_days and not Shadow().fits(traffic):
        return Shadow.name, f"Both versions answer for every product, so they are compared for {alongside_days} days."
    return BlueGreen.name, f"{Canary().fits(traffic)} You decide, and everything moves at once."


__all__ = [
    "STRATEGIES",
    "Action",
    "Decision",
    "Evidence",
    "Health",
    "Plan",
    "Situation",
    "Split",
    "Step",
    "Strategy",
    "Told",
    "Traffic",
    "Verdict",
    "Window",
    "check_steps",
    "plan",
    "strategy",
    "suggest",
]
