"""What runs speaks; files that are not what was signed give way to what ran before."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.releases.speak import speak
from pipelines.models import Deployment, ModelVersion
from pipelines.models.usecases.demand_forecast import StockAdvice
from tests import histories

pytestmark = pytest.mark.django_db


def test_files_that_were_changed_give_way_and_the_simple_rule_speaks_at_once(settings):
    shop = histories.a_shop()
    histories.sell(shop, variants=2, days=60)
    version = histories.a_version(shop)
    Deployment.objects.create(shop=shop, use_case=version.use_case, active=version, revision=1)
    (settings.STATE_DIR / "artifacts" / version.artifact_path / "manifest.json").write_bytes(b"{}")
    assert speak(shop, version.use_case) > 0
    version.refresh_from_db()
    assert version.state == ModelVersion.State.QUARANTINED
    assert Deployment.of(shop, version.use_case).active is None
    said = StockAdvice.objects.for_shop(shop)
    assert said.exists() and set(said.values_list("version", flat=True)) == {None}
