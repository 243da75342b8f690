"""The demo as a newcomer meets it: one command, one address, and nothing left behind however it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PORT, STORE_PORT = 8019, 9329
START_SECONDS = 90
ADDRESS = re.compile(rf"http://localhost:{STORE_PORT}/")

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def state(open_folder: Callable[[], Path]) -> Path:
    """Return one state for the module: its store is made once."""
    return open_folder() / "state"


def demo(state: Path, *options: str) -> "subprocess.Popen[str]":
    """Start the demo as a person would, with services of its own."""
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "manage.py", "demo", "--state", str(state)]
    ports = ["--port", str(PORT), "--store-port", str(STORE_PORT)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen([*command, *ports, *options], cwd=ROOT, env=env, **pipes)


@contextmanager
def running_demo(state: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start the demo and wait for its address; leave nothing behind whatever the test finds."""
    process = demo(state)
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if ADDRESS.search(line):
                break
        else:
            pytest.fail("The demo ended:\n" + "".join(said))
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def processes_of(state: Path) -> list[str]:
    """Return the processes that live in the state folder or were told of it."""
    return [command(entry) for entry in Path("/proc").glob("[0-9]*") if belongs(entry, state)]


def belongs(entry: Path, state: Path) -> bool:
    if entry.name == str(os.getpid()):
        return False
    try:
        told = f"SHOPMLOPS_STATE={state}".encode() in (entry / "environ").read_bytes().split(b"\0")
        return told or (entry / "cwd").readlink().is_relative_to(state)
    except OSError:
        return False


def command(entry: Path) -> str:
    return f"{entry.name} {(entry / 'cmdline').read_bytes().replace(bytes(1), b' ').decode()}"


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def pid_of(state: Path, words: str) -> int:
    return int(next(line for line in processes_of(state) if words in line).split()[0])


def test_it_prints_an_address_refuses_a_second_start_and_leaves_nothing_after_ctrl_c(state: Path) -> None:
    with running_demo(state) as process:
        with urllib.request.urlopen(f"http://localhost:{STORE_PORT}/", timeout=10) as page:
            assert page.status == 200
        for words in ("shopmlops.server", "work events default", "work training", "manage.py schedule"):
            assert pid_of(state, words)
        second, said = second_start(state)
        assert second != 0
        assert f"in use by another start (process {process.pid})" in said
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Nothing is left running" in said
    assert processes_of(state) == []


def second_start(state: Path) -> tuple[int, str]:
    """Start a demo on a state that is in use, with ports that are free."""
    other_ports = ["--port", "8018", "--store-port", "9328"]
    command = [sys.executable, "manage.py", "demo", "--state", str(state), *other_ports]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return answer.returncode, answer.stderr


def test_a_killed_demo_takes_everything_with_it(state: Path) -> None:
    with running_demo(state) as process:
        process.kill()
        assert wait_for(lambda: processes_of(state) == [], 10), processes_of(state)


def test_a_child_that_dies_stops_all_and_is_named(state: Path) -> None:
    with running_demo(state) as process:
        os.kill(pid_of(state, "work events default"), signal.SIGKILL)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "worker stopped (signal SIGKILL), so all stops" in said
    assert processes_of(state) == []


@pytest.mark.parametrize("taken", [PORT, STORE_PORT])
def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path, taken: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", taken))
        listener.listen()
        process = demo(tmp_path / "state")
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Port {taken} is in use. Stop what listens there, or choose another" in said
    assert not (tmp_path / "state").exists()


def test_an_orders_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    process = demo(tmp_path / "state", "--orders", str(tmp_path / "none.csv"))
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "none.csv is not a file" in said
