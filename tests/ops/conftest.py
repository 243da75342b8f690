"""Folders for services: pytest's are private, and run by root, PostgreSQL is another user and must pass."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


def open_up(folder: Path) -> Path:
    for parent in (folder, *list(folder.parents)[:3]):
        if parent != Path("/tmp") and parent.stat().st_uid == os.geteuid():
            parent.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Return new folders that every account may pass through."""
    return lambda: open_up(tmp_path_factory.mktemp("services"))
