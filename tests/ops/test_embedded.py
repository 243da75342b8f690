"""The embedded services: real engines that start in a moment, keep their data and explain what is wrong."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest
import redis

from pipelines.ops import layout, postgres
from pipelines.ops.embedded import Services, embedded_services
from pipelines.ops.errors import ServiceError
from tests import waiting

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from pipelines.ops.embedded import embedded_services
with embedded_services(Path(sys.argv[1])) as services:
    print(services.database_url, services.redis_url, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def state(open_folder: Callable[[], Path]) -> Path:
    """Return one state folder for the module: creating it is the slow part."""
    return open_folder() / "state"


def count(services: Services) -> int:
    connection = psycopg2.connect(services.database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            cursor.execute("INSERT INTO kept VALUES (1)")
            cursor.execute("SELECT count(*) FROM kept")
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


def add_to_list(services: Services) -> int:
    return int(redis.Redis.from_url(services.redis_url).rpush("kept", "1"))


def test_a_second_start_keeps_what_the_first_stored(state: Path) -> None:
    with embedded_services(state) as services:
        before = count(services), add_to_list(services)
    with embedded_services(state) as services:
        after = count(services), add_to_list(services)
    assert after == (before[0] + 1, before[1] + 1)


def test_nothing_listens_on_the_network(state: Path) -> None:
    with embedded_services(state) as services:
        connection = psycopg2.connect(services.database_url)
        with connection.cursor() as cursor:
            cursor.execute("SHOW listen_addresses")
            assert cursor.fetchone() == ("",)
        connection.close()
        assert redis.Redis.from_url(services.redis_url).config_get("port") == {"port": "0"}


def test_a_second_start_on_the_same_state_is_refused_with_the_owner(state: Path) -> None:
    with embedded_services(state):
        reason = rf"in use .*process {os.getpid()}"
        with pytest.raises(ServiceError, match=reason), embedded_services(state):
            pass


def test_a_killed_owner_takes_the_services_with_it_and_committed_rows_stay(state: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", HOLD, str(state)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    services = Services(*owner.stdout.readline().split())
    before = count(services)
    pids = running_under(state)
    assert len(pids) >= 2
    owner.kill()
    owner.wait()
    owner.stdout.close()
    waiting.until(lambda: not running_under(state), "the services to die")
    with embedded_services(state) as services:
        assert count(services) == before + 1


def test_rows_survive_a_killed_database(state: Path) -> None:
    with embedded_services(state) as services:
        before = count(services)
        os.kill(int((state / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    with embedded_services(state) as services:
        assert count(services) == before + 1


def test_a_stale_process_number_that_now_belongs_to_another_is_forgotten(state: Path) -> None:
    with embedded_services(state):
        pass
    (state / "postgres/postmaster.pid").write_text(f"{os.getpid()}\n{state}/postgres\n")
    with embedded_services(state) as services:
        assert count(services) > 0


def test_data_of_another_major_version_is_refused_in_a_sentence(state: Path) -> None:
    with embedded_services(state):
        pass
    version = state / "postgres/PG_VERSION"
    ours = version.read_text()
    version.write_text("15\n")
    try:
        reason = "written by PostgreSQL 15, and this is PostgreSQL 18"
        with pytest.raises(ServiceError, match=reason), embedded_services(state):
            pass
    finally:
        version.write_text(ours)


def test_a_long_state_path_gets_a_short_socket(open_folder: Callable[[], Path]) -> None:
    state = open_folder() / ("long" * 30)
    with embedded_services(state, fsync=False) as services:
        assert count(services) == 1
        assert "/tmp/shopmlops-" in services.database_url


def test_a_folder_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(ServiceError, match=r"Cannot write to .*--state"):
        layout.prepare(tmp_path / "state")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_refused_in_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ServiceError, match=r"Cannot write to .*--state"):
        layout.prepare(tmp_path / "state")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as someone else")
def test_roots_closed_folder_is_served_from_one_that_postgres_can_reach(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    places = layout.prepare(tmp_path / "state")
    try:
        assert places.ground.parent == Path("/var/lib")
        assert layout.can_reach(places.ground, places.account)
    finally:
        for folder in (places.sockets, places.ground):
            folder.rmdir()


def test_a_failed_setup_leaves_no_half_made_data(
    open_folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    places = layout.prepare(open_folder() / "state")
    monkeypatch.setattr(postgres, "USER", "pg_forbidden")
    with pytest.raises(ServiceError, match="could not set up"):
        postgres.start(places)
    assert not (places.ground / "postgres").exists()


def running_under(state: Path) -> list[int]:
    """Return the processes that work inside the state folder."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if works_in(entry, state)]


def works_in(process: Path, state: Path) -> bool:
    try:
        return (process / "cwd").readlink().is_relative_to(state)
    except OSError:
        return False
