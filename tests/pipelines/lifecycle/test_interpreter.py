"""The interpreter is changed for a block, and found afterwards as it was."""

from __future__ import annotations

import gc
import sys

import pytest

from pipelines.lifecycle.interpreter import quick_turns, uncollected


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_cycles_are_not_looked_for_within_and_after_it_all_is_as_it_was(enabled, fails):
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        try:
            with uncollected():
                assert not gc.isenabled()
                if fails:
                    raise LookupError
        except LookupError:
            pass
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()


@pytest.mark.parametrize("fails", [True, False])
def test_threads_take_turns_sooner_within(fails):
    before = sys.getswitchinterval()
    try:
        with quick_turns(0.001):
            assert sys.getswitchinterval() == pytest.approx(0.001)
            if fails:
                raise LookupError
    except LookupError:
        pass
    assert sys.getswitchinterval() == pytest.approx(before)
