"""The demo as a newcomer meets it: a store's orders become a live forecast, and nothing is left behind however it ends.

One state serves the whole file: the smoke run makes its store, later starts find it there.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.ops.demo_settings import SECOND_SHOP
from pipelines.ops.supervisor import free_ports
from pipelines.usecases import USE_CASES
from tests import times, waiting

ROOT = Path(__file__).resolve().parents[2]
COUNTED = ("orders", "order_lines", "variants", "webhooks_received", "webhooks_applied", "versions", "rows_said")
PROCESSES = ("shopmlops.server", "work events default", "work training", "manage.py schedule")
ADDRESS = re.compile(r"http://localhost:(\d+)/")

pytestmark = pytest.mark.timeout(3600)  # the smoke run trains and replays a whole store, perhaps on half a core


@pytest.fixture(scope="module")
def state(open_folder: Callable[[], Path]) -> Path:
    """Return one state for the module: its store is made once."""
    return open_folder() / "state"


def start(command: str, *options: str | Path, **pipes: object) -> "subprocess.Popen[str]":
    """Start a command as a person would, with services of its own."""
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    words = [sys.executable, "manage.py", command, *map(str, options)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | pipes
    return subprocess.Popen(words, cwd=ROOT, env=env, text=True, **pipes)


def demo(state: Path, *options: str | Path) -> "subprocess.Popen[str]":
    port, store_port = free_ports(2)
    ports = () if "--port" in options or "--store-port" in options else ("--port", port, "--store-port", store_port)
    return start("demo", "--state", state, *ports, *options, stderr=subprocess.STDOUT)


@contextmanager
def running_demo(state: Path, *options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start the demo and wait for its address; leave nothing behind whatever the test finds."""
    process = demo(state, *options)
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if address := ADDRESS.search(line):
                break
        else:
            pytest.fail("The demo ended:\n" + "".join(said))
        yield process, address[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=waiting.SECONDS)


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


def pids_of(state: Path, words: str) -> list[int]:
    return [int(line.split()[0]) for line in processes_of(state) if words in line]


def test_a_generated_store_ends_with_a_live_version_and_one_line_of_json(state: Path) -> None:
    run = start("smoke", "--state", state, "--at", times.AT.isoformat())
    everything_runs = lambda: run.poll() is not None or all(pids_of(state, words) for words in PROCESSES)  # noqa: E731
    waiting.until(everything_runs, "the processes of the demo", seconds=1800)
    code, said = second_start(state)
    assert code != 0 and f"in use by another start (process {run.pid})" in said
    out, said = run.communicate()
    assert run.returncode == 0, said
    [line] = out.splitlines()
    counted = json.loads(line)
    assert all(counted[name] > 0 for name in COUNTED), counted
    assert counted["webhooks_applied"] == counted["webhooks_received"]
    assert counted["history_days"] > 500
    assert counted["models"].keys() | counted["waiting"].keys() == USE_CASES.keys()
    assert counted["models"].keys() >= {"demand_forecast", "recommendations"} and all(counted["waiting"].values())
    for told in counted["models"].values():
        assert told["live_version"] == 1 and told["error_beside_simple_rule"] <= 1
    assert counted["models"]["demand_forecast"]["error_beside_simple_rule"] < 1
    low, high = counted["models"]["demand_forecast"]["profit_interval"]
    assert low <= counted["models"]["demand_forecast"]["profit_change"] <= high
    assert {"/", "/versions", "/experiments", "/data", "/settings"} < set(counted["pages_ok"])
    assert processes_of(state) == []


def second_start(state: Path) -> tuple[int, str]:
    """Start a demo on a state that is in use, with ports that are free."""
    process = demo(state)
    said, _ = process.communicate()
    return process.returncode, said


def test_it_prints_addresses_that_answer_lets_an_operator_in_and_leaves_nothing_after_ctrl_c(state: Path) -> None:
    with running_demo(state, "--stores", "2") as (process, address):
        second = process.stdout.readline().split()[-1]
        assert second == f"{address}admin/{SECOND_SHOP}"
        for page in (address, second):
            with urllib.request.urlopen(page, timeout=waiting.SECONDS) as answer:
                assert answer.status == 200
        assert [words for words in PROCESSES if not pids_of(state, words)] == []
        assert "morag may log in at http://127.0.0.1:" in an_operator(state)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
    assert process.returncode == 0
    assert "Nothing is left running" in said
    assert processes_of(state) == []
    assert "No demo runs" in an_operator(state)


def an_operator(state: Path) -> str:
    """Ask for an operator, and return what is said."""
    password = os.environ | {"OPERATOR_PASSWORD": "a password for this test"}
    command = [sys.executable, "manage.py", "operator", "--name", "morag", "--state", str(state)]
    answer = subprocess.run(command, cwd=ROOT, env=password, capture_output=True, text=True)
    return answer.stdout + answer.stderr


def test_a_killed_demo_takes_everything_with_it(state: Path) -> None:
    with running_demo(state) as (process, _):
        process.kill()
        waiting.until(lambda: processes_of(state) == [], "all processes to die")


def test_a_child_that_dies_stops_all_and_is_named(state: Path) -> None:
    with running_demo(state) as (process, _):
        os.kill(pids_of(state, "work events default")[0], signal.SIGKILL)
        said, _ = process.communicate()
    assert process.returncode == 1
    assert "worker stopped (signal SIGKILL), so all stops" in said
    assert processes_of(state) == []


@pytest.mark.parametrize("option", ["--port", "--store-port"])
def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path, option: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        ports = {"--port": free_ports(1)[0], "--store-port": free_ports(1)[0]} | {option: taken}
        process = demo(tmp_path / "state", *(word for pair in ports.items() for word in pair))
        said, _ = process.communicate()
    assert process.returncode == 1
    assert f"Port {taken} is in use. Stop what listens there, or choose another" in said
    assert not (tmp_path / "state").exists()


def test_an_orders_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    process = demo(tmp_path / "state", "--orders", tmp_path / "none.csv")
    said, _ = process.communicate()
    assert process.returncode == 1
    assert "none.csv is not a file" in said


def test_a_file_that_holds_no_orders_fails_with_its_reason(open_folder: Callable[[], Path]) -> None:
    orders = open_folder() / "orders.csv"
    orders.write_text("colour,shape\nred,round\n")
    run = start("smoke", "--orders", orders, "--state", orders.with_name("state"))
    out, said = run.communicate()
    assert run.returncode == 1
    assert "error" in json.loads(out)
    assert "orders.csv" in said
