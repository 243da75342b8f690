"""Versions: what could run?"""

import pytest
from django.utils import timezone

from pipelines.models import ModelVersion, Release, TrainingRun
from tests import histories
from tests.dashboard.views.test_access import said_to


class TestTheList:
    def test_says_what_runs_and_what_waits(self, shop, see):
        page = see("/versions").content.decode()
        assert page.index("Version 2") < page.index("Version 1")
        assert "Decision waiting" in page and "Live" in page and "£1,900 less" in page

    def test_names_the_way_back(self, shop, see, send):
        assert "Roll back to the simple rule" in see("/versions").content.decode()
        card = Release.objects.latest("pk")
        send(f"/releases/{card.pk}/approve", said_to(card))
        assert "Roll back to version 1" in see("/versions").content.decode()

    def test_says_what_stopped_the_last_training(self, shop, see):
        TrainingRun.objects.create(
            shop=shop, use_case="demand_forecast", trigger="weekly", state="failed", error="The disk is full.",
            finished_at=timezone.now(),
        )  # fmt: skip
        assert "The disk is full." in see("/versions").content.decode()


class TestTheCard:
    def test_tells_worth_errors_and_lineage(self, shop, see):
        version = ModelVersion.objects.get(number=2)
        page = see("/versions/demand_forecast/2").content.decode()
        assert "£1,900 less" in page and "38\u00a0%" in page
        assert f"{version.artifact_digest[:4]}\u00a0{version.artifact_digest[4:8]}" in page

    @pytest.mark.parametrize("path", ["/versions/demand_forecast/99", "/versions/nothing/1", "/versions/nothing/1.md"])
    def test_of_nothing_is_not_found(self, shop, see, path):
        assert see(path).status_code == 404

    def test_is_given_as_a_file(self, shop, see):
        answer = see("/versions/demand_forecast/2.md")
        assert answer["Content-Disposition"].endswith('version-2.md"')
        assert answer.content.decode().startswith("# Demand forecast, version 2")

    def test_of_a_version_without_figures_still_opens(self, shop, see):
        with histories.anything_goes():
            ModelVersion.objects.update(metrics={}, replay={}, page={}, gates=[], lineage={})
        assert see("/versions/demand_forecast/1").status_code == 200
        assert see("/versions/demand_forecast/compare?a=1&b=2").status_code == 200


class TestComparing:
    def test_lays_two_side_by_side(self, shop, see):
        page = see("/versions/demand_forecast/compare?a=1&b=2").content.decode()
        assert "version 1 and 2" in page and page.count("£1,900 less") == 2

    @pytest.mark.parametrize("query", ["", "?a=1", "?a=1&b=99", "?a=x&b=1"])
    def test_needs_two_known_numbers(self, shop, see, query):
        assert see(f"/versions/demand_forecast/compare{query}").status_code == 404


class TestTraining:
    def test_starts_on_demand(self, shop, send, queued):
        assert "Training starts" in send("/versions/demand_forecast/train").content.decode()
        assert ("train_version", (shop.pk, "demand_forecast", "merchant")) in queued

    def test_starts_once(self, shop, send, queued):
        TrainingRun.objects.create(shop=shop, use_case="demand_forecast", trigger="weekly", state="running")
        assert "trained already" in send("/versions/demand_forecast/train").content.decode()
        assert not [name for name, _ in queued if name == "train_version"]

    def test_of_nothing_is_not_found(self, shop, send):
        assert send("/versions/nothing/train").status_code == 404
