"""What we would do about a version that is not proven, and why: the merchant decides, and is not left alone with it."""

from __future__ import annotations

from typing import Any

from pipelines.models import ModelVersion, Release
from pipelines.usecases import USE_CASES


def of(release: Release, active: ModelVersion | None) -> str:
    """Say in a sentence what we would do with a version that is not proven, beside what runs now."""
    version = release.version
    found = compared(version.replay, "champion" if active else "naive")
    if active and found.get("interval") is None and (shares := [step["weight"] for step in splits(release)]):
        return by_shoppers(active, shares[0])
    if active:
        return beside_a_version(found, active)
    words = USE_CASES[version.use_case].words
    passed = {gate["name"] for gate in version.gates if gate["verdict"] == "passed"}
    if words.beats_the_simple_rule in passed:
        return (
            f"We would use it: its {words.answers} missed by no more than the best simple rule's, it is watched from"
            " the first day, and going back is one click."
        )
    return "We would wait for the next training: nothing yet shows that it is better than the best simple rule."


def splits(release: Release) -> list[dict[str, Any]]:
    """Return the steps on which shoppers are split."""
    return [step for step in release.steps if 0 < step["weight"] < 100]


def by_shoppers(active: ModelVersion, share: int) -> str:
    """Let shoppers tell what the past cannot."""
    return (
        f"We would try it: {share} % of shoppers see it first, the past cannot tell who orders by it, and where fewer "
        f"order than with version {active.number}, it is taken away by itself."
    )


def beside_a_version(found: dict[str, Any], active: ModelVersion) -> str:
    """Weigh a new version against one that runs and is known."""
    keep = f"We would keep version {active.number}"
    if found.get("interval") is None:
        return f"{keep}: the two could not be compared in money, and version {active.number} is known."
    if found["profit"] > 0:
        return f"{keep}: what the new one may gain may be chance, and the next training knows more."
    return f"{keep}: on your past the new one gained nothing."


def compared(replay: dict[str, Any], rival: str) -> dict[str, Any]:
    """Return the replay's difference to a rival over all; nothing where it was not measured."""
    groups = (replay.get("versus") or {}).get(rival) or [{}]
    found: dict[str, Any] = groups[0]
    return found
