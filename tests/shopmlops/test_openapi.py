"""The doors do what is said of them: Schemathesis asks the real web process the same few questions each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shopmlops import doors
from tests.shopmlops.conftest import Web

FILE = Path(__file__).resolve().parents[2] / "docs/openapi.json"
DOCUMENT = json.loads(FILE.read_text())
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MAY_BE_AWAY = {503}  # a probe says so; a door whose shops nobody has looked at yet, too
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


def test_every_door_is_described_and_nothing_else() -> None:
    described = {path.partition("{")[0] for path in DOCUMENT["paths"]}
    assert described == doors.AT.keys() | doors.BELOW.keys()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_door_does_what_is_said_of_it(web: Web, path: str, method: str) -> None:
    operation = schemathesis.openapi.from_dict(DOCUMENT)[path][method.upper()]

    @settings(
        max_examples=12, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(base_url=web.address, timeout=60)
        checks = [check for check in CHECKS if check is not not_a_server_error or answer.status_code not in MAY_BE_AWAY]
        case.validate_response(answer, checks=checks)

    ask()
