"""What the database and the queue know of the fleet: one question a figure, each out of an index or a small table.

A figure that cannot be read is left out, and never zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from redis import RedisError

from pipelines.jobs import queue
from pipelines.lifecycle.pages import speed

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


@dataclass(frozen=True)
class Figure:
    """A gauge, the question that gives it, and what its rows are named by: the last column is the value."""

    name: str
    says: str
    sql: str
    labels: tuple[str, ...] = ()


OPEN_RELEASES = "('staged', 'shadow', 'awaiting_approval', 'scheduled', 'canary')"
FIGURES = [
    Figure("shopmlops_shops_installed", "Shops that have the app.", """
        SELECT count(*) FROM pipelines_shop
        WHERE installed_at IS NOT NULL AND uninstalled_at IS NULL AND redacted_at IS NULL"""),
    Figure("shopmlops_deliveries", "Deliveries that are not applied: received, failed (tried again), dead.", """
        SELECT one.state, (SELECT count(*) FROM pipelines_webhookdelivery AS d WHERE d.state = one.state
                           AND d.state IN ('received', 'failed', 'dead'))
        FROM unnest(ARRAY['received', 'failed', 'dead']) AS one(state)""", ("state",)),
    Figure("shopmlops_deliveries_settled_last_hour", "Deliveries of the last hour that were applied or laid aside.", """
        SELECT one.state, (SELECT count(*) FROM pipelines_webhookdelivery AS d WHERE d.state = one.state
                           AND d.state IN ('applied', 'superseded', 'kept') AND d.received_at >= %(hour)s)
        FROM unnest(ARRAY['applied', 'superseded', 'kept']) AS one(state)""", ("state",)),
    Figure("shopmlops_oldest_delivery_seconds", "Age of the oldest delivery that could be applied and is not.", """
        SELECT coalesce(greatest(extract(epoch FROM %(now)s - min(received_at)), 0), 0) FROM pipelines_webhookdelivery
        WHERE state IN ('received', 'failed') AND not_before <= %(now)s"""),
    Figure("shopmlops_trainings_open", "Trainings that wait or run.", """
        SELECT one.state, (SELECT count(*) FROM pipelines_trainingrun AS run WHERE run.state = one.state)
        FROM unnest(ARRAY['queued', 'running']) AS one(state)""", ("state",)),
    Figure("shopmlops_training_median_seconds", "Median time of the trainings of the last week that ended well.", """
        SELECT use_case, percentile_cont(.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at))
        FROM pipelines_trainingrun WHERE state = 'done' AND finished_at >= %(week)s GROUP BY 1""", ("use_case",)),
    Figure("shopmlops_training_longest_seconds", "Longest training of the last week that ended well.", """
        SELECT use_case, max(extract(epoch FROM finished_at - started_at))
        FROM pipelines_trainingrun WHERE state = 'done' AND finished_at >= %(week)s GROUP BY 1""", ("use_case",)),
    Figure("shopmlops_training_cpu_seconds", "Processor time of the trainings of the last week together.", """
        SELECT use_case, sum(cpu_seconds) FROM pipelines_trainingrun
        WHERE finished_at >= %(week)s GROUP BY 1""", ("use_case",)),
    Figure("shopmlops_training_memory_bytes", "Most memory that a training of the last week held.", """
        SELECT use_case, max(memory_mb) * 1048576 FROM pipelines_trainingrun
        WHERE finished_at >= %(week)s GROUP BY 1""", ("use_case",)),
    Figure("shopmlops_trainings_failed_last_week", "Trainings of the last week that failed.", """
        SELECT count(*) FROM pipelines_trainingrun WHERE state = 'failed' AND finished_at >= %(week)s"""),
    Figure("shopmlops_versions", "Versions by what became of them.", """
        SELECT use_case, state, count(*) FROM pipelines_modelversion GROUP BY 1, 2""", ("use_case", "state")),
    Figure("shopmlops_releases_open", "Releases on their way, by phase.", f"""
        SELECT phase, count(*) FROM pipelines_release WHERE phase IN {OPEN_RELEASES} GROUP BY 1""", ("phase",)),
    Figure("shopmlops_alerts_open", "Alerts of shops that are not over.", """
        SELECT one.severity, (SELECT count(*) FROM pipelines_alert AS alert
                              WHERE alert.severity = one.severity AND alert.closed_at IS NULL)
        FROM unnest(ARRAY['info', 'warning', 'critical']) AS one(severity)""", ("severity",)),
    Figure("shopmlops_alert_messages", "Messages of alerts that wait, or were given up.", """
        SELECT one.state, (SELECT count(*) FROM pipelines_alertdelivery AS sent WHERE sent.state = one.state)
        FROM unnest(ARRAY['waiting', 'failed']) AS one(state)""", ("state",)),
    Figure("shopmlops_door_answers_last_hour", "Answers on request in the last hour, by what was answered.", """
        SELECT use_case, outcome, sum(answers) FROM (
            SELECT use_case, outcome, count(*) AS answers FROM pipelines_predictionlog
            WHERE at >= %(hour)s AND outcome <> 'alive' GROUP BY 1, 2
            UNION ALL SELECT use_case, outcome, answers FROM pipelines_unloggedanswers WHERE starts_at >= %(hour)s
        ) AS each GROUP BY 1, 2""", ("use_case", "outcome")),
    Figure("shopmlops_storefront_events_ignored", "Events of shoppers that were not taken in.", """
        SELECT reason, sum(events) FROM pipelines_ignoredevents GROUP BY 1""", ("reason",)),
    Figure("shopmlops_pulse_timestamp_seconds", "When what watches was heard of last.", """
        SELECT name, extract(epoch FROM at) FROM pipelines_pulse""", ("name",)),
    Figure("shopmlops_monitoring_seen_timestamp_seconds", "The oldest of these signs.", """
        SELECT extract(epoch FROM min(at)) FROM pipelines_pulse HAVING count(*) > 0"""),
]  # fmt: skip


class Fleet:
    """Every figure of the fleet at one moment."""

    def __init__(self, now: datetime) -> None:
        self.when = {"now": now, "hour": now - HOUR, "week": now - WEEK}

    def collect(self) -> Iterator[Metric]:
        """Ask for one figure after the other."""
        with connection.cursor() as cursor:
            for figure in FIGURES:
                cursor.execute(figure.sql, self.when)
                family = GaugeMetricFamily(figure.name, figure.says, labels=figure.labels)
                for *names, value in cursor.fetchall():
                    if value is not None:
                        family.add_metric([str(name) for name in names], float(value))
                yield family


class Queues:
    """How much waits on each queue, and for how long."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        """Ask Redis; what it does not say is left out."""
        depth = GaugeMetricFamily("shopmlops_queue_jobs", "Jobs that wait.", labels=["queue"])
        age = GaugeMetricFamily("shopmlops_queue_oldest_job_seconds", "Age of the oldest of them.", labels=["queue"])
        try:
            for name, (jobs, since) in queue.waiting().items():
                depth.add_metric([name], jobs)
                age.add_metric([name], max(0.0, (self.now - since).total_seconds()) if since else 0.0)
        except RedisError:
            return
        yield from (depth, age)


class Pages:
    """How fast merchants' pages are, where there were enough visits to tell."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        """Read what was counted lately."""
        visits = GaugeMetricFamily(
            "shopmlops_page_speed_visits", "Visits of the last week that were measured.", labels=["metric"]
        )
        ratio = GaugeMetricFamily(
            "shopmlops_page_speed_p75_of_limit_ratio",
            "75th percentile of the last week's visits, as a share of Shopify's limit.",
            labels=["metric"],
        )
        for measured in speed.speeds(self.now):
            if not measured.route:
                visits.add_metric([measured.metric], measured.found.n)
                if measured.verdict is not speed.Verdict.INSUFFICIENT:
                    ratio.add_metric([measured.metric], measured.of_limit)
        yield from (visits, ratio)


def registry() -> CollectorRegistry:
    """Return the fleet's figures, to be asked once."""
    told, now = CollectorRegistry(auto_describe=False), timezone.now()
    told.register(Fleet(now))
    told.register(Queues(now))
    told.register(Pages(now))
    return told
