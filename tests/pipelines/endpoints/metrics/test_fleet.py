"""Every figure that rules and dashboard name is told, as Prometheus wants it, and is what the rows say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from redis import RedisError

from pipelines.endpoints.metrics import counted, exposition, fleet
from pipelines.jobs import queue
from pipelines.lifecycle.alerts import board, pulses
from pipelines.lifecycle.pages import speed
from pipelines.models import IgnoredEvents, PredictionLog, TrainingRun, UnloggedAnswers, WebhookDelivery
from tests import histories
from tests.factories import a_delivery, a_shop, order_body

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[4]
RULES = ROOT / "deploy/prometheus/rules.yml"
DASHBOARD = ROOT / "deploy/grafana/shopmlops.json"
SUFFIXES = re.compile(r"_(bucket|sum|count)$")
NAME = re.compile(r"\bshopmlops_[a-z0-9_]+\b")


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if not found:
        pytest.skip("promtool is not installed: apt-get install --no-install-recommends prometheus")
    return found


@pytest.fixture
def shop():
    """Return a shop with something of everything that is counted."""
    shop, now = a_shop(), timezone.now()
    histories.a_card(shop)
    facts = {"shop": shop, "use_case": "demand_forecast", "trigger": "weekly", "cpu_seconds": 50, "memory_mb": 2}
    for seconds in (10, 20, 60):
        times = {"started_at": now - timedelta(seconds=seconds), "finished_at": now}
        TrainingRun.objects.create(**facts | times | {"state": "done"})
    TrainingRun.objects.create(**facts | {"state": "failed", "finished_at": now})
    board.tell(shop, "slow", title="Slow", next_step="Wait.", now=now, severity="critical")
    for outcome in ("answered", "answered", "late", "alive"):
        PredictionLog.objects.create(
            shop=shop, use_case="demand_forecast", arm="stable", unit=b"u", at=now, outcome=outcome
        )
    UnloggedAnswers.objects.create(shop=shop, use_case="demand_forecast", outcome="fallback", starts_at=now, answers=4)
    pulses.beat("measure", now)
    IgnoredEvents.objects.create(shop=shop, day=now.date(), reason="bot", events=3)
    for _ in range(speed.ENOUGH):
        speed.note("home", {"LCP": 2000.0}, now.date())
    counted.WEBHOOKS.labels(200).observe(0.02)
    return shop


def told() -> dict[str, dict[tuple[str, ...], float]]:
    """Return every sample by its name and the values of its labels, in their order by name."""
    samples: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(exposition.text().decode()):
        for sample in family.samples:
            samples.setdefault(sample.name, {})[tuple(sample.labels[name] for name in sorted(sample.labels))] = (
                sample.value
            )
    return samples


def expressions() -> Iterator[str]:
    """Yield what rules and dashboard ask Prometheus for."""
    yield from re.findall(r"expr: (?:>-\n)?((?:.*\n)(?: {10}.*\n)*)", RULES.read_text())
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def named() -> set[str]:
    return {name for expression in expressions() for name in NAME.findall(expression)}


class TestWhatIsTold:
    def test_everything_that_rules_and_dashboard_name(self, shop):
        assert named() - told().keys() == set()

    def test_nothing_that_the_dashboard_does_not_show(self, shop):
        shown = {SUFFIXES.sub("", name) for name in named()}
        assert {SUFFIXES.sub("", name) for name in told() if not name.endswith("_created")} - shown == set()

    def test_promtool_finds_nothing_to_mend(self, shop, promtool):
        done = subprocess.run([promtool, "check", "metrics"], input=exposition.text(), capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")

    def test_promtool_reads_the_rules(self, promtool):
        done = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert f"{RULES.read_text().count('- alert:')} rules found" in done.stdout

    def test_every_rule_says_what_to_do(self):
        rules = RULES.read_text().split("- alert:")[1:]
        assert all("summary:" in rule and "action:" in rule and "severity:" in rule for rule in rules)

    def test_no_shop_is_named(self, shop):
        assert b"myshopify" not in exposition.text()


class TestWhatTheRowsSay:
    def test_trainings_of_a_week(self, shop):
        found = told()
        assert found["shopmlops_training_median_seconds"][("demand_forecast",)] == 20
        assert found["shopmlops_training_longest_seconds"][("demand_forecast",)] == 60
        assert found["shopmlops_training_cpu_seconds"][("demand_forecast",)] == 200
        assert found["shopmlops_training_memory_bytes"][("demand_forecast",)] == 2 * 1024 * 1024
        assert found["shopmlops_trainings_failed_last_week"][()] == 1

    def test_deliveries_by_state_and_age(self, shop):
        now = timezone.now()
        early = {"received_at": now - timedelta(minutes=10), "not_before": now - timedelta(minutes=10)}
        for state in WebhookDelivery.State.values:
            a_delivery(shop, "orders/create", order_body(), state=state, **early)
        found = told()
        assert found["shopmlops_deliveries"] == {("received",): 1, ("failed",): 1, ("dead",): 1}
        settled = found["shopmlops_deliveries_settled_last_hour"]
        assert settled == {("applied",): 1, ("superseded",): 1, ("kept",): 1}
        assert found["shopmlops_oldest_delivery_seconds"][()] == pytest.approx(600, abs=60)

    def test_what_waits_for_its_next_try_is_not_late(self, shop):
        later = timezone.now() + timedelta(hours=1)
        a_delivery(shop, "orders/create", order_body(), state="failed", not_before=later)
        assert told()["shopmlops_oldest_delivery_seconds"][()] == 0

    def test_alerts_versions_and_releases(self, shop):
        found = told()
        assert found["shopmlops_alerts_open"] == {("info",): 0, ("warning",): 0, ("critical",): 1}
        assert found["shopmlops_versions"] == {("validated", "demand_forecast"): 1}
        assert found["shopmlops_releases_open"] == {("awaiting_approval",): 1}

    def test_answers_at_the_door_without_signs_of_life(self, shop):
        answers = told()["shopmlops_door_answers_last_hour"]
        assert answers == {
            ("answered", "demand_forecast"): 2,
            ("late", "demand_forecast"): 1,
            ("fallback", "demand_forecast"): 4,
        }

    def test_page_speed_as_a_share_of_the_limit(self, shop):
        found = told()
        assert found["shopmlops_page_speed_visits"] == {("LCP",): 100}
        assert 0.75 < found["shopmlops_page_speed_p75_of_limit_ratio"][("LCP",)] <= 0.8

    def test_a_queue_and_its_oldest_job(self, shop, settings, monkeypatch):
        began = timezone.now() - timedelta(seconds=90)
        monkeypatch.setattr(queue, "waits_since", lambda asked: began if asked.name == "events" else None)
        found = told()
        assert found["shopmlops_queue_jobs"] == dict.fromkeys([(name,) for name in settings.QUEUES], 0)
        assert found["shopmlops_queue_oldest_job_seconds"][("events",)] == pytest.approx(90, abs=60)
        assert found["shopmlops_queue_oldest_job_seconds"][("training",)] == 0


class TestWhatIsNotKnown:
    def test_a_queue_that_does_not_answer_has_no_figures(self, monkeypatch):
        def away() -> None:
            raise RedisError

        monkeypatch.setattr(fleet.queue, "waiting", away)
        assert not [name for name in told() if "queue" in name]

    def test_what_never_happened_is_left_out(self):
        speed.note("home", {"LCP": 2000.0}, timezone.now().date())
        found = told()
        assert "shopmlops_page_speed_p75_of_limit_ratio" not in found, "one visit says nothing"
        assert not [name for name in found if name.startswith("shopmlops_training_")]
        assert "shopmlops_monitoring_seen_timestamp_seconds" not in found
