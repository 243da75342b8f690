"""A version in memory says what its newest correction makes of it, and what was signed where none holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import timezone

from pipelines.endpoints.answering.memory import CORRECTED_EVERY, Memory
from pipelines.endpoints.answering.scorers import Scorer
from pipelines.lifecycle.versions import corrections
from pipelines.models import Correction, Deployment, ModelVersion
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import PARAMETERS
from tests import exposing, histories
from tests.families.visits import SLUG, following

pytestmark = pytest.mark.django_db
ASKED = {"pages": 0, "is_returning": 0}


@pytest.fixture(autouse=True)
def family() -> Iterator[None]:
    with USE_CASES.also(following.USE_CASE):
        yield


@pytest.fixture
def version() -> ModelVersion:
    shop = exposing.a_shop()
    learned = {"intercept": -2.0, "pages": 0.0, "is_returning": 0.0}
    found = histories.a_version(shop, use_case=SLUG, files={PARAMETERS: json.dumps(learned).encode()})
    Deployment.of(shop, SLUG)
    Deployment.objects.filter(shop=shop, use_case=SLUG).update(active=found)
    return found


def keep(version: ModelVersion, day: int, orders: int) -> None:
    corrections.keep(version, date(2026, 11, day), {"orders": orders}, timezone.now())


def looked(version: ModelVersion, kept: Memory | None = None) -> tuple[Memory, float]:
    """Look as a process does, a minute after it did, and ask."""
    kept = kept or Memory()
    kept.corrected -= CORRECTED_EVERY
    kept.want((version.shop.domain, SLUG))
    kept.look()
    scorer = kept.versions[version.pk]
    assert isinstance(scorer, Scorer)
    return kept, scorer.answer(ASKED).said["score"]


def test_a_version_is_moved_when_it_is_loaded_and_each_time_it_is_corrected(version: ModelVersion) -> None:
    keep(version, 16, 2)
    kept, said = looked(version)
    assert said == pytest.approx(0.5)
    scorer = kept.versions[version.pk]
    keep(version, 17, 4)
    _, said = looked(version, kept)
    assert said == pytest.approx(1 / (1 + 0.1353352832)) and kept.versions[version.pk] is scorer


def test_one_that_does_not_hold_any_more_moves_nothing(version: ModelVersion) -> None:
    keep(version, 16, 2)
    kept, _ = looked(version)
    Correction.objects.update(state={"orders": 9})
    _, said = looked(version, kept)
    assert said == pytest.approx(0.1192029220)
