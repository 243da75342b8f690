"""Bind a process to the life of its parent."""

import ctypes
import os

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int, death_signal: int) -> None:
    """Let the kernel send this process the signal when its parent dies, also by kill -9."""
    LIBC.prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # it died before the kernel knew of the wish
        os._exit(1)
