"""Several processes count, and whoever is asked adds up; who ended holds nothing, and what it counted stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.endpoints.metrics import counted

COUNTS = """
import os, sys
from pipelines.endpoints.metrics import counted
counted.WEBHOOKS.labels(200).observe(0.03)
counted.STREAMS.inc(2)
"""
TELLS = """
import json, sys
from pipelines.endpoints.metrics import counted
told = {}
for family in counted.registry().collect():
    for sample in family.samples:
        labels = [sample.labels[name] for name in sorted(sample.labels)]
        told[f"{sample.name} {','.join(labels)}"] = sample.value
print(json.dumps(told))
"""


def in_a_process(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], counted.FOLDER: str(folder)}
    run = [sys.executable, "-c", code]
    return subprocess.run(run, env=environment, capture_output=True, text=True, check=True)


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Any]:
    """Let three processes count one after the other, of which each has ended when the last tells."""
    for _ in range(2):
        in_a_process(COUNTS, tmp_path)
    return json.loads(in_a_process(COUNTS + TELLS, tmp_path).stdout)


def test_what_all_counted_is_added_up(told):
    assert told["shopmlops_webhook_seconds_count 200"] == 3
    assert told["shopmlops_webhook_seconds_sum 200"] == pytest.approx(0.09)
    assert told["shopmlops_webhook_seconds_bucket 0.05,200"] == 3
    assert told["shopmlops_webhook_seconds_bucket 0.025,200"] == 0


def test_streams_of_a_process_that_ended_are_gone(told):
    assert told["shopmlops_streams_open "] == 2


def test_memory_is_told_of_those_that_live(told):
    held = [value for name, value in told.items() if name.startswith("shopmlops_web_resident_memory_bytes ")]
    assert len(held) == 1 and 1e7 < held[0] < 1e9


def test_without_a_folder_a_process_tells_of_itself(monkeypatch):
    monkeypatch.delenv(counted.FOLDER, raising=False)
    names = {family.name for family in counted.registry().collect()}
    counts = {"shopmlops_webhook_seconds", "shopmlops_rows_dropped", "shopmlops_streams_open"}
    assert names == counts | {"shopmlops_web_resident_memory_bytes"}
    assert counted.resident_bytes(os.getpid())


def test_a_process_that_is_no_more_holds_no_memory():
    assert counted.resident_bytes(2**22 + 1) is None
