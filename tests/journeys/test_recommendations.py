"""Recommendations live their whole life: from order lines to lists, to visitors, taken back, and made live."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.jobs import training
from pipelines.models import Approval, Exposure, LifecycleEvent, Measurement, Release, TrainingRun
from pipelines.models.usecases.recommendations import PickRule, RecommendationList
from pipelines.strategies.reasons import Reason
from pipelines.usecases.contract import Frames
from pipelines.usecases.recommendations import USE_CASE, model
from tests.journeys import visiting_store
from tests.journeys.browsing_store import BrowsingStore

pytestmark = pytest.mark.django_db(transaction=True)
Phase = Release.Phase
A_DAY = 90  # visitors


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[BrowsingStore]:
    with visiting_store.opened(monkeypatch, BrowsingStore, USE_CASE) as opened:
        yield opened


def sees_the_new_one(answer: dict[str, Any]) -> bool:
    return bool(answer["arm"] == "canary")


def shown_with(store: BrowsingStore, product: int) -> list[int]:
    """Return what a visitor who looks at a product is shown."""
    told = store.door.ask(store.shop, "somebody-new", {"product": product}, store.slug).told
    return [pick["id"] for pick in told["answer"]["products"]]


def test_recommendations_live_their_whole_life(store: BrowsingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.settings(strategy="canary", canary_weights=[50], margin="0.3", risk_budget_minor=10**9)
    store.sold_before(40, 40)

    # Before there is any version the simple rule's lists are there, and visitors see them.
    store.days_before(22, A_DAY)
    assert set(RecommendationList.objects.values_list("version", flat=True)) == {None}
    assert {answer["outcome"] for answer in store.hour(6)} == {"fallback"}

    # The clock finds that the first training is due; it finds far more than best sellers do.
    training.carry_on()
    assert store.run.state == TrainingRun.State.DONE
    first = store.version(1)
    assert first.metrics["candidate"]["misses"] < first.metrics["baseline"]["misses"]
    assert [gate["name"] for gate in first.gates if gate["verdict"] == "failed"] == []
    assert store.release(1).phase == Phase.AWAITING_APPROVAL
    store.approve(1)
    assert store.pointer.active == first
    store.hour(6)
    store.door.memory.look()
    product = store.things[0].product_id
    assert store.partner(product) == shown_with(store, product)[0]
    store.day(A_DAY)

    # A rule of the merchant's stands above every version, from the next night on.
    PickRule.objects.create(
        shop=store.shop, rule="never_together", product_id=product, pick_id=store.partner(product), sub="1"
    )
    store.day(A_DAY)
    store.door.memory.look()
    assert store.partner(product) not in shown_with(store, product)
    PickRule.objects.all().delete()
    store.day(A_DAY)

    # Each night it is noted how often the lists of the day stood beside what its carts held.
    told = Measurement.objects.filter(use_case=store.slug, version=first, metric="hit_rate_1d")
    assert told.count() >= 3 and all(0 <= row.value <= 1 and row.n >= 5 for row in told if row.value is not None)

    # A second version learned otherwise. Half of the visitors see its lists, and those put them off: it is taken back.
    monkeypatch.setattr(model, "fit", otherwise(model.fit))
    training.train_version.enqueue(store.shop.pk, store.slug, "operator")
    second = store.version(2)
    assert second.metrics["answers"]["changed"] > 0 and store.release(2).strategy == "canary"
    store.day(A_DAY)
    assert store.release(2).phase == Phase.AWAITING_APPROVAL
    store.approve(2)
    said = store.day(3 * A_DAY, puts_off=sees_the_new_one)
    assert {answer["arm"] for answer in said} == {"canary", "control"}
    assert {answer["version"] for answer in said} == {1, 2}
    assert Exposure.objects.count() == 3 * A_DAY and Approval.objects.get(release=store.release(2)).consumed_at
    store.day(A_DAY, puts_off=sees_the_new_one)
    taken = store.release(2)
    assert (taken.phase, taken.analysis["reason"]) == (Phase.ROLLED_BACK, Reason.HARM)
    assert store.pointer.active == first
    assert {(answer["arm"], answer["version"]) for answer in store.day(A_DAY)} == {("stable", 1)}
    assert LifecycleEvent.broken_at(store.shop) is None


def otherwise(fit: Any) -> Any:
    """Learn as always, but let orders count for another while."""

    def learn(frames: Frames, **known: Any) -> model.Fitted:
        fitted = fit(frames, **known)
        other = 60.0 if fitted.recipe.half_life > 60 else 720.0
        return dataclasses.replace(
            fitted, recipe=dataclasses.replace(fitted.recipe, half_life=other), seed=fitted.seed + 7
        )

    return learn
