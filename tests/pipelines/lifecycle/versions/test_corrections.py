"""A version is moved by the newest correction that holds; what was signed stays, and speaks alone where none does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.lifecycle.versions import corrections
from pipelines.models import Correction, ModelVersion, Shop
from tests import histories
from tests.identities import OTHER_SHOP

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
DAY = timedelta(days=1)


@pytest.fixture
def version() -> ModelVersion:
    return histories.a_version(histories.a_shop())


def state(shift: float) -> dict:
    return {"session": {"centre": -1.0, "shift": shift, "slope": 1.0}}


def keep(version: ModelVersion, day: int, shift: float) -> bool:
    return corrections.keep(version, MONDAY + day * DAY, state(shift), NOW)


def test_each_is_made_from_the_one_before_and_the_first_from_the_version(version: ModelVersion) -> None:
    assert keep(version, 0, 0.1) and keep(version, 1, 0.2)
    first, second = Correction.objects.order_by("through")
    assert (first.before, second.before) == (version.artifact_digest, first.digest)
    newest = corrections.newest(version.pk)
    assert newest == second and newest.state == state(0.2)


def test_a_day_has_one_correction(version: ModelVersion) -> None:
    assert keep(version, 0, 0.1) and not keep(version, 0, 0.9)
    assert corrections.newest(version.pk).state == state(0.1)


@pytest.mark.parametrize("changes", [{"state": state(9.0)}, {"before": "0" * 64}, {"through": MONDAY + 9 * DAY}])
@pytest.mark.parametrize("place", [0, 1])
def test_one_that_was_changed_moves_nothing(version: ModelVersion, changes: dict, place: int) -> None:
    keep(version, 0, 0.1)
    keep(version, 1, 0.2)
    row = Correction.objects.order_by("through")[place]
    Correction.objects.filter(pk=row.pk).update(**changes)
    assert corrections.newest(version.pk) is None


def test_one_that_is_taken_out_of_the_middle_shows(version: ModelVersion) -> None:
    for day in range(3):
        keep(version, day, day / 10)
    Correction.objects.filter(through=MONDAY + DAY).delete()
    assert corrections.newest(version.pk) is None


def test_another_version_or_shop_has_its_own(version: ModelVersion) -> None:
    other = histories.a_version(histories.a_shop(domain=OTHER_SHOP))
    keep(version, 0, 0.1)
    keep(other, 0, 0.7)
    found = corrections.newest_of([version.pk, other.pk])
    assert {pk: row.state for pk, row in found.items()} == {version.pk: state(0.1), other.pk: state(0.7)}
    assert {row.shop_id for row in found.values()} == set(Shop.objects.values_list("pk", flat=True))


def test_without_one_the_version_says_what_was_signed(version: ModelVersion) -> None:
    assert corrections.newest(version.pk) is None
    assert corrections.moved(version.use_case, {"a": 1}, None) == {"a": 1}
