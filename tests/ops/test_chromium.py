"""Which Chromium of a machine is taken."""

from pathlib import Path

import pytest

from pipelines.ops import chromium


def test_the_build_without_windows_is_taken_first_and_the_other_where_it_is_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, whole = tmp_path / "shell", tmp_path / "whole"
    monkeypatch.setattr(chromium, "PLACES", (str(shell), str(whole)))
    assert chromium.program() is None
    whole.touch()
    assert chromium.program() == str(whole)
    shell.touch()
    assert chromium.program() == str(shell)
