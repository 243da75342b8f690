"""Lay out the files of a database as of a moment; the server that is started on them goes there by itself."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from pipelines.ops.errors import ServiceError
from pipelines.ops.layout import make_private
from pipelines.ops.processes import Account
from pipelines.ops.recovery.backup import Copy, copies

PARTIAL = ".partial"


def lay_out(backups: Path, data: Path, moment: datetime | None, account: Account | None) -> Copy:
    """Fill a data folder from the newest copy before the moment, and name the log that leads up to it.

    Without a moment it goes to the end of the log. A folder that exists is not touched.
    """
    copy = newest_before(backups, moment)
    if data.exists() and any(data.iterdir()):
        raise ServiceError(f"{data} is not empty. Move it away: a restore writes over nothing.")
    log = data.with_name(f"{data.name}-wal")  # beside the data: whoever runs PostgreSQL may read it there
    shutil.copytree(copy.database, data, dirs_exist_ok=True)
    copy_log(backups / "wal", log)
    target = f"recovery_target_time = '{moment.isoformat()}'\n" if moment else ""
    with (data / "postgresql.auto.conf").open("a") as conf:
        conf.write(f"restore_command = 'cp \"{log}/%f\" \"%p\"'\n{target}recovery_target_action = 'promote'\n")
    (data / "recovery.signal").touch()
    for folder in (data, log):
        hand_over(folder, account)
    return copy


def hand_over(folder: Path, account: Account | None) -> None:
    """Give a folder to whom PostgreSQL runs as."""
    make_private(folder, mode=0o700, account=account)
    if account:
        for path in folder.rglob("*"):
            os.chown(path, account.uid, account.gid)


def newest_before(backups: Path, moment: datetime | None) -> Copy:
    """Return the copy to begin with."""
    early = [copy for copy in copies(backups) if moment is None or copy.at < moment]
    if not early:
        raise ServiceError(f"{backups} holds no copy from before {moment or 'now'}.")
    return early[-1]


def copy_log(log: Path, to: Path) -> None:
    """Copy the log, also the piece that was being written when the server was lost."""
    to.mkdir()
    for piece in log.glob("*") if log.exists() else ():
        whole = to / piece.name.removesuffix(PARTIAL)
        if not (piece.suffix == PARTIAL and (log / whole.name).exists()):
            shutil.copyfile(piece, whole)
