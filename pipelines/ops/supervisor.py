"""Run the whole product on one machine: services, development store, app. One address, one Ctrl-C."""

import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TypedDict, Unpack

from pipelines.ops import layout, postgres, redis_server
from pipelines.ops.demo_settings import ROOT, SHOP, DemoPlan, environment, seeds
from pipelines.ops.embedded import only_one
from pipelines.ops.errors import ServiceError
from pipelines.ops.layout import Layout
from pipelines.ops.processes import Child, rotate, spawn, wait_until
from pipelines.ops.running import noted

Say = Callable[[str], None]
PYTHON = sys.executable
START_SECONDS = 600.0  # a machine may be slow and busy: these only end what hangs
STEP_SECONDS = 1800.0
SEED_SECONDS = 3600.0
# A second SIGTERM makes a worker drop its job; the queue hands it out again at the next start.
PATIENT_THEN_COLD = ((signal.SIGTERM, 5.0), (signal.SIGTERM, 3.0))
WORKERS = {
    "events": ("events",),  # orders show up also while an import runs
    "worker": ("events", "default"),
    "trainer": ("training",),
}


class Signals(TypedDict, total=False):
    """What ends a process that stays."""

    death_signal: int
    stop_signals: Sequence[tuple[int, float]]


class StopRequested(BaseException):
    """Somebody asked the demo to stop."""


@dataclass
class Demo:
    """The running demo: its environment and its children, oldest first."""

    plan: DemoPlan
    places: Layout
    env: dict[str, str]
    children: list[Child] = field(default_factory=list)

    def begin(self, name: str, *command: str | Path) -> Child:
        """Start a step that ends by itself."""
        step = self.spawn(name, *command)
        self.children.append(step)
        return step

    def finish(self, step: Child, seconds: float) -> None:
        """Wait for a step; one that fails stops the demo with its last words."""
        try:
            code = step.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ServiceError(f"{step.name} took more than {seconds:.0f} seconds. {step.last_words()}") from None
        self.children.remove(step)
        if code != 0:
            raise ServiceError(f"{step.name} failed. {step.last_words()}")

    def start(self, name: str, *command: str | Path, address: str | None = None, **signals: Unpack[Signals]) -> None:
        """Start a process that stays; wait until its address answers."""
        child = self.spawn(name, *command, **signals)
        self.children.append(child)
        if address is not None:
            wait_until(lambda: answers(address), child, START_SECONDS)

    def spawn(self, name: str, *command: str | Path, **signals: Unpack[Signals]) -> Child:
        log = rotate(self.places.logs / f"{name}.log")
        return spawn(name, command, log=log, cwd=ROOT, env=self.env, **signals)

    def manage(self, *words: str) -> tuple[str | Path, ...]:
        return (PYTHON, ROOT / "manage.py", *words)

    def first_dead(self) -> Child | None:
        return next((child for child in self.children if not child.is_running), None)

    def stop(self) -> None:
        """Stop the youngest child first: nobody loses what it still needs."""
        for child in reversed(self.children):
            child.stop()


@contextmanager
def running_demo(plan: DemoPlan, say: Say = print) -> Iterator[Demo]:
    """Start everything in order, yield when it answers, and stop it in reverse."""
    refuse_taken_ports(plan)
    places = layout.prepare(plan.state)
    with ExitStack() as stack:
        stack.enter_context(only_one(places.state))
        demo = Demo(replace(plan, state=places.state), places, {})
        stack.callback(demo.stop)
        start_services(demo, say)
        static = demo.begin("collectstatic", *demo.manage("collectstatic", "--noinput", "-v", "0"))
        start_store(demo, say)
        prepare_database(demo, say)
        demo.finish(static, STEP_SECONDS)
        start_app(demo, say)
        with noted(places.state, demo.env):
            yield demo


def start_services(demo: Demo, say: Say) -> None:
    """Start the embedded database and queue, each unless the environment names another."""
    found = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    if "DATABASE_URL" not in found:
        say("Starting PostgreSQL ...")
        demo.children.append(postgres.start(demo.places))
        found["DATABASE_URL"] = postgres.url(demo.places)
    if "REDIS_URL" not in found:
        demo.children.append(redis_server.start(demo.places))
        found["REDIS_URL"] = redis_server.url(demo.places)
    demo.env = environment(demo.plan, found)
    if ahead := int(demo.env["CLOCK_AHEAD"]):
        say(f"Its clock shows {datetime.now(UTC) + timedelta(seconds=ahead):%A %Y-%m-%d %H:%M} UTC.")


def start_store(demo: Demo, say: Say) -> None:
    """Create the stores of the development store on first use, and serve them."""
    plan, state = demo.plan, demo.plan.state / "devstore"
    source = f" from {plan.orders}" if plan.orders else ""
    say(f"Preparing the development store{source} ...")
    for made_of in seeds(plan):
        seed: tuple[str | Path, ...] = (PYTHON, "-m", "devstore", "seed", "--state", state, *made_of)
        step = demo.begin("devstore-seed", *seed)
        demo.finish(step, SEED_SECONDS)
        for odd in json.loads(step.last_words(1).splitlines()[-1]).get("odd", ()):
            say(odd)
    serve = ("--host", "127.0.0.1", "--port", str(plan.store_port), "--app-url", plan.app_url)
    command = (PYTHON, "-m", "devstore", "serve", "--state", state, *serve)
    demo.start("devstore", *command, address=f"{plan.store_url}/control/state")


def prepare_database(demo: Demo, say: Say) -> None:
    """Bring the tables up to date."""
    say("Preparing the database ...")
    demo.finish(demo.begin("migrate", *demo.manage("migrate", "--noinput", "-v", "0")), STEP_SECONDS)


def start_app(demo: Demo, say: Say) -> None:
    """Start the processes of the Procfile."""
    say("Starting the app ...")
    for name in ("web", *WORKERS, "scheduler"):
        start_process(demo, name)


def start_process(demo: Demo, name: str) -> None:
    """Start one process of the Procfile."""
    if name == "web":
        address = ("--host", "127.0.0.1", "--port", str(demo.plan.port))
        demo.start("web", PYTHON, "-m", "shopmlops.server", *address, address=f"{demo.plan.app_url}/readyz")
    elif name == "scheduler":
        demo.start(name, *demo.manage("schedule"))
    else:
        killed: Signals = {"death_signal": signal.SIGKILL, "stop_signals": PATIENT_THEN_COLD}
        demo.start(name, *demo.manage("work", *WORKERS[name]), **killed)


def supervise(plan: DemoPlan, say: Say, meanwhile: Callable[[Demo], None]) -> None:
    """Run the demo until it is asked to stop; a child that dies stops all."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, request_stop)
    try:
        with running_demo(plan, say) as demo:
            say("\n" + "\n".join(addresses(demo.plan)) + "\n")
            say(f"Ctrl-C stops everything. Logs: {demo.places.logs}")
            meanwhile(demo)
    except StopRequested:
        say("Stopped. Nothing is left running.")


def addresses(plan: DemoPlan) -> list[str]:
    """Say where the admin of each store is, also of one that an earlier start has made."""
    with urllib.request.urlopen(f"{plan.store_url}/control/state", timeout=STEP_SECONDS) as answer:  # noqa: S310
        others = sorted(set(json.load(answer)["shops"]) - {SHOP})
    first = f"  Shopify admin with the app inside: {plan.admin_url}/"
    return [first, *(f"  A second store, to be its test store:  {plan.admin_url}/admin/{shop}" for shop in others)]


def watch(demo: Demo) -> None:
    """Wait until a child dies, and say which and why."""
    while True:
        require_alive(demo)
        time.sleep(0.2)


def require_alive(demo: Demo) -> None:
    """Say which child died, and why; a demo without one of them is none."""
    if dead := demo.first_dead():
        raise ServiceError(f"{dead.name} stopped ({exit_text(dead)}), so all stops. {dead.last_words()}")


def exit_text(child: Child) -> str:
    code = child.process.returncode
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def request_stop(number: int, frame: FrameType | None) -> None:
    """Turn the first signal into an exception; later ones do not disturb the stopping."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise StopRequested


def refuse_taken_ports(plan: DemoPlan) -> None:
    """Say which port is taken before anything starts."""
    for port, option in ((plan.port, "--port"), (plan.store_port, "--store-port")):
        if not is_free(port):
            variable = option.strip("-").upper().replace("-", "_")
            raise ServiceError(
                f"Port {port} is in use. Stop what listens there, or choose another with {option} "
                f"(make demo {variable}={port + 1})."
            )


def is_free(port: int) -> bool:
    """Tell whether nobody listens on the port of this machine."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
    return True


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on right now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def answers(address: str) -> bool:
    """Tell whether the address answers with success."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  our own loopback address
            return bool(answer.status < 400)
    except (urllib.error.URLError, OSError):
        return False
