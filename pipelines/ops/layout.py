"""Where the embedded services keep their files."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from pipelines.ops.errors import ServiceError
from pipelines.ops.processes import Account

LONGEST_SOCKET_FOLDER = 107 - len("/postgres/.s.PGSQL.5432") - 1
SHARED_GROUND = Path("/var/lib")  # root's own folders are closed to the account that PostgreSQL runs as


@dataclass(frozen=True)
class Layout:
    """The folders of one state, and the account PostgreSQL runs as (None: our own)."""

    state: Path
    ground: Path  # data and copied programs: the state folder, or one that the account can reach
    sockets: Path
    account: Account | None

    @property
    def logs(self) -> Path:
        return self.state / "logs"


def prepare(state: Path) -> Layout:
    """Create the state's folders, or say in a sentence why that cannot be."""
    state = state.resolve()
    account = postgres_account()
    make_private(state, mode=0o711)
    ground = state if account is None or can_reach(state, account) else SHARED_GROUND / f"shopmlops-{digest(state)}"
    make_private(ground, mode=0o711)
    sockets = ground / "run"
    if len(os.fsencode(sockets)) > LONGEST_SOCKET_FOLDER:
        sockets = Path(f"/tmp/shopmlops-{os.geteuid()}-{digest(state)}")  # noqa: S108  its owner is checked below
    make_private(sockets, mode=0o711)
    make_private(state / "logs", mode=0o700)
    return Layout(state, ground, sockets, account)


def postgres_account() -> Account | None:
    """Return whom to run PostgreSQL as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return Account.named(name)
    raise ServiceError("PostgreSQL does not run as root and there is no account 'postgres' or 'nobody' to run it as.")


def can_reach(path: Path, account: Account) -> bool:
    """Tell whether the account may pass through every folder down to the path."""
    return all(may_enter(folder, account) for folder in (path, *path.parents))


def may_enter(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def make_private(folder: Path, mode: int, account: Account | None = None) -> None:
    """Create a folder that only its owner can write to; refuse one that is someone else's."""
    owner = os.geteuid() if account is None else account.uid
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
        if folder.is_symlink() or folder.stat().st_uid != owner:
            raise ServiceError(f"{folder} belongs to another user. Choose another folder with --state.")
        folder.chmod(mode)
    except OSError as error:
        raise ServiceError(
            f"Cannot write to {folder} ({error.strerror}). Choose another folder with --state."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ServiceError(f"Cannot write to {folder}. Choose another folder with --state.")


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
