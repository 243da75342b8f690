"""A folder of one's own goes with whose it is, also where they were killed, and nobody else's does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipelines.own_folder import HELD, clear_away, own_folder

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "shopmlops-own-"
HAS_ONE = """
import sys
from pipelines.own_folder import own_folder
with own_folder("shopmlops-own-") as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def a_process() -> tuple[subprocess.Popen[str], Path]:
    """Start a process that has a folder of its own, and say which."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    env = os.environ | {"TMPDIR": tempfile.gettempdir()}
    process = subprocess.Popen([sys.executable, "-c", HAS_ONE], cwd=ROOT, env=env, text=True, **pipes)
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_had_is_cleared_away_and_what_another_has_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    anybodys = tmp_path / f"{PREFIX}x"
    anybodys.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / HELD).touch()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    (killed, left), (living, used) = a_process(), a_process()
    killed.kill()
    killed.wait()
    assert left.exists() and used.exists()
    with own_folder(PREFIX) as mine:
        assert not left.exists() and used.exists() and anybodys.exists() and elsewhere.exists()
        clear_away(PREFIX)
        assert mine.exists()
    living.communicate("")
    assert not mine.exists() and not used.exists(), "who ends by itself leaves nothing"
