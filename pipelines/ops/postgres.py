"""A private PostgreSQL: one data folder, one unix socket, no network."""

import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg2

from pipelines.ops import binaries
from pipelines.ops.errors import ServiceError
from pipelines.ops.layout import Layout, can_reach, make_private
from pipelines.ops.processes import Child, rotate, spawn, wait_until

DATABASE = "shopmlops"
USER = "shopmlops"
START_SECONDS = 300.0
STOP_SIGNALS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))  # fast shutdown, then immediate
QUICK_AND_UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def start(layout: Layout, *, fsync: bool = True) -> Child:
    """Start PostgreSQL on the state's data folder, created on first use."""
    programs = reachable_programs(layout, binaries.postgres_bin())
    data = layout.ground / "postgres"
    sockets = layout.sockets / "postgres"
    make_private(sockets, mode=0o700, account=layout.account)
    if not data.exists():
        create_data(layout, programs, data)
    refuse_foreign_major(data, binaries.postgres_major(programs))
    clear_leftover(data)
    child = serve(layout, programs, data, [] if fsync else QUICK_AND_UNSAFE)
    try:
        wait_until(lambda: answers(sockets), child, START_SECONDS)
        create_database(sockets)
    except BaseException:
        child.stop()
        raise
    return child


def serve(layout: Layout, programs: Path, data: Path, settings: Sequence[str]) -> Child:
    """Start a server on a data folder, reachable by its socket alone."""
    sockets = layout.sockets / "postgres"
    options = ["listen_addresses=", f"unix_socket_directories={sockets}", "unix_socket_permissions=0700", *settings]
    return spawn(
        "PostgreSQL",
        [programs / "postgres", "-D", data, *(word for option in options for word in ("-c", option))],
        log=rotate(layout.logs / "postgres.log"),
        cwd=layout.ground,
        env=plain_environment(),
        account=layout.account,
        death_signal=signal.SIGINT,
        stop_signals=STOP_SIGNALS,
    )


def url(layout: Layout) -> str:
    """Return the address of the app's database."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(layout.sockets / 'postgres'))}"


def create_data(layout: Layout, programs: Path, data: Path) -> None:
    """Run initdb beside the final place, so that a killed one leaves nothing half-made there."""
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    make_private(fresh, mode=0o700, account=layout.account)
    arguments = [f"--username={USER}", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
    child = spawn(
        "initdb",
        [programs / "initdb", "-D", fresh, *arguments],
        log=rotate(layout.logs / "initdb.log"),
        cwd=layout.ground,
        env=plain_environment(),
        account=layout.account,
        death_signal=signal.SIGKILL,
    )
    if child.process.wait() != 0:
        raise ServiceError(f"PostgreSQL could not set up {data}. {child.last_words()}")
    fresh.rename(data)


def refuse_foreign_major(data: Path, ours: int) -> None:
    """Refuse data that another major version of PostgreSQL wrote."""
    try:
        theirs = (data / "PG_VERSION").read_text().strip()
    except OSError:
        raise ServiceError(f"{data} holds no PostgreSQL data. Move it away or choose another --state.") from None
    if theirs != str(ours):
        raise ServiceError(
            f"{data} was written by PostgreSQL {theirs}, and this is PostgreSQL {ours}. "
            "Start with another --state, or move the data over with pg_dump as docs/operations.md shows."
        )


def clear_leftover(data: Path) -> None:
    """Stop a server that an earlier run left on this data; forget one that is no more."""
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        lock.unlink(missing_ok=True)
        return
    if not serves(pid, data):
        lock.unlink(missing_ok=True)  # its number may have gone to another process since
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + START_SECONDS
    while serves(pid, data):
        if time.monotonic() > deadline:
            raise ServiceError(f"Another PostgreSQL (process {pid}) still works on {data}. Stop it first.")
        time.sleep(0.05)


def serves(pid: int, data: Path) -> bool:
    """Tell whether the process is a PostgreSQL on this data: it lives in its data folder."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
    except OSError:
        return False


def reachable_programs(layout: Layout, programs: Path) -> Path:
    """Return the programs' folder, or a copy where the account of PostgreSQL may not pass."""
    if layout.account is None or can_reach(programs.resolve(), layout.account):
        return programs
    package = programs.parent.parent
    copy = layout.ground / "programs"
    marker = copy / "copied-from"
    source = f"{programs} {(programs / 'postgres').stat().st_mtime_ns}"
    if not marker.exists() or marker.read_text() != source:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(package, copy / package.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        marker.write_text(source)
    copy.chmod(0o755)
    return copy / package.name / programs.relative_to(package)


def answers(sockets: Path, user: str = USER) -> bool:
    """Tell whether the server takes connections."""
    try:
        psycopg2.connect(dbname="postgres", user=user, host=str(sockets), connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True


def create_database(sockets: Path) -> None:
    """Create the app's database on first use."""
    connection = psycopg2.connect(dbname="postgres", user=USER, host=str(sockets))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()


def plain_environment() -> dict[str, str]:
    """Return an environment without PG* variables that would change what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
