"""A container's health check: a sign of life, or an answer of the web process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.ops.supervisor import free_ports
from shopmlops import alive

ROOT = Path(__file__).resolve().parents[2]


def exit_code(**environment: str) -> int:
    command = [sys.executable, "-m", "shopmlops.alive"]
    env = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(command, cwd=ROOT, env=env, timeout=60).returncode


def test_a_worker_lives_as_long_as_it_gives_signs(tmp_path, monkeypatch):
    pulse = tmp_path / "pulse"
    monkeypatch.setenv("PULSE_FILE", str(pulse))
    alive.touch()
    assert exit_code(PULSE_FILE=str(pulse)) == 0
    long_ago = pulse.stat().st_mtime - 2 * alive.SILENT_AFTER
    os.utime(pulse, (long_ago, long_ago))
    assert exit_code(PULSE_FILE=str(pulse)) == 1


def test_without_a_container_nothing_is_touched(tmp_path, monkeypatch):
    monkeypatch.delenv("PULSE_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    alive.touch()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pulse", ["", "/nowhere/pulse"])
def test_where_nobody_gives_signs_and_nobody_answers_it_is_dead(pulse):
    assert exit_code(PULSE_FILE=pulse, PORT=str(free_ports(1)[0])) == 1


def test_the_web_process_lives_as_long_as_it_answers(web):
    assert exit_code(PORT=str(web.port), PULSE_FILE="/nowhere/pulse") == 0
