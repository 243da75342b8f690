"""How a version reaches shoppers: pure rules, standard library only. A new strategy is a file and a line here."""

from __future__ import annotations

from pipelines.strategies.blue_green import BlueGreen
from pipelines.strategies.contract import Action, Split, Step, Strategy, Verdict

STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in (BlueGreen(),)}


def strategy(name: str) -> Strategy:
    """Return the strategy of that name."""
    return STRATEGIES[name]


def suitable() -> Strategy:
    """Choose how the next version is released; a shop that cannot gather evidence gets blue-green (METHODS 4e)."""
    return STRATEGIES["blue_green"]


__all__ = ["STRATEGIES", "Action", "Split", "Step", "Strategy", "Verdict", "strategy", "suitable"]
