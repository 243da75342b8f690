"""Lineage: from the data snapshot to what became of a version, each with its time and digest."""

from __future__ import annotations

import pytest
from django.utils import timezone

from pipelines.lifecycle.releases import propose, rollback
from pipelines.lifecycle.versions import registry
from pipelines.lifecycle.versions.lineage import lineage_of
from pipelines.models import Deployment, LifecycleEvent, TrainingRun
from tests import histories

pytestmark = pytest.mark.django_db


@pytest.fixture
def version():
    shop = histories.a_shop()
    histories.pulled(shop)
    gates = [{"name": "Fresh data", "verdict": "passed", "text": ""}, {"name": "Bias", "verdict": "open", "text": ""}]
    version = histories.a_version(shop, gates=gates)
    run = {"shop": shop, "use_case": version.use_case, "trigger": "weekly", "state": "done", "cpu_seconds": 41}
    TrainingRun.objects.create(version=version, finished_at=timezone.now(), **run)
    registry.record(version, "version.trained", by="system", because="weekly")
    registry.record(version, "version.validated", by="system", because="Checks done")
    return version


def test_it_leads_from_the_data_to_the_way_back_in_order(version):
    histories.approved(histories.answered(propose.propose(version)))
    pointer = Deployment.of(version.shop, version.use_case)
    rollback.roll_back(pointer, by=histories.OWNER, because="Too high", revision=pointer.revision, quarantines=True)
    told = lineage_of(version)
    assert [origin.what for origin in told[:4]] == ["Data read", "Trained", "Files signed", "Checked: proven"]
    assert {"Went live", "Rolled back", "Barred for good"} <= {origin.what for origin in told[4:]}
    assert all(origin.at and len(origin.digest) == 64 for origin in told)
    times = [origin.at for origin in told[3:]]
    assert times == sorted(times)


def test_each_digest_is_what_it_says(version):
    data, trained, files, checks = lineage_of(version)
    entries = dict(LifecycleEvent.objects.values_list("kind", "digest"))
    assert (data.digest, files.digest) == (version.dataset.digest, version.artifact_digest)
    assert (trained.digest, checks.digest) == (entries["version.trained"], entries["version.validated"])
    assert "the weekly training; 41 s" in trained.text and checks.text == "1 of 2 checks passed"


def test_another_versions_and_another_shops_story_stays_out(version):
    other = histories.a_version(histories.a_shop())
    assert other.number == version.number
    assert [origin.what for origin in lineage_of(other)] == ["Data read", "Files signed"]
