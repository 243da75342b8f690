"""The whole way, through the real processes: from a store's orders to a live forecast, or a reason why not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.ops import smoke

ROOT = Path(__file__).resolve().parents[2]
COUNTED = ("orders", "order_lines", "variants", "webhooks_received", "webhooks_applied", "versions", "forecast_rows")


def run_smoke(*options: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "manage.py", "smoke", *options]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


@pytest.mark.timeout(1800)
def test_a_generated_store_ends_with_a_live_version_and_one_line_of_json() -> None:
    answer = run_smoke()
    assert answer.returncode == 0, answer.stderr
    [line] = answer.stdout.splitlines()
    counted = json.loads(line)
    assert all(counted[name] > 0 for name in COUNTED), counted
    assert counted["webhooks_applied"] == counted["webhooks_received"]
    assert counted["history_days"] > 500
    assert counted["live_version"] == 1
    assert counted["rmsse_vs_naive"] < 1
    low, high = counted["profit_interval"]
    assert low <= counted["profit_change"] <= high
    assert counted["pages_ok"] == list(smoke.PAGES)


@pytest.mark.timeout(300)
def test_a_file_that_holds_no_orders_fails_with_its_reason(open_folder: Callable[[], Path]) -> None:
    orders = open_folder() / "orders.csv"
    orders.write_text("colour,shape\nred,round\n")
    answer = run_smoke("--orders", str(orders), "--state", str(orders.with_name("state")))
    assert answer.returncode == 1
    assert "error" in json.loads(answer.stdout)
    assert "orders.csv" in answer.stderr


def test_waiting_ends_with_what_did_not_happen() -> None:
    with pytest.raises(smoke.SmokeFailed, match="After 0 seconds nothing came"):
        smoke.wait(lambda: None, 0, "nothing came")


def test_a_form_is_read_with_the_values_it_carries() -> None:
    page = '<form action="/a"><input name="x" value="1"></form><form action="/b"><input name="y"></form>'
    assert smoke.Forms(page).found == {"/a": {"x": "1"}, "/b": {"y": ""}}
