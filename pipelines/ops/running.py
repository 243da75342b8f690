"""Which demo runs on this machine: each leaves a note in its state folder for as long as it holds it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.ops.demo_settings import write_private
from pipelines.ops.embedded import holder
from pipelines.ops.errors import ServiceError

NOTE = "running.json"
NONE_RUNS = "No demo runs {where}. Start one with `make demo`, leave it running, and say this in another terminal."
ELSEWHERE = " One that was started with STATE=folder is found by the same STATE=folder."


@dataclass(frozen=True)
class Running:
    """A demo that runs: where its files are, where its app answers, and where its rows are."""

    state: Path
    app_url: str
    database_url: str


@contextmanager
def noted(state: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Leave a note of how to reach the demo, which only its owner may read."""
    note = {"process": os.getpid()} | {name: environment[name] for name in ("APP_URL", "DATABASE_URL")}
    write_private(state / NOTE, json.dumps(note))
    try:
        yield
    finally:
        (state / NOTE).unlink(missing_ok=True)


def find(root: Path, state: Path | None = None) -> Running:
    """Return the demo that runs on a state, or the only one on the usual states below a root; else say why not."""
    places = [state] if state else [root, *sorted(root.glob("store-*"))]
    found = [demo for place in places if (demo := running_in(place.resolve()))]
    if not found:
        raise ServiceError(NONE_RUNS.format(where=f"in {places[0]}") + ("" if state else ELSEWHERE))
    if len(found) > 1:
        names = ", ".join(str(demo.state) for demo in found)
        raise ServiceError(f"More than one demo runs: {names}. Say which: STATE=folder (--state folder).")
    return found[0]


def running_in(state: Path) -> Running | None:
    """Return the demo that holds a state folder; a note that a killed one left counts for nothing."""
    try:
        note = json.loads((state / NOTE).read_text())
    except (OSError, ValueError):
        return None
    if note["process"] != holder(state):
        return None
    return Running(state, note["APP_URL"], note["DATABASE_URL"])
