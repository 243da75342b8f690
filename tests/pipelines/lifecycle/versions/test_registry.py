"""The register: a version is what it was trained as; people add tags and a note, and judge it once."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from pipelines.lifecycle.versions import registry
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, Release
from tests import exposing, histories

pytestmark = pytest.mark.django_db
shown = exposing.shown
State = ModelVersion.State
MAY_CHANGE = {"state", "tags", "note", "gates"}
OTHERS = {
    "id": 999_999,
    "number": 77,
    "use_case": "recommendations",
    "recipe": {"seed": 9},
    "metrics": {"candidate": {"rmsse": 0.1}},
    "replay": {"verdict": "better"},
    "page": {"cards": [1]},
    "artifact_path": "elsewhere",
    "artifact_digest": "f" * 64,
    "content_digest": "f" * 64,
    "signature": "forged",
    "lineage": {"seed": 9},
}


@pytest.fixture
def version():
    return histories.a_version(histories.a_shop(), state=State.TRAINED, metrics={"candidate": {"rmsse": 0.71}})


def changed(version, **changes):
    with transaction.atomic():
        ModelVersion.objects.filter(pk=version.pk).update(**changes)


class TestWhatNeverChanges:
    @pytest.mark.parametrize("name", sorted(OTHERS))
    def test_no_fact_of_a_version_changes(self, version, name):
        with pytest.raises(IntegrityError, match="never changes"):
            changed(version, **{name: OTHERS[name]})

    def test_nor_its_shop_its_data_or_its_birth(self, version):
        other = histories.a_version(histories.a_shop())
        for changes in ({"shop": other.shop}, {"dataset": other.dataset}, {"created_at": other.created_at}):
            with pytest.raises(IntegrityError, match="never changes"):
                changed(version, **changes)

    def test_every_column_is_covered(self):
        columns = {field.name for field in ModelVersion._meta.concrete_fields}
        assert columns == MAY_CHANGE | set(OTHERS) | {"shop", "dataset", "created_at"}

    def test_not_by_a_statement_past_the_app_either(self, version):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE pipelines_modelversion SET metrics = '{}' WHERE id = %s", [version.pk])

    def test_saving_what_was_read_changes_nothing(self, version):
        ModelVersion.objects.get(pk=version.pk).save()


class TestWhatChanges:
    def test_people_tag_and_note(self, version):
        changed(version, tags=["spring"], note="Before the sale")

    def test_it_is_judged_once(self, version):
        gates = [{"name": "Fresh data", "verdict": "passed", "text": "", "value": 3}]
        changed(version, gates=gates, state=State.VALIDATED)
        changed(version, gates=gates)
        with pytest.raises(IntegrityError, match="judged once"):
            changed(version, gates=[gates[0] | {"verdict": "failed"}])

    @pytest.mark.parametrize("state", [State.TRAINED, State.VALIDATED, State.UNDECIDED, State.REFUSED])
    def test_none_returns_from_quarantine(self, version, state):
        changed(version, state=State.QUARANTINED)
        with pytest.raises(IntegrityError, match="for good"):
            changed(version, state=state)


class TestQuarantine:
    @pytest.fixture
    def canary(self, shown):
        return exposing.a_canary(exposing.a_shop())

    def bar(self, row):
        return registry.quarantine(row.version, by="system", because="Its files were changed")

    def test_takes_a_version_from_the_shoppers_who_see_it_and_leaves_the_others_theirs(self, canary):
        before = Deployment.of(canary.shop_id, canary.use_case)
        assert before.canary == canary.version and self.bar(canary)
        after = Deployment.of(canary.shop_id, canary.use_case)
        assert (after.active, after.canary, after.revision) == (before.active, None, before.revision + 1)
        canary.refresh_from_db()
        assert (canary.phase, canary.weight) == (Release.Phase.ROLLED_BACK, 0)

    def test_of_a_version_that_nobody_sees_moves_no_pointer(self, canary):
        other = histories.a_version(canary.shop, use_case=canary.use_case)
        before = Deployment.of(canary.shop_id, canary.use_case)
        assert registry.quarantine(other, by="system", because="Its files were changed")
        after = Deployment.of(canary.shop_id, canary.use_case)
        assert (after.canary, after.revision) == (before.canary, before.revision)

    def test_happens_once(self, canary):
        assert [self.bar(canary), self.bar(canary)] == [True, False]
        assert Deployment.of(canary.shop_id, canary.use_case).revision == 1
        assert LifecycleEvent.objects.filter(kind="version.quarantined").count() == 1
