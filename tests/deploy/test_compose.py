"""compose.yaml runs the image beside PostgreSQL and Redis: nobody as root, nobody with what it does not need."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if name not in ("postgres", "redis")}
PROCESSES = set(re.findall(r"^(\w+): ", (ROOT / "Procfile").read_text(), re.MULTILINE)) - {"release"}


def test_it_runs_every_process_of_the_procfile_and_what_they_need():
    assert SERVICES.keys() == PROCESSES | {"migrate", "train", "postgres", "redis"}
    assert {name: OURS[name]["command"] for name in PROCESSES} == {name: [name] for name in PROCESSES}


@pytest.mark.parametrize("name", sorted(OURS))
def test_nothing_is_written_but_artifacts_and_what_is_forgotten(name):
    service = OURS[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["tmpfs"] == ["/tmp"]
    assert service["volumes"] == ["artifacts:/state"] and service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_signing_key_is_only_where_training_runs(name):
    key = OURS[name]["environment"]["SIGNING_KEY"]
    assert bool(key) is (name in ("trainer", "train"))


def test_redis_keeps_what_it_is_told_and_forgets_nothing_for_want_of_room():
    told = dict(zip(*[iter(SERVICES["redis"]["command"])] * 2, strict=True))
    assert (told["--appendonly"], told["--maxmemory-policy"]) == ("yes", "noeviction")


def test_the_processes_wait_for_the_tables():
    needs = {name: OURS[name]["depends_on"]["migrate"]["condition"] for name in PROCESSES}
    assert set(needs.values()) == {"service_completed_successfully"}


def test_a_training_runs_only_when_it_is_asked_for():
    assert SERVICES["train"]["profiles"] == ["once"] and SERVICES["train"]["restart"] == "no"


def test_only_web_is_reached_and_only_from_this_machine():
    assert {name: each["ports"] for name, each in SERVICES.items() if "ports" in each} == {
        "web": ["127.0.0.1:8000:8000"]
    }


def test_compose_itself_takes_it(tmp_path):
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("needs docker compose")
    (tmp_path / "compose.yaml").write_text((ROOT / "compose.yaml").read_text())
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=x\nSIGNING_KEY=x\n")
    told = subprocess.run([docker, "compose", "config", "--quiet"], cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
