"""A worker slowed until the time of its job is over: no version is to blame. Real worker, real queue, real rows."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.db import connection
from django.utils import timezone

from pipelines.jobs import queue
from pipelines.lifecycle import due
from pipelines.lifecycle.releases import propose
from pipelines.models import Deployment, Release, ServingWindow
from pipelines.models.usecases.demand_forecast import Forecast
from pipelines.strategies import Step
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import USE_CASE
from tests import histories
from tests.pipelines.jobs import sample_jobs

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
WORKER = """
import os, sys
sys.path.insert(0, os.getcwd())
from tests import times
times.turn()
os.environ["DJANGO_SETTINGS_MODULE"] = "shopmlops.settings"
import django; django.setup()
from pipelines.jobs import queue
queue.worker("default").work(burst=True)
"""


@pytest.fixture
def versions():
    """Return what is live and a candidate beside it."""
    shop = histories.a_shop()
    histories.sell(shop, variants=2, days=40)
    days = pd.date_range(end=timezone.now().date() - timedelta(days=1), periods=40)
    sales = pd.DataFrame({"unique_id": 200_000, "ds": days, "y": np.tile([1.0, 2.0], 20)})
    files = USE_CASE.resolve("dump")(USE_CASE.resolve("fit")(Frames({"daily_sales": sales}, asof=days[-1].date())))
    live = histories.a_version(shop, files=files)
    histories.approved(propose.propose(live))
    candidate = histories.a_version(shop, files=files)
    facts = {"strategy": "blue_green", "steps": [Step("alongside", mirrors=True).as_dict()]}
    Release.objects.create(
        shop=shop, use_case=live.use_case, version=candidate, phase="shadow", seed="s",
        entered_at=timezone.now() - timedelta(hours=1), **facts,
    )  # fmt: skip
    return live, candidate


@pytest.fixture
def worked(settings, tmp_path, versions):
    """Have a real worker refresh the shop, slowed at the n-th answer; return the queue's failed jobs."""
    settings.JOBS_INLINE = False
    redis = queue.connection()
    redis.flushdb()

    def work(slow_at):
        sample_jobs.refresh_slowly.enqueue(versions[0].shop_id, str(tmp_path / "out"), slow_at)
        facts = connection.settings_dict
        database = f"postgresql://{facts['USER']}@/{facts['NAME']}?host={facts['HOST']}"
        env = os.environ | {"DATABASE_URL": database}
        subprocess.run([sys.executable, "-c", WORKER], cwd=ROOT, env=env, check=True, capture_output=True)
        assert (tmp_path / "out").read_text() == "slow\n", "it was slow once, and not tried again at once"
        return queue.django_rq.get_queue("default").failed_job_registry

    yield work
    redis.flushdb()


def unharmed(version):
    version.refresh_from_db()
    return version.may_be_released and not ServingWindow.objects.filter(version=version).exclude(broken="").exists()


def test_what_runs_stays_and_is_tried_again_later(versions, worked):
    live, candidate = versions
    failed = worked(slow_at=1)
    [job_id] = failed.get_job_ids()
    assert "OutOfTime" in queue.django_rq.get_queue("default").fetch_job(job_id).latest_result().exc_string
    assert unharmed(live) and unharmed(candidate)
    assert Deployment.of(live.shop_id, live.use_case).active == live
    assert not Forecast.objects.exists() and due.is_behind(live.shop_id, live.use_case)


def test_a_candidate_stays_too_and_what_runs_was_served_before_it(versions, worked):
    live, candidate = versions
    assert worked(slow_at=2).count == 1
    assert unharmed(live) and unharmed(candidate)
    assert set(Forecast.objects.values_list("version", flat=True)) == {live.pk}
    assert not due.is_behind(live.shop_id, live.use_case)
    assert Release.objects.get(version=candidate).phase == Release.Phase.SHADOW
    assert list(due.unheard()) == [(live.shop_id, live.use_case)]
