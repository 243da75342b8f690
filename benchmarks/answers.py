"""How many questions a second the door answers, beside an empty Django view in the same web process.

Half of the visitors see a new version, so each question leaves a row of what was answered, and each visitor one of what
was shown. Rounds of both take turns, as other work on the machine comes and goes; medians are compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.ingest import web_process
from benchmarks.rig.answering.use_case import NAMES, SLUG
from benchmarks.rig.rates import median_rate, rate
from benchmarks.rig.scratch import scratch_database
from benchmarks.rig.serving.shops import SHOP, a_version
from pipelines.ops import demo_settings

CONNECTIONS, QUESTIONS, ROUNDS, VISITORS = 32, 5_000, 5, 2_000
SETTINGS = "benchmarks.rig.answering.settings"
LEAST = 0.6  # answers for each empty view


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Measure the door in rounds beside the empty view, and count what was written of it."""
    with scratch_database():
        secrets = demo_settings.demo_secrets(settings.STATE_DIR)
        settings.SECRET_KEY, settings.SIGNING_KEY = secrets["SECRET_KEY"], secrets["SIGNING_KEY"]
        make_release()
        with web_process(secrets, SETTINGS) as port:
            warm(port)
            began = written()
            doors, views = rounds(port, say)
        answered = sum(len(result["acknowledged"]) for result in doors)
        rows = {name: count - began[name] for name, count in written().items()}
    latencies = sorted(latency for result in doors for latency in result["latencies"])
    return [
        at_least("answers", median_rate(doors), "answers/s", LEAST, reference=median_rate(views)),
        Check("answers_p99", 1000 * latencies[int(len(latencies) * 0.99)], "ms"),
        at_most("refused", sum(result["refused"] for result in doors), "answers", 0),
        at_most("rows_lost", answered - rows["logged"], "rows", 0),
        at_most("visitors_not_written_down", VISITORS - written_visitors(rows, began), "visitors", 0),
        at_least("by_a_version", rows["by a version"] / max(answered, 1), "of all answers", 0.99),
    ]


def make_release() -> None:
    """Let half of a shop's visitors see a new version."""
    from pipelines.models import Approval, Deployment, Release, Shop
    from pipelines.strategies import Step

    now = timezone.now()
    shop = Shop.objects.create(domain=SHOP, currency="EUR", installed_at=now)
    old, new = (a_version(shop, SLUG, number, dict.fromkeys(NAMES, number * 0.01)) for number in (1, 2))
    steps = [Step("50", weight=50).as_dict(), Step("all", weight=100).as_dict()]
    facts = {"use_case": SLUG, "strategy": "canary", "phase": Release.Phase.CANARY, "steps": steps, "weight": 50}
    release = Release.objects.create(shop=shop, version=new, exposed_at=now, **facts)
    Approval.objects.create(shop=shop, release=release, sub="1", expires_at=now + timedelta(days=1))
    Deployment.objects.create(shop=shop, use_case=SLUG, active=old, canary=new)


def question(number: int) -> tuple[str, str]:
    """Return one question of one visitor, with its pass."""
    from pipelines.endpoints.answering import passes

    until = timezone.now() + timedelta(hours=1)
    given = passes.give(SHOP, SLUG, f"visitor-{number % VISITORS}", until)
    asked = dict.fromkeys(NAMES, number % 7 / 7)
    return f"/answers/{SHOP}/{SLUG}", json.dumps({"pass": given, "question": asked})


def warm(port: int) -> None:
    """Ask until both workers answer with a version."""
    for _ in range(20):
        post(port, [question(number) for number in range(200)])
        post(port, [("/empty", "{}")] * 200)
        time.sleep(0.25)


def rounds(port: int, say: Say) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Take turns between the door and the empty view."""
    doors, views = [], []
    questions = [question(number) for number in range(QUESTIONS)]
    for number in range(ROUNDS):
        doors.append(post(port, questions))
        views.append(post(port, [("/empty", body) for _, body in questions]))
        say(f"round {number + 1}: answers {rate(doors[-1]):,.0f}/s, empty view {rate(views[-1]):,.0f}/s")
    return doors, views


def post(port: int, asked: list[tuple[str, str]]) -> dict[str, Any]:
    """Send questions from a process of its own."""
    file = Path(settings.STATE_DIR) / "questions.json"
    file.write_text(json.dumps(asked))
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "benchmarks.rig.questions", str(port), str(CONNECTIONS), str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def written() -> dict[str, int]:
    """Count what was written down."""
    from pipelines.models import Exposure, PredictionLog

    time.sleep(0.5)  # rows that are on their way
    logged = PredictionLog.objects.exclude(outcome="alive")
    counts = {"logged": logged.count(), "by a version": logged.filter(outcome="answered").count()}
    return counts | {"visitors": Exposure.objects.count()}


def written_visitors(rows: dict[str, int], began: dict[str, int]) -> int:
    return rows["visitors"] + began["visitors"]
