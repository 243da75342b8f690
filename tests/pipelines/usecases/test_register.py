"""The register of use cases: read by everybody, and others only for a while."""

from __future__ import annotations

import pytest

from pipelines.usecases import USE_CASES, Register
from tests.toy_use_case import TOY


def test_it_is_read_by_slug() -> None:
    known = Register(TOY)
    assert (known["toy"], [*known], len(known), "forecast" in known) == (TOY, ["toy"], 1, False)


def test_nobody_changes_it_in_passing() -> None:
    with pytest.raises(TypeError):
        Register(TOY)["other"] = TOY


def test_another_one_is_there_for_a_while_whatever_happens_meanwhile() -> None:
    known = Register()
    with pytest.raises(ZeroDivisionError), known.also(TOY):
        assert known["toy"] is TOY
        raise ZeroDivisionError
    assert [*known] == []


def test_some_are_there_alone_for_a_while() -> None:
    known = Register(TOY)
    with known.only():
        assert [*known] == []
    assert [*known] == ["toy"]


def test_a_process_may_have_one_more() -> None:
    known = Register()
    known.register(TOY)
    assert [*known] == ["toy"]


def test_no_two_use_cases_stand_at_one_till_and_what_they_name_is_there() -> None:
    with_till = [(case, case.till) for case in USE_CASES.values() if case.till]
    assert len({till.path for _, till in with_till}) == len(with_till)
    assert all(bool(till.choose) is bool(till.picked) for _, till in with_till)
    assert all(callable(case.function(till.choose)) for case, till in with_till if till.choose)
