"""Is what runs in this container alive? Exits 0 where it is: python -m shopmlops.alive

Workers, trainers and the scheduler touch PULSE_FILE; the web process answers on its port. By the standard library
alone, since it is asked every few seconds.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from urllib.request import urlopen

SILENT_AFTER = 180.0  # seconds: a queue that is away lets workers wait for one minute at most


def main() -> None:
    """Exit 0 where the process was heard of lately, 1 where it was not."""
    path = os.environ.get("PULSE_FILE", "")
    sys.exit(not (beats(Path(path)) if path and Path(path).exists() else answers(os.environ.get("PORT", "8000"))))


def touch() -> None:
    """Give a sign of life, where a container asks for it."""
    if path := os.environ.get("PULSE_FILE", ""):
        Path(path).touch()


def beats(path: Path) -> bool:
    """Tell whether the last sign of life is young."""
    return time.time() - path.stat().st_mtime < SILENT_AFTER


def answers(port: str) -> bool:
    """Ask the web process whether it lives."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    main()
