"""The demo's clock: read from an option, forward only, followed by every process that the demo starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from pipelines.ops import clock
from pipelines.ops.demo_settings import DemoPlan, environment
from pipelines.ops.errors import ServiceError

ROOT = Path(__file__).resolve().parents[2]
LEAP_DAY = datetime(2028, 2, 29, 9, 0, tzinfo=UTC)
TELL = """
import datetime, json, os, sys, time
began = time.monotonic()
import django; django.setup()
from django.utils import timezone
reader, writer = os.pipe()
if os.fork() == 0:
    os.write(writer, timezone.now().isoformat().encode())
    os._exit(0)
fork = os.read(reader, 100).decode()
print(json.dumps([timezone.now().isoformat(), str(datetime.date.today()), fork, time.monotonic() - began]))
"""


@pytest.fixture(autouse=True)
def unturned() -> Iterator[None]:
    """Be in real time, as the process is that starts a demo."""
    with time_machine.travel(time_machine.escape_hatch.datetime.datetime.now(UTC), tick=True):
        yield


class TestTheOption:
    def test_is_a_time_in_utc_or_in_the_zone_that_it_names(self) -> None:
        assert clock.moment("2028-02-29T09:00") == LEAP_DAY
        assert clock.moment("2028-02-29T04:00-05:00") == LEAP_DAY

    @pytest.mark.parametrize("text", ["", "tomorrow", "2027-02-29T00:00", "25:00"])
    def test_that_is_no_time_is_refused(self, text: str) -> None:
        with pytest.raises(ArgumentTypeError, match="is no time like"):
            clock.moment(text)


class TestHowFarAhead:
    def test_a_new_state_begins_on_any_day_also_in_the_past(self, tmp_path: Path) -> None:
        for at in (LEAP_DAY, datetime(2020, 1, 1, tzinfo=UTC)):
            (tmp_path / "clock").unlink(missing_ok=True)
            assert abs(clock.ahead(tmp_path, at) - (at.timestamp() - time.time())) < 60

    def test_a_later_start_goes_on_from_there(self, tmp_path: Path) -> None:
        ahead = clock.ahead(tmp_path, LEAP_DAY)
        assert clock.ahead(tmp_path, None) == ahead
        assert clock.ahead(tmp_path, LEAP_DAY + timedelta(days=7)) > ahead

    def test_without_the_option_it_is_the_machines_own(self, tmp_path: Path) -> None:
        assert clock.ahead(tmp_path, None) == 0

    def test_it_never_goes_back(self, tmp_path: Path) -> None:
        clock.ahead(tmp_path, LEAP_DAY)
        with pytest.raises(ServiceError, match=r"shows 2028-02-29 09:0\d UTC and goes forward only"):
            clock.ahead(tmp_path, LEAP_DAY - timedelta(days=1))

    def test_a_store_that_lived_in_real_time_does_not_go_back_either(self, tmp_path: Path) -> None:
        (tmp_path / "devstore").mkdir()
        with pytest.raises(ServiceError, match="goes forward only"):
            clock.ahead(tmp_path, datetime.now(UTC) - timedelta(days=1))


def test_a_process_of_the_demo_and_what_it_forks_live_on_that_day(tmp_path: Path) -> None:
    env = environment(DemoPlan(tmp_path, at=LEAP_DAY), {})
    env |= {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env["DJANGO_SETTINGS_MODULE"] = "shopmlops.settings"
    told = subprocess.run([sys.executable, "-c", TELL], env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    now, today, fork, waited = json.loads(told.stdout)
    assert today == "2028-02-29" and now[:10] == fork[:10] == today
    assert 0 <= waited < 3600  # what times out by time.monotonic() does not at once


FOLLOW = """
import json, os, sys, time
import django; django.setup()
from django.conf import settings
from django.utils import timezone
from pathlib import Path
def year(wanted):
    until = time.monotonic() + 20
    while timezone.now().year != wanted and time.monotonic() < until:
        time.sleep(.05)
    return timezone.now().year
file = settings.STATE_DIR / "clock"
file.write_text(str(int(file.read_text() or 0) + 400 * 86_400))
reader, writer = os.pipe()
if os.fork() == 0:
    file.write_text(str(int(file.read_text()) + 400 * 86_400))
    os.write(writer, str(year(int(sys.argv[1]) + 2)).encode())
    os._exit(0)
fork = int(os.read(reader, 100))
here = year(int(sys.argv[1]) + 2)
file.write_text("0")
time.sleep(.5)
print(json.dumps([here, fork, timezone.now().year]))
"""


def followed(env: dict[str, str]) -> list[int]:
    env = env | {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env["DJANGO_SETTINGS_MODULE"] = "shopmlops.settings"
    command = [sys.executable, "-c", FOLLOW, "2028"]
    told = subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    return list(json.loads(told.stdout))


def test_a_process_of_the_demo_and_its_forks_follow_the_stores_clock_and_only_forward(tmp_path: Path) -> None:
    assert followed(environment(DemoPlan(tmp_path, at=LEAP_DAY), {})) == [2030, 2030, 2030]


def test_the_store_tells_where_it_turned_its_clock(tmp_path: Path) -> None:
    env = environment(DemoPlan(tmp_path, at=LEAP_DAY), {})
    tell = "from devstore import clock; clock.turn(clock.seconds() + 86_400)"
    subprocess.run([sys.executable, "-c", tell], env=env, cwd=ROOT, check=True)
    turned = clock.ahead(tmp_path, None) - int(env["CLOCK_AHEAD"])
    assert 86_400 <= turned < 86_500


def test_what_a_thread_writes_down_later_is_of_the_time_it_happened() -> None:
    tell = "from devstore import clock\nwith clock.standing(7.5): print(clock.now())\nprint(clock.now() > 7)"
    told = subprocess.run([sys.executable, "-c", tell], cwd=ROOT, check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["7", "True"]


def test_the_development_store_lives_on_that_day(tmp_path: Path) -> None:
    env = environment(DemoPlan(tmp_path, at=LEAP_DAY), {})
    tell = "from devstore import clock; print(clock.moment().date())"
    told = subprocess.run([sys.executable, "-c", tell], env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "2028-02-29"


def test_outside_the_demo_a_turned_clock_is_refused_with_a_hint() -> None:
    env = os.environ | {"CLOCK_AHEAD": "60", "SHOPMLOPS_DEMO": "0"}
    command = [sys.executable, "manage.py", "work", "events", "--burst"]
    refused = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "shopmlops.E015" in refused.stderr and "only the demo's clock can be turned" in refused.stderr


def test_outside_the_demo_nobody_follows_a_file(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("86400")
    tell = "import django; django.setup(); import threading; print([each.name for each in threading.enumerate()])"
    env = os.environ | {"SHOPMLOPS_DEMO": "0", "SHOPMLOPS_STATE": str(tmp_path)}
    env["DJANGO_SETTINGS_MODULE"] = "shopmlops.settings"
    told = subprocess.run([sys.executable, "-c", tell], env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "demo clock" not in told.stdout


def test_a_process_whose_clock_is_turned_does_not_load_pytest():
    code = "import sys; from pipelines.ops import clock; clock.turn(5); import time_machine; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "time_machine" in loaded and not loaded & {"pytest", "_pytest"}
