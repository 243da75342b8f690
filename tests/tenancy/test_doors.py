"""Every door of the web process before Django: each says why it is open, or which tests prove it closed to others."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shopmlops import doors

TESTS = Path(__file__).resolve().parents[1] / "pipelines/endpoints"
OPEN = {
    "/healthz": "it says that a process lives, and nothing of any shop",
    "/readyz": "it says which services answer, and nothing of any shop",
}
# A door that is not named here fails the test: who comes through it with another shop's proof is tried first.
PROVEN = {
    "/webhooks/shopify": [
        "test_webhooks.py::test_a_body_that_names_another_shop_is_refused",
        "test_webhooks.py::test_a_body_with_another_shops_id_is_refused",
        "test_forged_deliveries.py::test_no_body_of_another_shop_ends_this_one",
    ],
    "/live": ["live/test_door.py::test_nothing_of_another_shop"],
    "/pixel": ["storefront/test_pixel.py::test_a_key_that_is_not_ours_is_refused_and_counted"],
    "/metrics": [
        "test_health.py::test_the_fleets_counts_are_for_who_knows_the_token",
        "test_health.py::test_they_are_numbers_and_name_no_shop",
    ],
    "/answers/": [
        "answering/test_door.py::test_another_shops_pass_is_useless",
        "answering/test_door.py::test_a_version_of_another_shop_is_never_asked",
        "answering/test_held.py::test_another_shops_lists_are_never_shown",
    ],
    "/checkout/": [
        "checkout/test_door.py::test_a_token_of_another_shop_asks_there_alone",
        "checkout/test_door.py::test_nobody_accepts_for_another_shop_or_decision",
    ],
    "/api/": [
        "api/test_door.py::test_a_key_reads_its_own_shop_alone",
        "api/test_door.py::test_without_a_key_of_a_shop_nothing_is_read",
    ],
    "/proxy/": ["storefront/test_proxy.py::test_a_changed_parameter_is_refused"],
}


def functions_in(name: str) -> set[str]:
    tree = ast.parse((TESTS / name).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_door_is_open_for_a_reason_or_proven() -> None:
    assert (doors.AT | doors.BELOW).keys() == OPEN.keys() | PROVEN.keys()


@pytest.mark.parametrize("proof", [proof for proofs in PROVEN.values() for proof in proofs])
def test_a_proof_is_there(proof: str) -> None:
    name, _, test = proof.partition("::")
    assert test in functions_in(name)
