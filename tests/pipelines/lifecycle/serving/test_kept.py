"""Answers that are held: each who may speak has its newest, side by side, and who no longer speaks is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd
import pytest
from django.utils import timezone

from pipelines.lifecycle.releases import propose
from pipelines.lifecycle.serving import refresh
from pipelines.lifecycle.serving.kept import Saying, Speaker, spoken_for
from pipelines.models import Deployment, ModelVersion, Release, Shop
from pipelines.models.usecases.recommendations import RecommendationList
from pipelines.strategies import Step
from pipelines.usecases import USE_CASES
from pipelines.usecases.recommendations import USE_CASE, model
from tests import histories
from tests.pipelines.usecases.recommendations import shop as baskets

pytestmark = pytest.mark.django_db
SLUG, OUTPUT = "recommendations", "recommendations"


@pytest.fixture(autouse=True)
def both(one_family: None) -> Iterator[None]:
    """Let recommendations be there, too."""
    with USE_CASES.also(USE_CASE):
        yield


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return model.dump(model.fit(baskets.frames(600)))


def rows(pick: int) -> pd.DataFrame:
    told = {"kind": "page", "unit_id": [1, 2], "picks": [[pick], [pick, 9]], "scores": [[0.5], [0.5, 0.1]]}
    return pd.DataFrame(told | {"reasons": [[0], [0, 3]], "details": [[4], [4, 7]]})


def said(shop: Shop, version: ModelVersion | None, pick: int) -> int:
    speaker = Speaker(version, "stable")
    today = timezone.now()
    return Saying(Deployment.of(shop, SLUG), speaker, today.date(), today).write(OUTPUT, rows(pick))


def held(shop: Shop) -> dict[int | None, set[int]]:
    found: dict[int | None, set[int]] = {}
    for row in RecommendationList.objects.for_shop(shop):
        found.setdefault(row.version_id, set()).add(row.picks[0])
    return found


def another(shop: Shop, files: dict[str, bytes], **changes: object) -> ModelVersion:
    return histories.a_version(shop, use_case=SLUG, files=files, **changes)


def test_the_newest_answer_of_each_lies_there_beside_the_others(shop: Shop, files: dict[str, bytes]) -> None:
    version = another(shop, files)
    Deployment.objects.filter(pk=Deployment.of(shop, SLUG).pk).update(active=version)
    assert said(shop, version, 5) == said(shop, None, 6) == 2
    said(shop, version, 7)
    assert held(shop) == {version.pk: {7}, None: {6}}
    row = RecommendationList.objects.for_shop(shop).get(version=version, unit_id=2)
    assert (row.picks, row.scores, row.reasons, row.details) == ([7, 9], [0.5, 0.1], [0, 3], [4, 7])


def test_who_no_longer_speaks_is_forgotten_and_other_shops_are_left_alone(shop: Shop, files: dict[str, bytes]) -> None:
    old, new, foreign = another(shop, files), another(shop, files), histories.a_shop()
    for version in (old, None):
        said(shop, version, 5)
    said(foreign, None, 8)
    Deployment.objects.filter(pk=Deployment.of(shop, SLUG).pk).update(active=new)
    said(shop, new, 6)
    assert held(shop) == {new.pk: {6}, None: {5}} and held(foreign) == {None: {8}}


def test_those_may_speak_that_are_pointed_to_or_under_way(shop: Shop, files: dict[str, bytes]) -> None:
    active, standby, candidate, over = (another(shop, files) for _ in range(4))
    facts = {"strategy": "shadow", "steps": [Step("alongside", mirrors=True).as_dict()], "seed": "seed"}
    for version, phase in ((candidate, Release.Phase.SHADOW), (over, Release.Phase.REJECTED)):
        Release.objects.create(shop=shop, use_case=SLUG, version=version, phase=phase, **facts)
    Deployment.objects.filter(pk=Deployment.of(shop, SLUG).pk).update(active=active, standby=standby)
    assert spoken_for(Deployment.of(shop, SLUG)) == {active.pk, standby.pk, candidate.pk}


def test_the_simple_rule_always_lies_ready_beside_what_runs(shop: Shop, files: dict[str, bytes]) -> None:
    things = histories.sell(shop, variants=4, days=60)
    yesterday = timezone.now() - timedelta(days=1)
    for _ in range(40):
        histories.an_order(shop, yesterday, [(thing, 1) for thing in things[:3]])
    version = another(shop, files)
    histories.approved(propose.propose(version))
    assert refresh.refresh(shop, SLUG) > 0
    assert set(held(shop)) == {version.pk, None}
    best = RecommendationList.objects.for_shop(shop).get(version=None, kind="best")
    assert set(best.picks) <= {thing.product_id for thing in things}
