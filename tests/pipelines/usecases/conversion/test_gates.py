"""What a version is held to: as many orders as said, chances that mean what they say, and no more than can be known."""

import pytest

from pipelines.lifecycle.versions import gates
from pipelines.lifecycle.versions.gates import Gate, Measured, Outcome
from pipelines.usecases import conversion
from pipelines.usecases.conversion.gates import GATES


def judged(**figures: object) -> dict[str, Gate]:
    told = {"candidate": figures, "slices": {}}
    told |= {key: figures.pop(key) for key in [*figures] if key.endswith("_range")}
    return {gate.name: gate for gate in gates.gates_of(Measured(conversion.USE_CASE, told, {}))}


@pytest.mark.parametrize(
    ("figure", "good", "bad"), [("gap", -0.1, 0.4), ("ece", 0.03, 0.09), ("early_auc", 0.7, 0.9)], ids=str
)
def test_each_limit_holds_unless_chance_explains_it(figure: str, good: float, bad: float) -> None:
    (limit,) = (each for each in GATES.limits if each.figure == figure)
    assert judged(**{figure: good})[limit.name].verdict is Outcome.PASSED
    failed = judged(**{figure: bad, f"{figure}_range": [bad - 0.02, bad]})[limit.name]
    assert failed.verdict is Outcome.FAILED and f"{100 * bad:.0f}" in failed.text
    assert judged(**{figure: bad, f"{figure}_range": [0.0, bad]})[limit.name].verdict is Outcome.OPEN
    assert judged()[limit.name].verdict is Outcome.OPEN


def test_visits_checkouts_and_peak_hours_are_each_judged() -> None:
    assert [part.key for part in GATES.slices] == ["session", "checkout", "peak"]
