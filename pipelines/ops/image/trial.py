"""Build the image, run the whole app in it beside the development store, and train a version in it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pipelines.ops import layout, redis_server
from pipelines.ops.demo_settings import ROOT, SHOP, DemoPlan, code_revision
from pipelines.ops.embedded import only_one
from pipelines.ops.image.engines import Buildah, Container, Docker
from pipelines.ops.image.forward import forwarded
from pipelines.ops.smoke import LONG, Merchant, Reader, SmokeFailed, install, reading, tell, wait
from pipelines.ops.supervisor import (
    PATIENT_THEN_COLD,
    PYTHON,
    Demo,
    free_ports,
    prepare_database,
    start_services,
    start_store,
)
from pipelines.usecases import USE_CASES

Engine = Docker | Buildah
SHARED = (
    "DATABASE_URL",
    "REDIS_URL",
    "APP_URL",
    "ALLOWED_HOSTS",
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "SIGNING_KEY",
    "SHOPIFY_API_KEY",
    "SHOPIFY_API_SECRET",
)
USE_CASE = next(slug for slug, case in USE_CASES.items() if case.serves == "batch")
STAY = ("web", "worker", "scheduler", "trainer")
IMPORTED = "SELECT count(*) = 3 FROM pipelines_syncrun WHERE kind IN ('orders', 'products', 'stock') AND state = 'done'"
TRAINED = """
SELECT v.number, v.state, v.artifact_digest, v.lineage ->> 'image_digest', r.cpu_seconds, r.memory_mb
FROM pipelines_modelversion v JOIN pipelines_trainingrun r ON r.version_id = v.id WHERE v.use_case = %s
"""
LOOK = """
import importlib.util, json, os, pathlib
def written(path):
    try: pathlib.Path(path, "try").touch()
    except OSError as error: return error.strerror
    return "yes"
print(json.dumps({
    "uid": os.getuid(), "gid": os.getgid(),
    "writes": {path: written(path) for path in ("/", "/app", "/opt/python", "/tmp", "/state")},
    "development_store": importlib.util.find_spec("devstore") is not None,
}))
"""


def run(engine: Engine, base: str | None, state: Path) -> dict[str, Any]:
    """Build and try the image; return what was seen."""
    begun = time.monotonic()
    base = base or engine.base()
    tell(f"Building with {engine.name} on {base} ...")
    engine.build(base, code_revision())
    built = round(time.monotonic() - begun, 1)
    with engine.ready():
        seen = tried(engine, state)
        told = {"engine": engine.name, "base": base, "image": engine.digest(), "bytes": engine.size()}
        return {**told, "build_seconds": built, **seen, "seconds": round(time.monotonic() - begun, 1)}


def tried(engine: Engine, state: Path) -> dict[str, Any]:
    """Import a store by this checkout, then run the app of the image on what it left, and train a version in it."""
    with beside(state) as demo, reading(demo) as reader:
        imported(demo, reader)
        container = containers(engine, demo)
        look = json.loads(once(demo, engine, container("look"), ["-c", LOOK], entry=("python",)))
        once(demo, engine, container("migrate"), ["migrate", "--noinput", "-v", "0"])
        tell("Training in the image ...")
        version = train(demo, engine, container("train"), reader)
        for name in STAY:
            address = f"{demo.plan.app_url}/readyz" if name == "web" else None
            demo.start(name, *engine.command(container(name), [name]), address=address)
        page = Merchant(demo.plan).get(f"/versions/{USE_CASE}/{version['number']}")
        shown = engine.digest() in page
        return {**look, "version": version, "page_names_the_image": shown, "alive": alive(demo, engine, container)}


def imported(demo: Demo, reader: Reader) -> None:
    """Let the checkout's own processes, but no trainer, take in the store's history; then they end."""
    prepare_database(demo, tell)
    demo.finish(demo.begin("collectstatic", *demo.manage("collectstatic", "--noinput", "-v", "0")), LONG)
    begun = len(demo.children)
    address = ("--host", "127.0.0.1", "--port", str(demo.plan.port))
    demo.start("web", PYTHON, "-m", "shopmlops.server", *address, address=f"{demo.plan.app_url}/readyz")
    demo.start("worker", *demo.manage("work", "events", "default"), stop_signals=PATIENT_THEN_COLD)
    demo.start("scheduler", *demo.manage("schedule"))
    install(Merchant(demo.plan))
    wait(lambda: reader.one(IMPORTED), LONG, "the history was not imported")
    for child in reversed(demo.children[begun:]):
        child.stop()
    del demo.children[begun:]


def train(demo: Demo, engine: Engine, container: Container, reader: Reader) -> dict[str, Any]:
    """Run the one-shot training, and return what its exit code and the rows say."""
    words = ["train", "--shop", SHOP, "--use-case", USE_CASE]
    step = demo.begin("train", *engine.command(container, words))
    code = step.process.wait(LONG)
    demo.children.remove(step)
    rows = reader.all(TRAINED, USE_CASE)
    if not rows:
        raise SmokeFailed(f"The training exited with {code} and left no version. {step.last_words()}")
    names = ("number", "state", "artifact_digest", "image_digest", "cpu_seconds", "memory_mb")
    return {"exit_code": code, **dict(zip(names, rows[0], strict=True))}


def alive(demo: Demo, engine: Engine, container: Any) -> dict[str, bool]:
    """Ask each process for its health as the image's health check does, once each had time for a sign of life."""

    def healthy(name: str) -> bool:
        if engine.name == "buildah":
            command = engine.command(container(name), ["-m", "shopmlops.alive"], entry=("python",))
        else:
            running = f"shopmlops-tried-{name}-{os.getpid()}"
            command = [engine.name, "exec", running, "python", "-m", "shopmlops.alive"]
        return subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0  # noqa: S603

    wait(lambda: all(healthy(name) for name in STAY), 120.0, "not every process was healthy")
    return {name: healthy(name) for name in STAY}


def once(demo: Demo, engine: Engine, container: Container, words: list[str], **entry: tuple[str, ...]) -> str:
    """Run something that ends by itself, and return what it said."""
    step = demo.begin(container.name, *engine.command(container, words, **entry))
    demo.finish(step, LONG)
    return step.log.read_text()


def containers(engine: Engine, demo: Demo) -> Any:
    """Return what makes a container by its name: production's settings, with this trial's secrets and rows."""
    place = demo.plan.state / "kept"
    place.mkdir()
    place.chmod(0o777)  # the container's user is nobody here; the folder around it is closed
    settings = {name: demo.env[name] for name in SHARED}
    settings |= {"IMAGE_DIGEST": engine.digest(), "PORT": str(demo.plan.port)}
    return lambda name: Container(name, settings, place)


@contextmanager
def beside(state: Path) -> Iterator[Demo]:
    """Run what the app speaks to, and nothing of the app: services behind ports, and the development store."""
    places = layout.prepare(state)
    port, store_port = free_ports(2)
    with ExitStack() as stack:
        stack.enter_context(only_one(places.state))
        demo = Demo(DemoPlan(places.state, port, store_port), places, {})
        stack.callback(demo.stop)
        start_services(demo, tell)
        start_store(demo, tell)
        database = stack.enter_context(forwarded(places.sockets / "postgres" / ".s.PGSQL.5432"))
        queue = stack.enter_context(forwarded(redis_server.socket_path(places)))
        demo.env["DATABASE_URL"] = f"postgresql://shopmlops@127.0.0.1:{database}/shopmlops"
        demo.env["REDIS_URL"] = f"redis://127.0.0.1:{queue}/0"
        yield demo
