"""A temporary folder that is a process's own: it goes when the process is done, and soon after it was killed.

Libraries clean up when a process ends in order. One that is killed does not, nor does the fork that a job runs in.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

HELD = "held"  # the file in it that is locked for as long as anybody lives whose folder it is


@contextmanager
def own_folder(prefix: str) -> Iterator[Path]:
    """Make a folder; what others of its kind left behind who were killed goes first."""
    clear_away(prefix)
    with TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        with (folder / "new").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            (folder / "new").rename(folder / HELD)  # never to be seen unlocked
            yield folder


def clear_away(prefix: str) -> None:
    """Delete folders that nobody holds any more. One without a lock may belong to anybody."""
    for folder in Path(gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):  # somebody else's, still held, or cleared away by another at this moment
            if folder.lstat().st_uid == os.geteuid() and not folder.is_symlink():
                with (folder / HELD).open() as held:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
