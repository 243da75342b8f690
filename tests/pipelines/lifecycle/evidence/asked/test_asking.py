"""Open sessions and checkouts are asked about soon and once, by what runs and by who answers unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines.lifecycle import artifact_storage
from pipelines.lifecycle.evidence import exposures
from pipelines.lifecycle.evidence.asked import asking
from pipelines.models import Deployment, ModelVersion, PredictionLog, Shop
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import PARAMETERS
from tests import histories
from tests.families.visits import SLUG, moments
from tests.pipelines.lifecycle.data.test_moments import bought, did, started, unit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def family() -> Iterator[None]:
    with USE_CASES.also(moments.USE_CASE):
        yield


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop()


def a_version(shop: Shop, **weights: Any) -> ModelVersion:
    learned = {"intercept": 0.0, "pages": 0.0, "is_returning": 0.0} | weights
    return histories.a_version(shop, use_case=SLUG, files={PARAMETERS: json.dumps(learned).encode()})


def runs(shop: Shop, version: ModelVersion) -> ModelVersion:
    Deployment.of(shop, SLUG)
    Deployment.objects.filter(shop=shop, use_case=SLUG).update(active=version)
    return version


def said() -> list[tuple[int | None, float | None]]:
    return list(PredictionLog.objects.order_by("at", "id").values_list("version_id", "score"))


def test_each_moment_is_asked_about_once_by_its_own_time(shop: Shop) -> None:
    version = runs(shop, a_version(shop))
    did(shop, NOW - 20 * MINUTE, who="long ago")
    for ago in (4, 3, 2):
        did(shop, NOW - ago * MINUTE, who="ann")
    assert asking.ask(shop, SLUG, NOW) == 2
    assert asking.ask(shop, SLUG, NOW + 5 * MINUTE) == 0
    rows = PredictionLog.objects.order_by("at")
    assert [(row.at, row.features["pages"]) for row in rows] == [(NOW - 4 * MINUTE, 1.0), (NOW - 2 * MINUTE, 3.0)]
    assert {(row.version_id, row.outcome, row.score, row.is_shown) for row in rows} == {
        (version.pk, "answered", 0.5, True)
    }
    assert {bytes(row.unit) for row in rows} == {unit("ann")}


def test_who_bought_meanwhile_is_asked_about_like_all_others(shop: Shop) -> None:
    runs(shop, a_version(shop))
    did(shop, NOW - 3 * MINUTE, who="ann")
    bought(shop, NOW - MINUTE, unit=unit("ann"))
    assert asking.ask(shop, SLUG, NOW) == 1


def test_a_checkout_without_any_pixel_is_asked_about_under_its_token(shop: Shop) -> None:
    runs(shop, a_version(shop))
    started(shop, NOW - MINUTE)
    assert asking.ask(shop, SLUG, NOW) == 1
    assert bytes(PredictionLog.objects.get().unit) == b"\x01" * 16


def test_who_answers_unseen_says_of_the_same_moments(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    version, candidate = runs(shop, a_version(shop)), a_version(shop, intercept=100.0)
    pointer = exposures.Pointer(shop.pk, SLUG, version.pk, release=7, candidate=candidate.pk, is_mirrored=True)
    monkeypatch.setattr(exposures, "pointers", lambda *_: iter([(shop.domain, pointer)]))
    did(shop, NOW - MINUTE)
    assert asking.ask(shop, SLUG, NOW) == 2
    assert said() == [(version.pk, 0.5), (candidate.pk, 1.0)]
    seen, unseen = PredictionLog.objects.order_by("id")
    assert (seen.arm, seen.is_shown, seen.release_id) == ("stable", True, None)
    assert (unseen.arm, unseen.is_shown, unseen.release_id) == ("canary", False, 7)


def test_what_ran_before_goes_on_to_answer_unseen(shop: Shop) -> None:
    before, version = a_version(shop), runs(shop, a_version(shop, intercept=100.0))
    Deployment.objects.filter(shop=shop, use_case=SLUG).update(standby=before)
    did(shop, NOW - MINUTE)
    assert asking.ask(shop, SLUG, NOW) == 2
    rows = PredictionLog.objects.order_by("id").values_list("version_id", "is_shown", "score")
    assert list(rows) == [(version.pk, True, 1.0), (before.pk, False, 0.5)]


def test_where_no_version_runs_nobody_is_asked(shop: Shop) -> None:
    did(shop, NOW - MINUTE)
    assert list(asking.due()) == [] and asking.ask(shop, SLUG, NOW) == 0
    runs(shop, a_version(shop))
    assert list(asking.due()) == [(shop.pk, SLUG)]


def test_what_a_version_cannot_answer_is_its_error_and_the_rest_goes_on(shop: Shop) -> None:
    runs(shop, histories.a_version(shop, use_case=SLUG, files={PARAMETERS: b'{"intercept": 0.0}'}))
    did(shop, NOW - MINUTE)
    assert asking.ask(shop, SLUG, NOW) == 1
    row = PredictionLog.objects.get()
    assert (row.outcome, row.reason, row.score) == ("error", "KeyError", None)


def test_files_that_cannot_be_read_now_say_nothing_of_the_version(shop: Shop) -> None:
    version = runs(shop, a_version(shop))
    artifact_storage.remove(version.artifact_path, ["manifest.json"])
    did(shop, NOW - MINUTE)
    assert asking.ask(shop, SLUG, NOW) == 1
    row = PredictionLog.objects.get()
    assert (row.outcome, row.reason, row.score) == ("fallback", "unavailable", None)


def test_no_shop_is_asked_about_in_anothers_name(shop: Shop) -> None:
    other = histories.a_shop(domain="bob.myshopify.com")
    runs(shop, a_version(shop))
    runs(other, a_version(other))
    did(other, NOW - MINUTE)
    assert (asking.ask(shop, SLUG, NOW), asking.ask(other, SLUG, NOW)) == (0, 1)
    assert PredictionLog.objects.get().shop == other
