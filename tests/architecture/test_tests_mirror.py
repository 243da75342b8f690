"""Who looks for the tests of a module finds them under its name, in the folder that mirrors its own."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MIRRORED = ("lifecycle", "usecases", "charts", "strategies")
LINES = 30  # a module of so few says little that its neighbours' tests do not
LEAST = {"lifecycle": 0.89, "charts": 0.6, "strategies": 0.89}  # lines of tests per line of code

ELSEWHERE = {  # module: where it is tested, and why not under its own name
    "lifecycle/look.py": "lifecycle/releases/test_canary_machine.py",  # gathers and decides: a machine of all rooms
    "lifecycle/sandbox/fields.py": "lifecycle/sandbox/test_staging_with_stores.py",  # shown by two stores that answer
    "lifecycle/evidence/pace.py": "lifecycle/releases/test_traffic.py",  # what a plan needs of it
    "lifecycle/evidence/rollbacks.py": "lifecycle/evidence/test_recovery.py",  # says what is compared there
    "lifecycle/serving/sound.py": "lifecycle/serving/test_refresh.py",  # what is not sound is not written
    "usecases/outputs.py": "usecases/test_contract.py",  # declarations, checked for every use case
    "usecases/watching.py": "usecases/test_contract.py",
    "usecases/tills.py": "usecases/test_contract.py",
    "usecases/offers/frames.py": "models/usecases/offers/test_past.py",  # what is read of the tables
    "usecases/offers/eligible/shelf.py": "usecases/offers/eligible/test_choosing.py",  # what is chosen from
    "usecases/demand_forecast/outputs.py": "usecases/test_contract.py",
    "usecases/demand_forecast/gates.py": "lifecycle/versions/test_gates.py",  # what is asked for there
    "usecases/demand_forecast/rehearsal.py": "lifecycle/sandbox/test_rehearse.py",  # what is read off answers there
    "lifecycle/evidence/effects.py": "lifecycle/evidence/test_weigh.py",  # what blocks say, weighed and told
}


def modules(room: str) -> list[Path]:
    """List the modules of a room that are long enough to be tested by name."""
    found = sorted((ROOT / "pipelines" / room).rglob("*.py"))
    return [path for path in found if path.name != "__init__.py" and len(path.read_text().splitlines()) > LINES]


def mirrored(path: Path) -> Path:
    """Give where the tests of a module lie."""
    return ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.name}"


def without_tests(paths: list[Path]) -> set[str]:
    inside = ROOT / "pipelines"
    return {path.relative_to(inside).as_posix() for path in paths if not mirrored(path).exists()} - ELSEWHERE.keys()


@pytest.mark.parametrize("room", MIRRORED)
def test_each_module_has_a_test_file_of_its_name(room: str) -> None:
    assert without_tests(modules(room)) == set()


@pytest.mark.parametrize(("module", "tests"), ELSEWHERE.items())
def test_an_exception_names_a_module_and_a_test_file_that_are_there(module: str, tests: str) -> None:
    assert (ROOT / "pipelines" / module).exists() and (ROOT / "tests/pipelines" / tests).exists()


def test_a_module_without_one_would_be_found() -> None:
    assert without_tests([ROOT / "pipelines/charts/pies.py"]) == {"charts/pies.py"}


@pytest.mark.parametrize(("room", "least"), LEAST.items())
def test_there_are_about_as_many_lines_of_tests_as_of_code(room: str, least: float) -> None:
    code, tests = (
        sum(len(path.read_text().splitlines()) for path in (ROOT / top / room).rglob("*.py"))
        for top in ("pipelines", "tests/pipelines")
    )
    assert tests >= least * code
