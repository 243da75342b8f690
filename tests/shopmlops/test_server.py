"""How the web process is started."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from shopmlops import server

ROOT = Path(__file__).resolve().parents[2]
SERVES = """
import sys
from shopmlops import server
with server.folder_of_counts() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_the_collector_walks_once_a_page_and_not_dozens_of_times():
    before = gc.get_threshold()
    try:
        server.spare_the_collector()
        assert gc.get_threshold()[0] == server.MADE and gc.get_freeze_count()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_a_thread_works_for_a_moment_only_while_another_waits():
    before = sys.getswitchinterval()
    try:
        server.take_short_turns()
        assert sys.getswitchinterval() <= before / 10
    finally:
        sys.setswitchinterval(before)


def a_server() -> tuple[subprocess.Popen[str], Path]:
    """Start a process that counts as a web process does, and say where."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    env = os.environ | {"TMPDIR": tempfile.gettempdir()}
    process = subprocess.Popen([sys.executable, "-c", SERVES], cwd=ROOT, env=env, text=True, **pipes)
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_server_counted_is_cleared_away_and_what_another_counts_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    anybodys = tmp_path / f"{server.COUNTED_IN}x"
    anybodys.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / server.HELD).touch()
    (tmp_path / f"{server.COUNTED_IN}link").symlink_to(elsewhere)
    (killed, left), (living, used) = a_server(), a_server()
    killed.kill()
    killed.wait()
    assert left.exists() and used.exists()
    with server.folder_of_counts() as mine:
        assert not left.exists() and used.exists() and anybodys.exists() and elsewhere.exists()
        server.clear_away_counts()
        assert Path(mine).exists()
    living.communicate("")
    assert not Path(mine).exists() and not used.exists(), "who ends by itself leaves nothing"
