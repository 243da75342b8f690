"""How a version reaches shoppers: pure rules, standard library only. A new strategy is a file and a line here."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.strategies.blue_green import BlueGreen
from pipelines.strategies.contract import (
    Action,
    Decision,
    Evidence,
    Health,
    Situation,
    Split,
    Step,
    Strategy,
    Traffic,
    Verdict,
    Window,
)

STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in (BlueGreen(),)}


@dataclass(frozen=True)
class Plan:
    """How one version is released: by which strategy, in which steps, and why so."""

    strategy: str
    steps: tuple[Step, ...]
    reason: str


def strategy(name: str) -> Strategy:
    """Return the strategy of that name."""
    return STRATEGIES[name]


def plan(traffic: Traffic, *, wanted: str = "", weights: tuple[int, ...] = (), alongside_days: int = 0) -> Plan:
    """Choose strategy and steps by what the shop's traffic can prove (METHODS 4e); raises ValueError with a sentence.

    A shop that cannot gather evidence gets blue-green, with approval always.
    """
    chosen = STRATEGIES[wanted or "blue_green"]
    return Plan(chosen.name, chosen.steps(traffic, weights, alongside_days), "")


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
    "Traffic",
    "Verdict",
    "Window",
    "plan",
    "strategy",
]
