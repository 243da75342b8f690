"""A deploy without a pause, rehearsed: the web process of before goes on while the schema changes, beside today's.

The code of before is the commit that knows nothing of the newest migration, out of git; without git nothing is tried.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.rig.shops import truth
from benchmarks.rig.shops.deliveries import SHOP, Sender, in_threads
from pipelines.ops import layout
from pipelines.ops.demo_settings import ROOT, DemoPlan
from pipelines.ops.processes import Child, rotate, spawn, wait_until
from pipelines.ops.smoke import SOON, Merchant, SmokeFailed, install, reading, wait
from pipelines.ops.supervisor import (
    PYTHON,
    START_SECONDS,
    Demo,
    answers,
    free_ports,
    prepare_database,
    start_process,
    start_services,
    start_store,
)

PAGES = ("/", "/data", "/versions", "/monitoring", "/results", "/settings", "/alerts")
LEAST = 50  # deliveries to each process after the schema changed
DONE = "SELECT count(*) = 0 FROM pipelines_webhookdelivery WHERE state IN ('received', 'failed')"


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Change the schema under a web process of before, and let both answer."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="shopmlops-deploy-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # run by root, PostgreSQL is another user and must pass
        before = stack.enter_context(code_of_before(folder / "code", say))
        port, store_port, new_port = free_ports(3)
        places = layout.prepare(folder / "state")
        demo = Demo(DemoPlan(places.state, port, store_port), places, {})
        stack.callback(demo.stop)
        start_services(demo, say)
        start_store(demo, say)
        step(demo, before, "migrate", "--noinput", "-v", "0")
        step(demo, before, "collectstatic", "--noinput", "-v", "0")
        old_web(demo, before)
        old, new = Merchant(demo.plan), Merchant(replace(demo.plan, port=new_port))
        install(old)
        truth.second_shop(demo)
        senders = [Sender(demo, random.Random(seed)) for seed in (1, 2)]
        senders[1].orders = 1_000_000
        with in_threads(senders[0].work):
            prepare_database(demo, say)
            step(demo, ROOT, "collectstatic", "--noinput", "-v", "0")
        demo.plan = new.plan
        start_process(demo, "web")
        say("Both answer ...")
        senders[1].port = new_port
        with in_threads(*(sender.work for sender in senders)):
            failed = [
                f"{name}{page}" for name, who in (("old", old), ("new", new)) for page in PAGES if not shows(who, page)
            ]
            for sender in senders:
                wait(partial(has_told, sender, len(sender.acknowledged) + LEAST), SOON, "one of them took nothing")
        for name in ("events", "scheduler"):
            start_process(demo, name)
        for sender in senders:
            sender.finish()
        with reading(demo) as reader:
            wait(lambda: reader.one(DONE), SOON, "deliveries stayed undone")
        told = {each for sender in senders for each in sender.acknowledged}
        fates = {each: state for each, state, _ in truth.asked(demo, truth.FATES, SHOP)}
        lost = [each for each in told if fates.get(each) not in ("applied", "superseded")]
        wrong = [fault for sender in senders for fault in sender.faults]
        return [
            at_least("acknowledged", len(told), "deliveries", 2 * LEAST),
            at_most("sent_again", sum(sender.retries for sender in senders), "deliveries", 0),
            at_most("answered_wrongly", len(wrong), "deliveries", 0),
            at_most("acknowledged_and_not_applied", len(lost), "deliveries", 0),
            Check("pages_that_failed", len(failed), " ".join(failed), target="0", ok=not failed),
        ]


def has_told(sender: Sender, count: int) -> bool:
    """Tell whether so many deliveries were acknowledged."""
    return len(sender.acknowledged) >= count


@contextmanager
def code_of_before(to: Path, say: Say) -> Iterator[Path]:
    """Check out the code that knows all migrations but the newest."""
    git = shutil.which("git")
    if git is None:
        raise SmokeFailed("There is no git here, so there is no code of before.")
    newest = asked(git, "log", "-1", "--diff-filter=A", "--format=%H", "--", "pipelines/migrations")
    say(f"Before: {asked(git, 'log', '-1', '--format=%h %s', f'{newest}^')}")
    asked(git, "worktree", "add", "--detach", str(to), f"{newest}^")
    try:
        yield to
    finally:
        asked(git, "worktree", "remove", "--force", str(to))


def asked(git: str, *words: str) -> str:
    """Ask git about this checkout."""
    command = [git, "-C", str(ROOT), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def started(demo: Demo, code: Path, name: str, *words: str) -> Child:
    """Start a program of one checkout."""
    log = rotate(demo.places.logs / f"{name}-of-{code.name}.log")
    child = spawn(name, [PYTHON, *words], log=log, cwd=code, env=demo.env | {"PYTHONPATH": str(code)})
    demo.children.append(child)
    return child


def step(demo: Demo, code: Path, *words: str) -> None:
    """Run a command of one checkout to its end."""
    demo.finish(started(demo, code, words[0], str(code / "manage.py"), *words, "--skip-checks"), START_SECONDS)


def old_web(demo: Demo, code: Path) -> None:
    """Start the web process of before."""
    address = ("--host", "127.0.0.1", "--port", str(demo.plan.port))
    web = started(demo, code, "web of before", "-m", "shopmlops.server", *address)
    wait_until(lambda: answers(f"{demo.plan.app_url}/readyz"), web, START_SECONDS)


def shows(who: Merchant, page: str) -> bool:
    """Tell whether a page comes."""
    try:
        return bool(who.get(page))
    except SmokeFailed:
        return False
